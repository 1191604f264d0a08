//! The figures and verdicts of the experiment on methods that remember.

use mirrorhead_harness::statistics::{band, excluded, last, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{ALGORITHMS, Algorithm, Deficits, GEOMETRIES, MomentumConfig, MomentumOutcome};

const MOMENTUM_MAX_NORM: Claim = Claim {
    key: "momentum-max-norm",
    statement: "Signum, and Adam without epsilon, maximise the margin in the maximum norm, at a rate of about \
                1/sqrt(k) with steps that decay so",
    expected: "for either, in the median over seeds: the exponent of the deficit of the margin in the maximum norm over the last decade of \
               steps is at most -0.35, and Muon's deficit there at least 3 times as large at the end",
};

const MOMENTUM_SPECTRAL: Claim = Claim {
    key: "momentum-spectral",
    statement: "Muon, with exact factors, maximises the margin in the spectral norm, at the same rate",
    expected: "the same of the spectral norm, against the deficits of Signum and of Adam without epsilon",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [MOMENTUM_MAX_NORM, MOMENTUM_SPECTRAL];

type Cells = [(MomentumConfig, MomentumOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&MomentumConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: (0..GEOMETRIES.len()).map(|geometry| figure(cells, geometry)).collect(),
        findings: vec![
            maximises(&MOMENTUM_MAX_NORM, cells, 0),
            maximises(&MOMENTUM_SPECTRAL, cells, 1),
        ],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, algorithm: Algorithm) -> Vec<(u64, &Deficits)> {
    let own = cells.iter().filter(|(config, _)| config.algorithm == algorithm);
    own.filter_map(|(config, outcome)| Some((config.seed, outcome.as_ref().ok()?))).collect()
}

/// The exponent of a deficit over the last decade of steps.
fn exponent(run: &Deficits, geometry: usize) -> f64 {
    let end = last_iteration(run);
    let before = run.iterations.partition_point(|k| 10 * k <= end) - 1;
    let deficits = &run.deficits[geometry];
    let way = end as f64 / run.iterations[before] as f64;
    elementary::ln(last(deficits) / deficits[before]) / elementary::ln(way)
}

fn last_iteration(run: &Deficits) -> u64 {
    run.iterations.last().copied().unwrap_or(0)
}

fn maximises(claim: &Claim, cells: &Cells, geometry: usize) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    let name = GEOMETRIES[geometry];
    let (own, others): (Vec<_>, Vec<_>) =
        ALGORITHMS.into_iter().partition(|algorithm| algorithm.target() == geometry);
    for algorithm in own {
        let runs_of = runs(cells, algorithm);
        let exponents: Vec<f64> = runs_of.iter().map(|(_, run)| exponent(run, geometry)).collect();
        said.extend(median(&exponents).map(|middle| format!("k^{middle:.2} for {algorithm}")));
        let label = format!("{algorithm}: exponent of the deficit in the {name}");
        effects.push(Effect::median(label, &exponents, Bound::AtMost(-0.35)));
        for other in &others {
            let rivals = runs(cells, *other);
            let ratio = |(seed, run): &(u64, &Deficits)| {
                let (_, rival) = rivals.iter().find(|(own, _)| own == seed)?;
                Some(last(&rival.deficits[geometry]) / last(&run.deficits[geometry]))
            };
            let ratios: Vec<f64> = runs_of.iter().filter_map(ratio).collect();
            let label = format!("deficit of {other} in the {name} over that of {algorithm}");
            effects.push(Effect::median(label, &ratios, Bound::AtLeast(3.0)));
        }
    }
    claim.decided(effects, format!("the deficit falls as {}", said.join(", ")))
}

fn figure(cells: &Cells, geometry: usize) -> Figure {
    let series = ALGORITHMS.into_iter().enumerate().filter_map(|(hue, algorithm)| {
        let runs = runs(cells, algorithm);
        let iterations = &runs.first()?.1.iterations;
        let curves: Vec<&[f64]> =
            runs.iter().map(|(_, run)| run.deficits[geometry].as_slice()).collect();
        Some(Series::new(algorithm.to_string(), hue, band(iterations, &curves)))
    });
    let name = GEOMETRIES[geometry];
    Figure {
        key: if geometry == 0 { "maximum".into() } else { "spectral".into() },
        title: format!("Methods that remember: margin in the {name}"),
        caption: "One minus the margin's share of the certified maximum: mean and 5th to 95th percentile over runs.".into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
