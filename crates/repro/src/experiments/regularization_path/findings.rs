//! What finished cells mean: figures and findings.

use mirrorhead_harness::statistics::{band, confidence, excluded, last, range, slope};
use mirrorhead_harness::{Axis, Claim, Effect, Figure, Finding, Measurement, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{
    ALIGNED, EXPONENTS, FITTED_FROM, PathComparison, PathConfig, PathOutcome, RADII, SOLVED,
};

const REG_PATH: Claim = Claim {
    key: "reg-path",
    statement: "the regularization path converges in direction to the AttSVM of the globally \
                optimal selection",
    expected: "in every run a divergence below 1e-5 at R = 10^5, and at least 100 times larger \
               to the AttSVM of another p; optimality residuals below 1e-9. A run counts if \
               its risk at R = 10^5 is within 1e-9 of the lowest that any attention can have, \
               which makes it the global minimum; the others are left out",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 1] = [REG_PATH];

/// Figures, findings and exclusions.
pub fn summarise(
    cells: &[(PathConfig, PathOutcome)],
    label: &dyn Fn(&PathConfig) -> String,
) -> Summary {
    let figures = EXPONENTS.iter().map(|p| figure(*p, cells)).collect();
    let reasons = cells.iter().filter_map(|(config, outcome)| {
        Some((outcome.comparison.as_ref().err()?.clone(), label(config)))
    });
    Summary {
        figures,
        findings: vec![finding(cells)],
        excluded: excluded(reasons),
        ..Summary::default()
    }
}

type Cells = [(PathConfig, PathOutcome)];

fn runs(cells: &Cells, p: f64) -> Vec<&PathComparison> {
    let own = cells.iter().filter(|(config, _)| config.p.total_cmp(&p).is_eq());
    own.filter_map(|(_, outcome)| outcome.comparison.as_ref().ok()).collect()
}

fn figure(p: f64, cells: &Cells) -> Figure {
    let runs = runs(cells, p);
    let own: Vec<&[f64]> = runs.iter().map(|run| &run.divergences[..]).collect();
    let other: Vec<&[f64]> = runs.iter().map(|run| &run.to_other[..]).collect();
    Figure {
        key: format!("path-{p}"),
        title: format!("The regularization path, p = {p}"),
        caption: format!(
            "Directional Bregman divergence of W_R to the AttSVM of the globally optimal selection: \
             mean and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::log("radius R"),
        y: Axis::log("directional Bregman divergence"),
        series: vec![
            Series::new("AttSVM of the same p", 0, band(&RADII, &own)),
            Series::new("AttSVM of another p", 1, band(&RADII, &other)),
        ],
    }
}

fn finding(cells: &Cells) -> Finding {
    let (mut aligned, mut n, mut measurements) = (0, 0, Vec::new());
    for p in EXPONENTS {
        let runs = runs(cells, p);
        let holds = |run: &&&PathComparison| {
            let end = last(&run.divergences);
            end < ALIGNED && last(&run.to_other) > 100.0 * end && run.residual < SOLVED
        };
        n += runs.len();
        aligned += runs.iter().filter(holds).count();
        let ends: Vec<f64> = runs.iter().map(|run| last(&run.divergences)).collect();
        measurements.extend(ends.iter().copied().reduce(f64::max).map(|value| Measurement {
            label: format!("p = {p}: largest divergence at R = 10^5"),
            value,
            spread: range(&ends),
            n: ends.len(),
        }));
        let fits: Vec<f64> = runs.iter().map(|run| exponent(&run.divergences)).collect();
        measurements.extend(confidence(format!("p = {p}: D falls as R to the power -"), &fits));
    }
    let text = format!("{aligned} of {n} paths converge to the AttSVM of their p, and of no other");
    let effect = Effect::every("paths that converge to the AttSVM of their p only", aligned, n);
    REG_PATH.decided(vec![effect], text).with(measurements)
}

/// The exponent `$a$` of `$D \sim R^{-a}$`.
fn exponent(divergences: &[f64]) -> f64 {
    let points = RADII.iter().zip(divergences).skip(FITTED_FROM);
    // Below rounding there is no logarithm to fit.
    let points = points
        .filter(|(_, d)| **d > 1e-14)
        .map(|(r, d)| [elementary::ln(*r as f64), elementary::ln(*d)]);
    -slope(&points.collect::<Vec<_>>())
}
