//! What finished cells mean: figures and findings.

use mirrorhead_harness::{
    Axis, Claim, Exclusion, Figure, Measurement, Obtained, Series, Shape, Summary,
};

use super::cell::{ALIGNED, PathConfig, PathOutcome};
use crate::shared::head::EXPONENTS;

const ATTSVM_DIRECTION: Claim = Claim {
    key: "attsvm-direction",
    statement: "lp-AttGD from W(0) = 0 converges in direction to the AttSVM of its own p",
    expected: "for each p, a final directional Bregman divergence below 0.02, and below \
               the ones to the AttSVM of every other p",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 1] = [ATTSVM_DIRECTION];

/// Figures, findings and exclusions.
pub fn summarise(
    cells: &[(PathConfig, PathOutcome)],
    label: &dyn Fn(&PathConfig) -> String,
) -> Summary {
    let mut summary = Summary::default();
    let mut measurements = Vec::new();
    let (mut aligned, mut own_divergences) = (0, Vec::new());
    for (hue, (config, outcome)) in cells.iter().enumerate() {
        summary.figures.push(figure(hue, config, outcome));
        let label = label(config);
        match &outcome.limit {
            Ok(limit) => {
                for (p, divergence) in EXPONENTS.iter().zip(&limit.divergences) {
                    measurements.push(Measurement {
                        label: format!("{label}, to the AttSVM of p = {p}"),
                        value: *divergence,
                        spread: None,
                        n: 1,
                    });
                }
                let own = EXPONENTS.iter().position(|p| p.total_cmp(&config.p).is_eq());
                let own = own.map_or(f64::NAN, |own| limit.divergences[own]);
                own_divergences.push(format!("{own:.4}"));
                let nearest = limit.divergences.iter().all(|other| own <= *other);
                aligned += usize::from(nearest && own < ALIGNED);
            }
            Err(reason) => {
                summary.excluded.push(Exclusion { reason: reason.clone(), cells: vec![label] });
            }
        }
    }
    let n = cells.iter().filter(|(_, outcome)| outcome.limit.is_ok()).count();
    let text = format!(
        "final divergences to the own AttSVM {}; small, and the smallest, in {aligned} of {n} runs",
        own_divergences.join(", ")
    );
    let obtained = Obtained { text, measurements, n };
    let needs = "a run that settles on a selection";
    summary.findings.push(ATTSVM_DIRECTION.judged_if(n > 0, aligned == n, obtained, needs));
    summary
}

fn figure(hue: usize, config: &PathConfig, outcome: &PathOutcome) -> Figure {
    let mut series = Vec::new();
    if let Ok(limit) = &outcome.limit {
        let ray = Shape::Ray { from: [0.0, 0.0], direction: limit.ray };
        series.push(Series::new(format!("AttSVM, p = {}", config.p), hue, ray));
    }
    let path = Shape::Line { points: outcome.path.clone() };
    series.push(Series::new(format!("W(k), p = {}", config.p), hue, path));
    Figure {
        key: format!("md-{}", config.p),
        title: format!("From zero, mirror descent with p = {}", config.p),
        caption: format!("{} iterations; the wide line is the AttSVM's ray.", config.iterations),
        x: Axis::linear("entry (1, 2) of W, counted from 0"),
        y: Axis::linear("entry (3, 4) of W, counted from 0"),
        series,
    }
}
