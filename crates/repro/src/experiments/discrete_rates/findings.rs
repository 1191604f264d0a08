//! The figures and verdicts of the discrete-rates experiment.

use mirrorhead_harness::statistics::{self, band, measurement, median};
use mirrorhead_harness::{Axis, Claim, Figure, Finding, Measurement, Obtained, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, RULES, RatesConfig, RatesOutcome, Rule};

const NORMALIZED_RATE: Claim = Claim {
    key: "normalized-rate",
    statement: "with normalized steps the margin approaches its maximum like a power of k",
    expected: "for every p, the exponent of the margin's deficit from k = 1,000 to the last is \
                   at most -0.4 (median over runs)",
};

const CONSTANT_RATE: Claim = Claim {
    key: "constant-rate",
    statement: "with constant steps it approaches like a power of log k, not of k",
    expected: "for every p, the exponent of the deficit over the same iterations is between -0.3 and \
                   0 (median over runs), and the final deficit is at least 3 times that of normalized \
                   steps",
};

const POLYAK_ENDS: Claim = Claim {
    key: "polyak-ends",
    statement: "Polyak steps, which know the infimum of the risk, end when its excess is lost in \
                    rounding, before the margin is found",
    expected: "every run is stationary before half of its iterations, or leaves the range of f64; \
                   for every p <= 2 with a run left, its final median deficit is at least 10 times that \
                   of normalized steps",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 3] = [NORMALIZED_RATE, CONSTANT_RATE, POLYAK_ENDS];

/// The iteration from which on exponents are fitted.
const FITTED_FROM: u64 = 1_000;
/// The fewest runs of a rule whose median is judged.
const FEWEST_RUNS: usize = 3;

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
    Summary { figures, findings, excluded: statistics::excluded(failed), ..Summary::default() }
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

fn last(run: &Approach) -> f64 {
    run.deficits[run.deficits.len() - 1]
}

/// The exponent of the deficit from [`FITTED_FROM`] to the end.
fn exponent(run: &Approach) -> f64 {
    let position = run.iterations.partition_point(|iteration| *iteration < FITTED_FROM);
    let way = run.iterations[run.iterations.len() - 1] as f64 / run.iterations[position] as f64;
    elementary::ln(last(run) / run.deficits[position]) / elementary::ln(way)
}

/// One number of every run of a rule at an exponent.
fn values(cells: &Cells, p: f64, rule: Rule, of: fn(&Approach) -> f64) -> Vec<f64> {
    runs(cells, p, rule).into_iter().map(of).collect()
}

/// A finding that rests on medians over the runs of some rules, at every exponent.
fn finding(
    claim: &Claim,
    cells: &Cells,
    rules: &[Rule],
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
) -> Finding {
    let counts =
        EXPONENTS.iter().flat_map(|p| rules.iter().map(|rule| runs(cells, *p, *rule).len()));
    let (least, n) =
        counts.fold((usize::MAX, 0), |(least, n), count| (least.min(count), n + count));
    let needs = format!("{FEWEST_RUNS} runs of each rule");
    claim.judged_if(least >= FEWEST_RUNS, held, Obtained { text, measurements, n }, &needs)
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
    finding(&NORMALIZED_RATE, cells, &[Rule::Normalized], held, texts.join(", "), measurements)
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
    let rules = [Rule::Constant, Rule::Normalized];
    finding(&CONSTANT_RATE, cells, &rules, held, texts.join(", "), measurements)
}

fn polyak_ends(cells: &Cells) -> Finding {
    let (mut held, mut measurements) = (true, Vec::new());
    for p in EXPONENTS {
        let [polyak, normalized] =
            [Rule::Polyak, Rule::Normalized].map(|rule| median(&values(cells, p, rule, last)));
        if let (Some(polyak), Some(normalized)) = (polyak, normalized) {
            held &= p > 2.0 || polyak >= 10.0 * normalized;
        }
        for (label, of) in [
            ("steps until stationary", (|run| run.steps as f64) as fn(&Approach) -> f64),
            ("final deficit", last),
        ] {
            let values = values(cells, p, Rule::Polyak, of);
            measurements.extend(measurement(format!("{label}, p = {p}"), &values));
        }
    }
    let all = cells.iter().filter(|(config, _)| config.rule == Rule::Polyak).count();
    let left = EXPONENTS.iter().flat_map(|p| runs(cells, *p, Rule::Polyak));
    let early = left.clone().filter(|run| run.iterations.last() >= Some(&(2 * run.steps))).count();
    let left = left.count();
    held &= early == left;
    let text = format!(
        "{early} of {all} Polyak runs are stationary before half of their iterations, {} left the \
         range or the selection",
        all - left
    );
    finding(&POLYAK_ENDS, cells, &[Rule::Normalized], held, text, measurements)
}
