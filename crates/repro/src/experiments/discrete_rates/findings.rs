//! The figures and verdicts of the discrete-rates experiment.

use mirrorhead_harness::statistics::{self, band, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, NORMALIZED_LENGTH, RULES, RatesConfig, RatesOutcome, Rule};

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

const DECAY_RATE: Claim = Claim {
    key: "decay-rate",
    statement: "at p = 2 normalized steps of length k^-a let W grow by all of them, so that the margin approaches its maximum like k^-(1-a)",
    expected: "for a = 0 and 1/2, in the median over runs, over the last decade of steps: the norm grows by 0.95 to 1 times the sum of their \
                   lengths, and the exponent of the margin's deficit in ||W|| is within 0.15 of -1",
};

const POLYAK_RATE: Claim = Claim {
    key: "polyak-rate",
    statement: "Polyak steps whose excess risk is not lost in rounding are normalized ones of length 1/gamma, gamma the largest margin: W approaches it like 1/k, and each step \
                adds one to its margin, or less where they zigzag, at a sharpness c/gamma above two",
    expected: "at p = 2, over the last decade of steps before the excess leaves the range of f64: the exponent of the deficit in k is within 0.15 of -1 in the median over \
                   runs; the margin of W grows by 0.99 to 1.01 a step in every run with a sharpness below 1.9, and by at most 0.98 in every run with one above 2.1",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] =
    [NORMALIZED_RATE, DECAY_RATE, CONSTANT_RATE, POLYAK_ENDS, POLYAK_RATE];

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
    let findings = vec![
        normalized_rate(cells),
        decay_rate(cells),
        constant_rate(cells),
        polyak_ends(cells),
        polyak_rate(cells),
    ];
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

/// The positions of the last record while W moved, and of the last one before the decade of steps that it ends.
fn last_decade(run: &Approach) -> [usize; 2] {
    let end = run.iterations.partition_point(|k| *k <= run.steps) - 1;
    [run.iterations.partition_point(|k| 10 * k <= run.iterations[end]) - 1, end]
}

/// How far the records of the last decade are apart in steps.
fn way(run: &Approach) -> f64 {
    let [from, end] = last_decade(run).map(|at| run.iterations[at] as f64);
    end - from
}

/// By how much the norm of W has grown over the last decade.
fn growth(run: &Approach) -> f64 {
    let [from, end] = last_decade(run);
    run.norms[end] - run.norms[from]
}

/// By how much the margin of W has grown over it.
fn margin_growth(run: &Approach) -> f64 {
    let [from, end] = last_decade(run).map(|at| (1.0 - run.deficits[at]) * run.norms[at]);
    run.largest * (end - from)
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
    let [from, end] = last_decade(run);
    elementary::ln(run.deficits[end] / run.deficits[from]) / elementary::ln(size(end) / size(from))
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

fn decay_rate(cells: &Cells) -> Finding {
    let constant: fn(&Approach) -> f64 = |run| growth(run) / (NORMALIZED_LENGTH * way(run));
    // The sum of 1/sqrt(k) between the records.
    let root: fn(&Approach) -> f64 = |run| {
        let [from, end] = last_decade(run).map(|at| (run.iterations[at] as f64).sqrt());
        growth(run) / (2.0 * (end - from))
    };
    let (mut effects, mut texts, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for (power, rule, part) in
        [("0", Rule::Normalized, constant), ("1/2", Rule::NormalizedDecaying, root)]
    {
        let grown = values(cells, 2.0, rule, part);
        let in_norm = values(cells, 2.0, rule, exponent_in_norm);
        let in_steps = values(cells, 2.0, rule, exponent);
        let label = format!("a = {power}: growth of the norm over the steps");
        effects.push(Effect::median(label, &grown, Bound::Within(0.95, 1.0)));
        let label = format!("a = {power}: exponent in the norm");
        let bound = Bound::Within(-1.0 - TOLERANCE, -1.0 + TOLERANCE);
        effects.push(Effect::median(label, &in_norm, bound));
        measurements.extend(measurement(format!("a = {power}: exponent in k"), &in_steps));
        texts.extend(median(&in_steps).map(|middle| format!("k^{middle:.2} for a = {power}")));
    }
    DECAY_RATE.decided(effects, texts.join(", ")).with(measurements)
}

fn polyak_rate(cells: &Cells) -> Finding {
    let runs = runs(cells, 2.0, Rule::PolyakOfExcess);
    let grown = |run: &Approach| margin_growth(run) / way(run);
    let exponents: Vec<f64> = runs.iter().map(|run| exponent(run)).collect();
    let of = |is: &dyn Fn(f64) -> bool| -> Vec<f64> {
        let own = runs.iter().filter(|run| is(run.unit_sharpness / run.largest));
        own.map(|run| grown(run)).collect()
    };
    let (smooth, zigzagging) = (of(&|sharpness| sharpness < 1.9), of(&|sharpness| sharpness > 2.1));
    let whole = smooth.iter().filter(|grown| (0.99..=1.01).contains(*grown)).count();
    let behind = zigzagging.iter().filter(|grown| **grown <= 0.98).count();
    let told = smooth.len() + zigzagging.len();
    let bound = Bound::Within(-1.0 - TOLERANCE, -1.0 + TOLERANCE);
    let effects = vec![
        Effect::median("exponent in k", &exponents, bound),
        Effect::every("runs that do as their sharpness says", whole + behind, told),
    ];
    let text = median(&exponents).map_or_else(String::new, |middle| {
        format!(
            "the deficit falls like k^{middle:.2}; {} runs below a sharpness of two, {} above",
            smooth.len(),
            zigzagging.len()
        )
    });
    let all: Vec<f64> = runs.iter().map(|run| grown(run)).collect();
    let steps: Vec<f64> = runs.iter().map(|run| run.steps as f64).collect();
    POLYAK_RATE
        .decided(effects, text)
        .with(measurement("growth of the margin a step", &all))
        .with(measurement("growth below two", &smooth))
        .with(measurement("growth above two", &zigzagging))
        .with(measurement("steps", &steps))
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
