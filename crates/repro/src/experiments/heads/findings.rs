//! The figures and verdicts of the experiment on several heads.

use mirrorhead_harness::statistics::{self, band, last, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{HeadPath, HeadsConfig, HeadsOutcome, SETTINGS, Setting};
use crate::shared::head::EXPONENTS;

const HEADS_OWN_DIRECTION: Claim = Claim {
    key: "heads-own-direction",
    statement: "heads trained together converge in direction each to the AttSVM solution of its own \
                    selection and the same p, whether steps are normalized for each or together",
    expected: "for each p and rule, in the median over runs, for the worse of their heads: over the last three quarters of the \
                   steps the divergence to the own AttSVM falls at least twofold, and in the end that to \
                   the nearest other p's is at least 3 times as large",
};

const HEADS_SIZES: Claim = Claim {
    key: "heads-sizes",
    statement: "normalized together, heads grow in the ratio of the norms of their AttSVMs' solutions; \
                    normalized each, by steps that stay below the bound of stability, they grow alike",
    expected: "the logarithm of the ratio of the sizes, over that of the norms, in the median over runs whose norms differ by a \
                   quarter or more: 0.9 to 1.1 normalized together, -0.1 to 0.1 normalized each; for each p",
};

const CLASSES_DIRECTION: Claim = Claim {
    key: "classes-direction",
    statement: "over several classes, where one token of each sequence dominates, a head converges in \
                    direction to the AttSVM solution of the same p for its selection",
    expected: "as for heads-own-direction, for each p",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 3] = [HEADS_OWN_DIRECTION, HEADS_SIZES, CLASSES_DIRECTION];

/// How much the divergence falls.
const LEAST_FALL: f64 = 2.0;
/// How much farther others are.
const LEAST_FACTOR: f64 = 3.0;

/// The ratio of norms from which on one size and sizes in their ratio are told apart.
const LEAST_RATIO: f64 = 1.25;

type Cells = [(HeadsConfig, HeadsOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let findings = vec![
        direction(&HEADS_OWN_DIRECTION, cells, &[Setting::Each, Setting::Stack]),
        sizes(cells),
        direction(&CLASSES_DIRECTION, cells, &[Setting::Classes]),
    ];
    let figures = SETTINGS.iter().flat_map(|s| [0, 1, 2].map(|own| figure(cells, *s, own)));
    let failed = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("{}, p = {}, seed {}", config.setting, config.p, config.seed);
        outcome.as_ref().err().map(|reason| (reason.clone(), label))
    });
    Summary {
        figures: figures.collect(),
        findings,
        excluded: statistics::excluded(failed),
        ..Summary::default()
    }
}

/// The runs of a setting with an exponent whose hypotheses hold.
fn runs(cells: &Cells, setting: Setting, own: usize) -> Vec<&[HeadPath]> {
    cells
        .iter()
        .filter(|(config, _)| config.setting == setting && config.p == EXPONENTS[own])
        .filter_map(|(_, outcome)| outcome.as_deref().ok())
        .collect()
}

/// Each head against the AttSVMs of every p.
fn direction(claim: &Claim, cells: &Cells, settings: &[Setting]) -> Finding {
    let (mut effects, mut measurements) = (Vec::new(), Vec::new());
    let (mut least, mut nearest) = (f64::INFINITY, f64::INFINITY);
    for setting in settings {
        for (own, p) in EXPONENTS.iter().enumerate() {
            let runs = runs(cells, *setting, own);
            let end = |head: &HeadPath, svm: usize| last(&head.divergences[svm]);
            let worst = |of: &dyn Fn(&HeadPath) -> f64| -> Vec<f64> {
                runs.iter()
                    .map(|heads| heads.iter().map(of).fold(f64::INFINITY, f64::min))
                    .collect()
            };
            let falls = worst(&|head| at_a_quarter(head, own) / end(head, own));
            let farther = worst(&|head| {
                let others = (0..EXPONENTS.len()).filter(|other| *other != own);
                others.map(|svm| end(head, svm)).fold(f64::INFINITY, f64::min) / end(head, own)
            });
            least = median(&falls).map_or(least, |fall| least.min(fall));
            nearest = median(&farther).map_or(nearest, |ratio| nearest.min(ratio));
            let name = format!("{setting}, p = {p}");
            let label = format!("{name}: fall over the last three quarters");
            effects.push(Effect::median(label, &falls, Bound::AtLeast(LEAST_FALL)));
            let label = format!("{name}: nearest other over own");
            effects.push(Effect::median(label, &farther, Bound::AtLeast(LEAST_FACTOR)));
            let ends: Vec<f64> =
                runs.iter().copied().flatten().map(|head| end(head, own)).collect();
            measurements.extend(measurement(format!("{name}: final, own"), &ends));
        }
    }
    let text = format!(
        "the divergence falls at least {least:.1} times over the last three quarters; the other AttSVMs \
         are at least {nearest:.1} times as far (medians of the worse heads)"
    );
    claim.decided(effects, text).with(measurements)
}

/// The divergence to its own AttSVM after a quarter of the steps.
fn at_a_quarter(head: &HeadPath, own: usize) -> f64 {
    let last = head.iterations.last().copied().unwrap_or(0);
    let position = head.iterations.iter().rposition(|k| 4 * k <= last);
    position.map_or(f64::NAN, |position| head.divergences[own][position])
}

fn sizes(cells: &Cells) -> Finding {
    let (mut effects, mut texts) = (Vec::new(), Vec::new());
    for (setting, expected) in [(Setting::Each, 0.0), (Setting::Stack, 1.0)] {
        for (own, p) in EXPONENTS.iter().enumerate() {
            let share = |heads: &&[HeadPath]| {
                let norms = elementary::ln(heads[1].svm_norm / heads[0].svm_norm);
                let told = norms.abs() >= elementary::ln(LEAST_RATIO);
                told.then(|| elementary::ln(heads[1].size / heads[0].size) / norms)
            };
            let shares: Vec<f64> = runs(cells, setting, own).iter().filter_map(share).collect();
            let name = format!("{setting}, p = {p}");
            texts.extend(median(&shares).map(|share| format!("{name}: {share:.3}")));
            let bound = Bound::Within(expected - 0.1, expected + 0.1);
            effects.push(Effect::median(name, &shares, bound));
        }
    }
    HEADS_SIZES.decided(effects, texts.join("; "))
}

/// The divergences along the runs, of each head to its own AttSVM, and of all to those of other p.
fn figure(cells: &Cells, setting: Setting, own: usize) -> Figure {
    let runs = runs(cells, setting, own);
    let iterations =
        runs.first().and_then(|heads| heads.first()).map_or(&[][..], |h| &h.iterations);
    let n_heads = runs.iter().map(|heads| heads.len()).max().unwrap_or(0);
    let mut series = Vec::new();
    for head in 0..n_heads {
        for (hue, p) in EXPONENTS.iter().enumerate() {
            let curves: Vec<&[f64]> =
                runs.iter().map(|heads| &heads[head].divergences[hue][..]).collect();
            let name = format!("head {head}, AttSVM p = {p}");
            series.push(Series::new(name, EXPONENTS.len() * head + hue, band(iterations, &curves)));
        }
    }
    Figure {
        key: format!("{setting:?}-{}", EXPONENTS[own]).to_lowercase(),
        title: format!("Mirror descent with p = {}: {setting}", EXPONENTS[own]),
        caption: format!(
            "Directional Bregman divergence of each head to the AttSVM of each p, for the head's own \
             selection: mean and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::log("iteration k"),
        y: Axis::log("directional Bregman divergence"),
        series,
    }
}
