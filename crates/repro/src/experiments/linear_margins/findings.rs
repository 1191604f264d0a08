//! The figures and verdicts of the linear experiment.

use mirrorhead_harness::statistics::{self, band, confidence};
use mirrorhead_harness::{Axis, Claim, Figure, Finding, Measurement, Obtained, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, LinearConfig, LinearMethod, LinearOutcome, METHODS};

const LOGARITHMIC: Claim = Claim {
    key: "linear-logarithmic",
    statement: "gradient descent with constant steps goes to the l2 max margin like 1/log k",
    expected: "the share of the margin, as a line in 1/log k over k >= 1,000, goes to 1: its limit is within 0.02 of 1, up \
               to two standard errors of the mean over runs",
};

const NORMALIZED: Claim = Claim {
    key: "linear-normalized",
    statement: "with normalized steps the l2 margin approaches its maximum like 1/k",
    expected: "the exponent of the deficit over k >= 1,000 is within 0.1 of -1, up to two standard errors of the mean over runs",
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
const OWN: &str = "for each method: the deficit of its own margin falls, with an exponent over k >= 1,000 of at most -0.25 with \
                   two standard errors of the mean over runs added (theory: -0.5, up to logarithms); and its final share is the \
                   largest in its own norm, by more than two standard errors of the mean difference";

/// The claims, in order.
pub const CLAIMS: [Claim; 5] = [LOGARITHMIC, NORMALIZED, STEEPEST, MIRROR, MEMORY];

/// The iteration from which on lines are fitted.
const FITTED_FROM: u64 = 1_000;
/// The fewest iterations whose lines are judged.
const LEAST_ITERATIONS: u64 = 20_000;
/// The fewest runs of a method that are judged.
const FEWEST_RUNS: usize = 5;

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

/// The recorded points from [`FITTED_FROM`] on.
fn fitted(run: &Approach, p: f64, point: impl Fn(f64, f64) -> [f64; 2]) -> Vec<[f64; 2]> {
    let pairs = run.iterations.iter().zip(shares(run, p));
    let late = pairs.filter(|(k, _)| **k >= FITTED_FROM);
    late.map(|(k, share)| point(*k as f64, *share)).collect()
}

/// The exponent of the deficit in `$k$`.
fn exponent(run: &Approach, p: f64) -> f64 {
    statistics::slope(&fitted(run, p, |k, share| {
        [elementary::ln(k), elementary::ln((1.0 - share).max(f64::MIN_POSITIVE))]
    }))
}

/// What a share goes to as a line in `$1/\log k$`.
fn limit(run: &Approach) -> f64 {
    let points = fitted(run, 2.0, |k, share| [elementary::ln(k).recip(), share]);
    let n = points.len() as f64;
    let [x, y] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
    y - statistics::slope(&points) * x
}

/// The mean, and two standard errors of it.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean, 2.0 * (square / n).sqrt())
}

fn judged(
    claim: &Claim,
    cells: &Cells,
    methods: &[LinearMethod],
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
) -> Finding {
    let counts: Vec<_> = methods.iter().map(|method| runs(cells, *method).len()).collect();
    let longest = cells.iter().map(|(config, _)| config.iterations).min().unwrap_or(0);
    let enough = longest >= LEAST_ITERATIONS && counts.iter().all(|n| *n >= FEWEST_RUNS);
    let needs = format!("{FEWEST_RUNS} runs of each method and {LEAST_ITERATIONS} iterations");
    let n = counts.iter().sum();
    claim.judged_if(enough, held, Obtained { text, measurements, n }, &needs)
}

fn logarithmic(cells: &Cells) -> Finding {
    let method = LinearMethod::Constant;
    let limits: Vec<_> = runs(cells, method).into_iter().map(limit).collect();
    let (middle, error) = mean(&limits);
    let held = (middle - 1.0).abs() <= 0.02 + error;
    let text = format!("the share goes to {middle:.4}, give or take {error:.4}");
    let measurements = confidence("limit of the share", &limits).into_iter().collect();
    judged(&LOGARITHMIC, cells, &[method], held, text, measurements)
}

fn normalized(cells: &Cells) -> Finding {
    let method = LinearMethod::Normalized;
    let exponents: Vec<_> = runs(cells, method).iter().map(|run| exponent(run, 2.0)).collect();
    let (middle, error) = mean(&exponents);
    let held = (middle + 1.0).abs() <= 0.1 + error;
    let text = format!("the deficit falls like k^({middle:.3} give or take {error:.3})");
    let measurements = confidence("exponent of the deficit", &exponents).into_iter().collect();
    judged(&NORMALIZED, cells, &[method], held, text, measurements)
}

/// The methods of a family, each in its own norm against those that aim elsewhere.
fn own(claim: &Claim, cells: &Cells, family: impl Fn(LinearMethod) -> bool) -> Finding {
    let family: Vec<_> = METHODS.into_iter().filter(|method| family(*method)).collect();
    let (mut held, mut texts, mut measurements) = (true, Vec::new(), Vec::new());
    for method in &family {
        let p = method.target();
        let exponents: Vec<_> = runs(cells, *method).iter().map(|run| exponent(run, p)).collect();
        let (middle, error) = mean(&exponents);
        let lead = least_lead(cells, *method);
        held &= middle + error <= -0.25 && lead > 0.0;
        texts.push(format!("{method}: k^{middle:.2}, ahead by {lead:.4}"));
        measurements.extend(confidence(format!("exponent of the deficit, {method}"), &exponents));
    }
    judged(claim, cells, &family, held, texts.join("; "), measurements)
}

/// By how much a method's final share in its own norm leads that of any method with another aim, seed by seed, less two
/// standard errors: the least of them.
fn least_lead(cells: &Cells, method: LinearMethod) -> f64 {
    let p = method.target();
    let last = |method: LinearMethod| {
        let own = cells.iter().filter(move |(config, _)| config.method == method);
        own.filter_map(move |(config, outcome)| {
            let run = outcome.as_ref().ok()?;
            Some((config.seed, *shares(run, p).last()?))
        })
    };
    let rivals = METHODS.into_iter().filter(|rival| rival.target() != p);
    let leads = rivals.map(|rival| {
        let of_rival: Vec<_> = last(rival).collect();
        let pairs = last(method).filter_map(|(seed, share)| {
            let other = of_rival.iter().find(|(other, _)| *other == seed)?;
            Some(share - other.1)
        });
        let (middle, error) = mean(&pairs.collect::<Vec<_>>());
        middle - error
    });
    leads.fold(f64::INFINITY, f64::min)
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
