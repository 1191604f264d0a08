//! The figures and verdicts of the linear experiment.

use mirrorhead_harness::statistics::{self, band, last, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, LinearConfig, LinearMethod, LinearOutcome, METHODS};

const LOGARITHMIC: Claim = Claim {
    key: "linear-logarithmic",
    statement: "gradient descent with constant steps goes to the l2 max margin like 1/log k",
    expected: "in the median over runs, over k >= 1,000: the norm times the maximum margin grows by 0.9 to 1.1 for each unit of \
               log k, and the exponent of the deficit in the norm is within 0.15 of -1",
};

const NORMALIZED: Claim = Claim {
    key: "linear-normalized",
    statement: "with normalized steps the l2 margin approaches its maximum like 1/k",
    expected: "in the median over runs: the exponent of the deficit over k >= 1,000 is within 0.1 of -1",
};

const STEEPEST: Claim = Claim {
    key: "linear-steepest",
    statement: "steepest descent maximises the margin of its own norm",
    expected: OWN,
};

const MIRROR: Claim = Claim {
    key: "linear-mirror",
    statement: "mirror descent maximises the margin of the norm of its potential",
    expected: OWN,
};

const MEMORY: Claim = Claim {
    key: "linear-memory",
    statement: "momentum, Nesterov's memory and Adam without epsilon maximise the margin of their norm",
    expected: OWN,
};

/// Steps that make iterates grow like the root of k leave a deficit of its inverse, up to logarithms.
const OWN: &str = "for each method, in the median over runs: the deficit of its own margin falls with an exponent over \
                   k >= 1,000 of at most -0.25 (theory: -0.5, up to logarithms), and its final share is larger in its own \
                   norm than that of any method with another aim";

/// The claims, in order.
pub const CLAIMS: [Claim; 5] = [LOGARITHMIC, NORMALIZED, STEEPEST, MIRROR, MEMORY];

/// The iteration from which on lines are fitted.
const FITTED_FROM: u64 = 1_000;

type Cells = [(LinearConfig, LinearOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let momentum = |m: LinearMethod| m.remembers();
    let findings = vec![
        logarithmic(cells),
        normalized(cells),
        own(&STEEPEST, cells, |m| matches!(m, LinearMethod::Steepest { .. } | LinearMethod::Sign)),
        own(&MIRROR, cells, |m| matches!(m, LinearMethod::Mirror { .. })),
        own(&MEMORY, cells, momentum),
    ];
    let failed = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("{}, seed {}", config.method, config.seed);
        outcome.as_ref().err().map(|reason| (reason.clone(), label))
    });
    let figures = vec![progress(cells)];
    Summary { figures, findings, excluded: statistics::excluded(failed), ..Summary::default() }
}

fn runs(cells: &Cells, method: LinearMethod) -> Vec<&Approach> {
    let own = cells.iter().filter(|(config, _)| config.method == method);
    own.filter_map(|(_, outcome)| outcome.as_ref().ok()).collect()
}

/// The shares of a run in the norm of an exponent.
fn shares(run: &Approach, p: f64) -> &[f64] {
    EXPONENTS.iter().position(|q| *q == p).map_or(&[], |column| &run.shares[column])
}

/// A line through the points (x, y) of the records from [`FITTED_FROM`] on: its slope.
fn slope(run: &Approach, x: impl Fn(usize) -> f64, y: impl Fn(usize) -> f64) -> f64 {
    let from = run.iterations.partition_point(|k| *k < FITTED_FROM);
    let points: Vec<_> = (from..run.iterations.len()).map(|at| [x(at), y(at)]).collect();
    statistics::slope(&points)
}

/// The logarithm of the deficit at a record.
fn log_deficit(run: &Approach, p: f64, at: usize) -> f64 {
    elementary::ln((1.0 - shares(run, p)[at]).max(f64::MIN_POSITIVE))
}

fn log_iteration(run: &Approach, at: usize) -> f64 {
    elementary::ln(run.iterations[at] as f64)
}

/// The exponent of the deficit in `$k$`.
fn exponent(run: &Approach, p: f64) -> f64 {
    slope(run, |at| log_iteration(run, at), |at| log_deficit(run, p, at))
}

/// The exponent of the deficit in the norm.
fn exponent_in_norm(run: &Approach, p: f64) -> f64 {
    slope(run, |at| elementary::ln(run.norms[at]), |at| log_deficit(run, p, at))
}

