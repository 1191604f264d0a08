//! What finished cells mean: figures and findings.

use mirrorhead_harness::statistics::{excluded, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Series, Shape, Summary};

use super::cell::{ALIGNED, PathConfig, PathLimit, PathOutcome};
use crate::shared::head::EXPONENTS;

const ATTSVM_DIRECTION: Claim = Claim {
    key: "attsvm-direction",
    statement: "ℓp-AttGD from W(0) = 0 converges in direction to the AttSVM of its own p",
    expected: "for each p, in the median over runs that settle on a selection: a final directional Bregman divergence of at most 0.02, and \
               the nearest AttSVM of another p at least 1.5 times as far",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 1] = [ATTSVM_DIRECTION];

/// How much farther the AttSVMs of other p are at least.
const LEAST_FACTOR: f64 = 1.5;

/// Figures, findings and exclusions.
pub fn summarise(
    cells: &[(PathConfig, PathOutcome)],
    label: &dyn Fn(&PathConfig) -> String,
) -> Summary {
    let (mut effects, mut medians) = (Vec::new(), Vec::new());
    for (own, p) in EXPONENTS.iter().enumerate() {
        let of = cells.iter().filter(|(config, _)| config.p.total_cmp(p).is_eq());
        let limits: Vec<_> = of.filter_map(|(_, outcome)| outcome.limit.as_ref().ok()).collect();
        let ends: Vec<f64> = limits.iter().map(|limit| limit.divergences[own]).collect();
        let nearest = |limit: &&PathLimit| {
            let others = limit.divergences.iter().enumerate().filter(|(svm, _)| *svm != own);
            others.map(|(_, d)| *d).fold(f64::INFINITY, f64::min) / limit.divergences[own]
        };
        let farther: Vec<f64> = limits.iter().map(nearest).collect();
        medians.extend(median(&ends).map(|middle| format!("{middle:.4}")));
        let label = format!("p = {p}: final divergence to the own AttSVM");
        effects.push(Effect::median(label, &ends, Bound::AtMost(ALIGNED)));
        let label = format!("p = {p}: nearest other AttSVM over the own");
        effects.push(Effect::median(label, &farther, Bound::AtLeast(LEAST_FACTOR)));
    }
    let text = format!("median final divergences to the own AttSVM {}", medians.join(", "));
    // The paper draws one run.
    let first = cells.first().map(|(config, _)| config.seed);
    let drawn = cells.iter().filter(|(config, _)| Some(config.seed) == first).enumerate();
    let failed = cells.iter().filter_map(|(config, outcome)| {
        Some((outcome.limit.as_ref().err()?.clone(), label(config)))
    });
    Summary {
        figures: drawn.map(|(hue, (config, outcome))| figure(hue, config, outcome)).collect(),
        findings: vec![ATTSVM_DIRECTION.decided(effects, text)],
        excluded: excluded(failed),
        ..Summary::default()
    }
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
