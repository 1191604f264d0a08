//! The figures and verdicts of the discrete-rates experiment.

use super::discrete_rates::{Approach, EXPONENTS, RULES, RatesConfig, RatesOutcome, Rule};
use super::series::{band, exclusions, measurement, median};
use crate::claim::{Claim, Finding, Measurement, Obtained, Verdict};
use crate::experiment::Summary;
use crate::figure::{Axis, Figure, Series};

/// What the experiment checks.
pub const CLAIMS: [Claim; 3] = [
    Claim {
        key: "normalized-rate",
        statement: "with normalized steps the margin approaches its maximum like a power of k",
        expected: "for every p, the exponent of the margin's deficit from k = 1,000 to 100,000 is at \
                   most -0.4 (median over runs)",
    },
    Claim {
        key: "constant-rate",
        statement: "with constant steps it approaches like a power of log k, not of k",
        expected: "for every p, the exponent of the deficit over the same iterations is between -0.3 and \
                   0 (median over runs), and the final deficit is at least 3 times that of normalized \
                   steps",
    },
    Claim {
        key: "polyak-ends",
        statement: "Polyak steps, which know the infimum of the risk, grow the margin until the excess \
                    risk is lost in rounding",
        expected: "at k = 100 the median deficit of Polyak steps is below that of constant ones for \
                   every p, and at least 9 of 10 runs are stationary before 100,000 steps",
    },
];

/// The iteration from which on exponents are fitted.
const FROM: u64 = 1_000;
/// The iteration at which Polyak's steps are compared.
const EARLY: u64 = 100;
/// The fewest runs of a rule whose median is judged.
const FEWEST: usize = 3;

type Cells = [(RatesConfig, RatesOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let mut figures: Vec<Figure> = EXPONENTS
        .map(|p| {
            figure(cells, p, "divergence", "directional Bregman divergence", |run| &run.divergences)
        })
        .into();
    figures.extend(EXPONENTS.map(|p| {
        figure(cells, p, "margin", "1 - share of the maximum margin", |run| &run.deficits)
    }));
    let findings = vec![normalized_rate(cells), constant_rate(cells), polyak_ends(cells)];
    let failed = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("p = {}, {}, seed {}", config.p, config.rule, config.seed);
        outcome.as_ref().err().map(|reason| (reason.clone(), label))
    });
    Summary { figures, findings, excluded: exclusions(failed) }
}

fn runs(cells: &Cells, p: f64, rule: Rule) -> Vec<&Approach> {
    cells
        .iter()
        .filter(|(config, _)| config.p == p && config.rule == rule)
        .filter_map(|(_, outcome)| outcome.as_ref().ok())
        .collect()
}

fn figure(
    cells: &Cells,
    p: f64,
    key: &str,
    quantity: &str,
    curve: fn(&Approach) -> &Vec<f64>,
) -> Figure {
    let series = RULES.iter().enumerate().filter_map(|(hue, rule)| {
        let runs = runs(cells, p, *rule);
        let curves: Vec<&[f64]> = runs.iter().map(|run| curve(run).as_slice()).collect();
        let label = format!("{rule}, n = {}", runs.len());
        Some(Series::new(label, hue, band(&runs.first()?.iterations, &curves)))
    });
    Figure {
        key: format!("{key}-{p}"),
        title: format!("Step rules at p = {p}"),
        caption: "Mean and 5th to 95th percentile over n runs, against the AttSVM of the same p. One \
                  iteration of any rule is one gradient and one inverse mirror map: the axis is work, \
                  too. Curves end level where nothing moves any more."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log(quantity),
        series: series.collect(),
    }
}

/// The value of a curve at the first recorded iteration from `k` on.
fn at(run: &Approach, k: u64) -> f64 {
    let position = run.iterations.partition_point(|iteration| *iteration < k);
    run.deficits[position.min(run.deficits.len() - 1)]
}

fn last(run: &Approach) -> f64 {
    run.deficits[run.deficits.len() - 1]
}