/// By how much the norm times the maximum margin grows for a unit of `$\log k$`.
fn growth(run: &Approach) -> f64 {
    run.margin * slope(run, |at| log_iteration(run, at), |at| run.norms[at])
}

fn logarithmic(cells: &Cells) -> Finding {
    let of = runs(cells, LinearMethod::Constant);
    let growths: Vec<_> = of.iter().map(|run| growth(run)).collect();
    let exponents: Vec<_> = of.iter().map(|run| exponent_in_norm(run, 2.0)).collect();
    let ends: Vec<_> = of.iter().map(|run| last(shares(run, 2.0))).collect();
    let effects = vec![
        Effect::median("growth of the norm in log k", &growths, Bound::Within(0.9, 1.1)),
        Effect::median("exponent in the norm", &exponents, Bound::Within(-1.15, -0.85)),
    ];
    let text = median(&growths).zip(median(&exponents)).map_or_else(String::new, |(growth, exponent)| {
        format!("the norm times the margin grows by {growth:.3} log k, the deficit falls as its power {exponent:.3}")
    });
    LOGARITHMIC.decided(effects, text).with(measurement("share at the end", &ends))
}

fn normalized(cells: &Cells) -> Finding {
    let of = runs(cells, LinearMethod::Normalized);
    let exponents: Vec<_> = of.into_iter().map(|run| exponent(run, 2.0)).collect();
    let effect = Effect::median("exponent of the deficit", &exponents, Bound::Within(-1.1, -0.9));
    let text = said(&exponents, |exponent| format!("the deficit falls like k^{exponent:.3}"));
    NORMALIZED.decided(vec![effect], text)
}

/// A sentence about a median.
fn said(values: &[f64], sentence: impl Fn(f64) -> String) -> String {
    median(values).map_or_else(String::new, sentence)
}

/// The methods of a family, each in its own norm against those that aim elsewhere.
fn own(claim: &Claim, cells: &Cells, family: impl Fn(LinearMethod) -> bool) -> Finding {
    let (mut effects, mut texts) = (Vec::new(), Vec::new());
    for method in METHODS.into_iter().filter(|method| family(*method)) {
        let p = method.target();
        let exponents: Vec<_> = runs(cells, method).iter().map(|run| exponent(run, p)).collect();
        let leads = leads(cells, method);
        if let (Some(exponent), Some(lead)) = (median(&exponents), median(&leads)) {
            texts.push(format!("{method}: k^{exponent:.2}, ahead by {lead:.4}"));
        }
        let label = format!("{method}: exponent of the deficit");
        effects.push(Effect::median(label, &exponents, Bound::AtMost(-0.25)));
        let label = format!("{method}: lead over the best of another aim");
        effects.push(Effect::median(label, &leads, Bound::AtLeast(0.0)));
    }
    claim.decided(effects, texts.join("; "))
}

/// By how much a method's final share in its own norm leads that of the best method with another aim, at each seed.
fn leads(cells: &Cells, method: LinearMethod) -> Vec<f64> {
    let p = method.target();
    let ends = |method: LinearMethod| {
        let own = cells.iter().filter(move |(config, _)| config.method == method);
        own.filter_map(move |(config, outcome)| {
            Some((config.seed, last(shares(outcome.as_ref().ok()?, p))))
        })
    };
    let rivals = METHODS.into_iter().filter(|rival| rival.target() != p);
    let others: Vec<(u64, f64)> = rivals.flat_map(ends).collect();
    let best = |seed| {
        let at_seed = others.iter().filter(|(own, _)| *own == seed);
        at_seed.map(|(_, share)| *share).fold(f64::NEG_INFINITY, f64::max)
    };
    ends(method).map(|(seed, share)| share - best(seed)).collect()
}

fn progress(cells: &Cells) -> Figure {
    let series = METHODS.iter().enumerate().filter_map(|(hue, method)| {
        let runs = runs(cells, *method);
        let deficit = |run: &&Approach| {
            shares(run, method.target()).iter().map(|share| 1.0 - share).collect::<Vec<_>>()
        };
        let deficits: Vec<_> = runs.iter().map(deficit).collect();
        let curves: Vec<&[f64]> = deficits.iter().map(Vec::as_slice).collect();
        Some(Series::new(method.to_string(), hue, band(&runs.first()?.iterations, &curves)))
    });
    Figure {
        key: "progress".into(),
        title: "Margins of linear models".into(),
        caption: "One minus the margin's share of the certified maximum in the norm that each method is proven to \
                  maximise: mean and 5th to 95th percentile over runs."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
