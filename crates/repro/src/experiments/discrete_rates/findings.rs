//! The figures and verdicts of the discrete-rates experiment.

use mirrorhead_harness::statistics::{self, band, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, RULES, RatesConfig, RatesOutcome, Rule};

const NORMALIZED_RATE: Claim = Claim {
    key: "normalized-rate",
    statement: "with normalized steps below the bound of stability the margin approaches its maximum like 1/||W||, and \
                    for p < 1.5, where what remains of the start fades more slowly, like ||W||^(-2(p-1)) in the end",
    expected: "for every p, with steps within a reach of 2, in the median over runs: the exponent of the margin's deficit in ||W|| over the last \
                   decade of steps is between -1 and -min(1, 2(p-1)), to within 0.15",
};

const CONSTANT_RATE: Claim = Claim {
    key: "constant-rate",
    statement: "with constant steps it approaches like a power of log k, not of k",
    expected: "for every p, in the median over runs: the exponent of the deficit over the last decade is between -0.3 and \
                   0, and the final deficit at least twice that of normalized steps within reach",
};

const POLYAK_ENDS: Claim = Claim {
    key: "polyak-ends",
    statement: "Polyak steps, which know the infimum of the risk, end when its excess is lost in \
                    rounding, before the margin is found",
    expected: "every run is stationary before half of its iterations, or leaves the range of f64; and \
                   for p = 1.5, 1.75 and 2, in the median over runs, its final deficit is at least 3 times that \
                   of normalized steps within reach",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 3] = [NORMALIZED_RATE, CONSTANT_RATE, POLYAK_ENDS];

/// How far an exponent over one decade may be from that of the limit.
const TOLERANCE: f64 = 0.15;

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

/// The position of the last iteration before the last decade of steps.
fn last_decade(run: &Approach) -> usize {
    let end = run.iterations.last().copied().unwrap_or(0);
    run.iterations.partition_point(|k| 10 * k <= end) - 1
}

/// The exponent of the deficit in the number of steps, over their last decade.
fn exponent(run: &Approach) -> f64 {
    exponent_in(run, |at| run.iterations[at] as f64)
}

/// The exponent of the deficit in the norm of W, over the last decade of steps.
fn exponent_in_norm(run: &Approach) -> f64 {
    exponent_in(run, |at| run.norms[at])
}

/// The exponent of the deficit in what `size` gives of each position.
fn exponent_in(run: &Approach, size: impl Fn(usize) -> f64) -> f64 {
    let (from, end) = (last_decade(run), run.iterations.len() - 1);
    elementary::ln(last(run) / run.deficits[from]) / elementary::ln(size(end) / size(from))
}

/// One number of every run of a rule at an exponent.
fn values(cells: &Cells, p: f64, rule: Rule, of: fn(&Approach) -> f64) -> Vec<f64> {
    runs(cells, p, rule).into_iter().map(of).collect()
}

/// At every seed: the final deficit of a rule over that of steps within reach.
fn over_within(cells: &Cells, p: f64, rule: Rule) -> Vec<f64> {
    let of = |rule: Rule| {
        let own = cells.iter().filter(move |(config, _)| config.p == p && config.rule == rule);
        own.filter_map(|(config, outcome)| Some((config.seed, last(outcome.as_ref().ok()?))))
    };
    let within: Vec<_> = of(Rule::NormalizedWithin).collect();
    let ratio = |(seed, deficit): (u64, f64)| {
        let (_, other) = within.iter().find(|(own, _)| *own == seed)?;
        Some(deficit / other)
    };
    of(rule).filter_map(ratio).collect()
}

fn normalized_rate(cells: &Cells) -> Finding {
    let (mut effects, mut texts, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for p in EXPONENTS {
        let exponents = values(cells, p, Rule::NormalizedWithin, exponent_in_norm);
        let slowest = -1f64.min(2.0 * (p - 1.0));
        let bound = Bound::Within(-1.0 - TOLERANCE, slowest + TOLERANCE);
        effects.push(Effect::median(format!("p = {p}: exponent in the norm"), &exponents, bound));
        texts.extend(median(&exponents).map(|middle| format!("p = {p}: ||W||^{middle:.2}")));
        for rule in [Rule::NormalizedWithin, Rule::Normalized, Rule::NormalizedDecaying] {
            let exponents = values(cells, p, rule, exponent);
            measurements.extend(measurement(format!("exponent, p = {p}, {rule}"), &exponents));
        }
    }
    NORMALIZED_RATE.decided(effects, texts.join(", ")).with(measurements)
}

fn constant_rate(cells: &Cells) -> Finding {
    let (mut effects, mut texts, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for p in EXPONENTS {
        let exponents = values(cells, p, Rule::Constant, exponent);
        let slower = over_within(cells, p, Rule::Constant);
        effects.push(Effect::median(
            format!("p = {p}: exponent"),
            &exponents,
            Bound::Within(-0.3, 0.0),
        ));
        effects.push(Effect::median(
            format!("p = {p}: final deficit over that of steps within reach"),
            &slower,
            Bound::AtLeast(2.0),
        ));
        if let (Some(middle), Some(times)) = (median(&exponents), median(&slower)) {
            texts.push(format!("p = {p}: k^{middle:.2}, {times:.1} times the deficit"));
        }
        for rule in RULES {
            let label = format!("final deficit, p = {p}, {rule}");
            measurements.extend(measurement(label, &values(cells, p, rule, last)));
        }
    }
    CONSTANT_RATE.decided(effects, texts.join(", ")).with(measurements)
}

fn polyak_ends(cells: &Cells) -> Finding {
    let (mut effects, mut measurements) = (Vec::new(), Vec::new());
    for p in EXPONENTS {
        if (1.5..=2.0).contains(&p) {
            effects.push(Effect::median(
                format!("p = {p}: final deficit over that of steps within reach"),
                &over_within(cells, p, Rule::Polyak),
                Bound::AtLeast(3.0),
            ));
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
    effects.push(Effect::every("runs in range that are stationary by half", early, left));
    let text = format!(
        "{early} of {all} Polyak runs are stationary before half of their iterations, {} left the \
         range or the selection",
        all - left
    );
    POLYAK_ENDS.decided(effects, text).with(measurements)
}