/// The exponent of the deficit from [`FROM`] to the end.
fn exponent(run: &Approach) -> f64 {
    let position = run.iterations.partition_point(|iteration| *iteration < FROM);
    let (k, end) = (run.iterations[position], run.iterations[run.iterations.len() - 1]);
    (last(run) / at(run, k)).ln() / (end as f64 / k as f64).ln()
}

/// One number of every run of a rule at an exponent.
fn values(cells: &Cells, p: f64, rule: Rule, of: fn(&Approach) -> f64) -> Vec<f64> {
    runs(cells, p, rule).into_iter().map(of).collect()
}

fn finding(
    key: &'static str,
    cells: &Cells,
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
) -> Finding {
    let judgeable =
        EXPONENTS.iter().all(|p| RULES.iter().all(|rule| runs(cells, *p, *rule).len() >= FEWEST));
    let (verdict, text) = if judgeable {
        (Verdict::from_check(held), text)
    } else {
        (Verdict::NotRun, format!("{text}; not judged: a median needs {FEWEST} runs of each rule"))
    };
    Finding { key, obtained: Obtained { text, measurements, n: cells.len() }, verdict }
}

fn normalized_rate(cells: &Cells) -> Finding {
    let (mut held, mut texts, mut measurements) = (true, Vec::new(), Vec::new());
    for p in EXPONENTS {
        let exponents = values(cells, p, Rule::Normalized, exponent);
        let middle = median(&exponents).unwrap_or(0.0);
        held &= middle <= -0.4;
        texts.push(format!("p = {p}: k^{middle:.2}"));
        measurements.extend(measurement(format!("exponent, p = {p}"), &exponents));
        let decaying = values(cells, p, Rule::NormalizedDecaying, exponent);
        measurements
            .extend(measurement(format!("exponent, p = {p}, normalized decaying"), &decaying));
    }
    finding("normalized-rate", cells, held, texts.join(", "), measurements)
}

fn constant_rate(cells: &Cells) -> Finding {
    let (mut held, mut texts, mut measurements) = (true, Vec::new(), Vec::new());
    for p in EXPONENTS {
        let exponents = values(cells, p, Rule::Constant, exponent);
        let middle = median(&exponents).unwrap_or(f64::NEG_INFINITY);
        let [slow, fast] = [Rule::Constant, Rule::Normalized]
            .map(|rule| median(&values(cells, p, rule, last)).unwrap_or(0.0));
        held &= (-0.3..=0.0).contains(&middle) && slow >= 3.0 * fast;
        texts.push(format!("p = {p}: k^{middle:.2}, {:.1} times the deficit", slow / fast));
        measurements.extend(measurement(format!("exponent, p = {p}"), &exponents));
        for rule in RULES {
            let label = format!("final deficit, p = {p}, {rule}");
            measurements.extend(measurement(label, &values(cells, p, rule, last)));
        }
    }
    finding("constant-rate", cells, held, texts.join(", "), measurements)
}

fn polyak_ends(cells: &Cells) -> Finding {
    let early = |run: &Approach| at(run, EARLY);
    let (mut held, mut measurements) = (true, Vec::new());
    let (mut ended, mut all) = (0, 0);
    for p in EXPONENTS {
        let [polyak, constant] =
            [Rule::Polyak, Rule::Constant].map(|rule| values(cells, p, rule, early));
        held &= median(&polyak) < median(&constant);
        measurements
            .extend(measurement(format!("deficit at k = {EARLY}, p = {p}, Polyak"), &polyak));
        measurements
            .extend(measurement(format!("deficit at k = {EARLY}, p = {p}, constant"), &constant));
        let steps = values(cells, p, Rule::Polyak, |run| run.steps as f64);
        measurements.extend(measurement(format!("steps until stationary, p = {p}"), &steps));
        for run in runs(cells, p, Rule::Polyak) {
            ended += usize::from(run.iterations.last().is_some_and(|end| run.steps < *end));
            all += 1;
        }
    }
    held &= 10 * ended >= 9 * all;
    let text = format!("{ended} of {all} Polyak runs are stationary before the last step");
    finding("polyak-ends", cells, held, text, measurements)
}
