//! The figures and verdicts of the experiment on several heads.

use mirrorhead_harness::statistics::{self, band, measurement, median};
use mirrorhead_harness::{Axis, Claim, Figure, Finding, Obtained, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{HeadPath, HeadsConfig, HeadsOutcome, SETTINGS, Setting};
use crate::shared::head::EXPONENTS;

const HEADS_OWN_DIRECTION: Claim = Claim {
    key: "heads-own-direction",
    statement: "heads trained together converge in direction each to the AttSVM solution of its own \
                    selection and the same p, whether steps are normalized for each or together",
    expected: "for each p and rule, in the median over heads: over the last three quarters of the \
                   steps the divergence to the own AttSVM falls at least threefold, and in the end that to \
                   any other p's is at least 3 times as large",
};

const HEADS_SIZES: Claim = Claim {
    key: "heads-sizes",
    statement: "normalized together, heads grow in the ratio of the norms of their AttSVMs' solutions; \
                    normalized each, they grow alike",
    expected: "the logarithm of the ratio of the sizes, over that of the norms, in the median: 0.9 to \
                   1.1 normalized together, -0.1 to 0.1 normalized each",
};

const CLASSES_DIRECTION: Claim = Claim {
    key: "classes-direction",
    statement: "over several classes, where one token of each sequence dominates, a head converges in \
                    direction to the AttSVM solution of the same p for its selection",
    expected: "as for heads-own-direction, for each p",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 3] = [HEADS_OWN_DIRECTION, HEADS_SIZES, CLASSES_DIRECTION];

/// The fewest runs of a setting whose median is judged.
const FEWEST_RUNS: usize = 3;
/// How much the divergence falls, and how much farther others are.
const LEAST_FACTOR: f64 = 3.0;

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

fn finding(claim: &Claim, held: bool, text: String, obtained: Obtained, fewest: usize) -> Finding {
    let needs = format!("{FEWEST_RUNS} runs of each");
    claim.judged_if(fewest >= FEWEST_RUNS, held, Obtained { text, ..obtained }, &needs)
}

/// Each head against the AttSVMs of every p.
fn direction(claim: &Claim, cells: &Cells, settings: &[Setting]) -> Finding {
    let (mut fall, mut farther, mut n, mut fewest) = (f64::INFINITY, f64::INFINITY, 0, usize::MAX);
    let mut measurements = Vec::new();
    for setting in settings {
        for (own, p) in EXPONENTS.iter().enumerate() {
            let runs = runs(cells, *setting, own);
            (n, fewest) = (n + runs.len(), fewest.min(runs.len()));
            let heads: Vec<_> = runs.iter().copied().flatten().collect();
            let last = |head: &HeadPath, svm: usize| {
                head.divergences[svm].last().copied().unwrap_or(f64::NAN)
            };
            let of = |value: &dyn Fn(&HeadPath) -> f64| {
                heads.iter().map(|head| value(head)).collect::<Vec<_>>()
            };
            let falls = of(&|head| at_a_quarter(head, own) / last(head, own));
            fall = fall.min(median(&falls).unwrap_or(0.0));
            for other in (0..EXPONENTS.len()).filter(|other| *other != own) {
                let ratios = of(&|head| last(head, other) / last(head, own));
                farther = farther.min(median(&ratios).unwrap_or(0.0));
            }
            let ends = of(&|head| last(head, own));
            measurements.extend(measurement(format!("{setting}, p = {p}: final, own"), &ends));
        }
    }
    let text = format!(
        "the divergence falls at least {fall:.1} times over the last three quarters; the other AttSVMs \
         are at least {farther:.1} times as far (medians)"
    );
    let obtained = Obtained { text: String::new(), measurements, n };
    finding(claim, fall >= LEAST_FACTOR && farther >= LEAST_FACTOR, text, obtained, fewest)
}

/// The divergence to its own AttSVM after a quarter of the steps.
fn at_a_quarter(head: &HeadPath, own: usize) -> f64 {
    let last = head.iterations.last().copied().unwrap_or(0);
    let position = head.iterations.iter().rposition(|k| 4 * k <= last);
    position.map_or(f64::NAN, |position| head.divergences[own][position])
}

fn sizes(cells: &Cells) -> Finding {
    let (mut held, mut n, mut fewest) = (true, 0, usize::MAX);
    let (mut measurements, mut texts) = (Vec::new(), Vec::new());
    for (setting, expected) in [(Setting::Each, 0.0), (Setting::Stack, 1.0)] {
        for (own, p) in EXPONENTS.iter().enumerate() {
            let runs = runs(cells, setting, own);
            (n, fewest) = (n + runs.len(), fewest.min(runs.len()));
            let share = |heads: &[HeadPath]| {
                let norms = elementary::ln(heads[1].svm_norm / heads[0].svm_norm);
                elementary::ln(heads[1].size / heads[0].size) / norms
            };
            let shares: Vec<f64> = runs.iter().map(|heads| share(heads)).collect();
            held &= median(&shares).is_some_and(|share| (share - expected).abs() <= 0.1);
            texts.extend(median(&shares).map(|share| format!("{setting}, p = {p}: {share:.3}")));
            measurements.extend(measurement(format!("{setting}, p = {p}"), &shares));
        }
    }
    let obtained = Obtained { text: String::new(), measurements, n };
    finding(&HEADS_SIZES, held, texts.join("; "), obtained, fewest)
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
