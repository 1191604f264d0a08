//! The figures and verdicts of the rate experiment.

use mirrorhead_harness::statistics::{band, confidence, excluded, measurement, median, slope};
use mirrorhead_harness::{
    Axis, Bound, Claim, Effect, Figure, Finding, Measurement, Series, Shape, Summary,
};
use mirrorhead_kernels::elementary;

use super::cell::{Convergence, DECADES, EXPONENTS, RateConfig, RateOutcome};

const RATE: Claim = Claim {
    key: "rate",
    statement: "the directional Bregman divergence to the AttSVM is O(log log k / log k) for \
                    p > 2, O((log log k)^2 / log k) for p = 2, O(1/(log k)^(p-1)) for 1 < p < 2",
    expected: "in every run, from k = 10^32 to 10^1000 the divergence stays below the bound with \
                   the constant it has at 10^32; and for each p with at least five runs that count the median of the fitted \
                   exponents of log k is at least the proven one (1 for p >= 2, p - 1 below)",
};

const MEASURED_RATE: Claim = Claim {
    key: "measured-rate",
    statement: "measured here, not claimed in the paper: for p >= 1.5 the divergence falls as \
                    (log k)^-min(2, 2(p-1)), twice the proven exponent (at p = 1.1 the start still counts at k = 10^1000)",
    expected: "for each p from 1.5 on with at least five runs that count, the median of the exponents fitted over k = 10^100 to 10^1000 is within 20% of min(2, 2(p-1))",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [RATE, MEASURED_RATE];

/// Position in [`DECADES`] from which the bound is judged: before it the start still shows.
const JUDGED_FROM: usize = 5;
/// Position from which exponents are fitted: k = 10^100.
const FITTED_FROM: usize = 10;
/// How far a median exponent may be from the one that is expected, relatively.
const EXPONENT_TOLERANCE: f64 = 0.2;
/// The fewest runs that count, for the median at an exponent.
const FEWEST_RUNS: usize = 5;
/// The least p at which the measured rate is reached.
const REACHED_FROM: f64 = 1.5;

type Cells = [(RateConfig, RateOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let runs = EXPONENTS.map(|p| runs(cells, p));
    let mut figures: Vec<_> =
        EXPONENTS.iter().zip(&runs).map(|(p, runs)| figure(*p, runs)).collect();
    figures.push(compensated(&runs));
    let reasons = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("p = {}, seed {}", config.p, config.seed);
        Some((outcome.convergence.as_ref().err()?.clone(), label))
    });
    Summary {
        figures,
        findings: vec![rate(&runs), measured(&runs)],
        excluded: excluded(reasons),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, p: f64) -> Vec<&Convergence> {
    let own = cells.iter().filter(|(config, _)| config.p.total_cmp(&p).is_eq());
    own.filter_map(|(_, outcome)| outcome.convergence.as_ref().ok()).collect()
}

fn log_k(decade: u64) -> f64 {
    decade as f64 * std::f64::consts::LN_10
}

/// The proven bound, up to its constant.
fn bound(p: f64, log_k: f64) -> f64 {
    if p > 2.0 {
        elementary::ln(log_k) / log_k
    } else if p < 2.0 {
        elementary::powf(log_k, 1.0 - p)
    } else {
        elementary::ln(log_k).powi(2) / log_k
    }
}

/// The exponent of log k in the bound, logarithms of log k left out.
fn proven(p: f64) -> f64 {
    (p - 1.0).min(1.0)
}

fn under_the_bound(p: f64, run: &Convergence) -> bool {
    let parts: Vec<f64> =
        DECADES.iter().zip(&run.divergences).map(|(k, d)| d / bound(p, log_k(*k))).collect();
    parts[JUDGED_FROM..].iter().all(|part| *part <= parts[JUDGED_FROM])
}

/// The exponent `$a$` of `$D \sim (\log k)^{-a}$`.
fn exponent(run: &Convergence) -> f64 {
    let points = DECADES.iter().zip(&run.divergences).skip(FITTED_FROM);
    let points: Vec<[f64; 2]> =
        points.map(|(k, d)| [elementary::ln(log_k(*k)), elementary::ln(*d)]).collect();
    -slope(&points)
}

/// The exponents of all runs at one p: their mean and its confidence interval.
fn exponents(p: f64, runs: &[&Convergence]) -> Option<Measurement> {
    let values: Vec<f64> = runs.iter().map(|run| exponent(run)).collect();
    let label = format!("p = {p}: mean exponent (proven {:.2})", proven(p));
    confidence(label, &values)
}

fn rate(runs: &[Vec<&Convergence>; 6]) -> Finding {
    let (mut effects, mut measurements) = (Vec::new(), Vec::new());
    let (mut under, mut n) = (0, 0);
    for (p, runs) in EXPONENTS.iter().zip(runs) {
        n += runs.len();
        under += runs.iter().filter(|run| under_the_bound(*p, run)).count();
        let fitted: Vec<f64> = runs.iter().map(|run| exponent(run)).collect();
        let bound = Bound::AtLeast(proven(*p));
        if runs.len() >= FEWEST_RUNS {
            effects.push(Effect::median(format!("p = {p}: exponent of log k"), &fitted, bound));
        }
        measurements.extend(exponents(*p, runs));
    }
    effects.push(Effect::every("runs that stay below the bound", under, n));
    let text = format!("{under} of {n} runs stay below the bound from k = 10^32 to 10^1000");
    RATE.decided(effects, text).with(measurements)
}

fn measured(runs: &[Vec<&Convergence>; 6]) -> Finding {
    let (mut effects, mut measurements, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for (p, runs) in EXPONENTS.iter().zip(runs) {
        let expected = 2.0 * proven(*p);
        let fitted: Vec<f64> = runs.iter().map(|run| exponent(run)).collect();
        said.extend(median(&fitted).map(|middle| format!("{middle:.3} for p = {p}")));
        if *p >= REACHED_FROM && runs.len() >= FEWEST_RUNS {
            let shares: Vec<f64> = fitted.iter().map(|exponent| exponent / expected).collect();
            let bound = Bound::Within(1.0 - EXPONENT_TOLERANCE, 1.0 + EXPONENT_TOLERANCE);
            let label = format!("p = {p}: exponent over {expected}");
            effects.push(Effect::median(label, &shares, bound));
        }
        // What D (log k)^a is at the end: the constant of the measured rate.
        let last = DECADES.len() - 1;
        let ends: Vec<f64> = runs
            .iter()
            .map(|run| run.divergences[last] * elementary::powf(log_k(DECADES[last]), expected))
            .collect();
        let label = format!("p = {p}: D (log k)^{expected:.2} at k = 10^1000");
        measurements.extend(measurement(label, &ends));
    }
    let text = format!("median fitted exponents {}", said.join(", "));
    MEASURED_RATE.decided(effects, text).with(measurements)
}

fn figure(p: f64, runs: &[&Convergence]) -> Figure {
    let curves: Vec<&[f64]> = runs.iter().map(|run| &run.divergences[..]).collect();
    let mut series = vec![Series::new("mirror flow", 0, band(&DECADES, &curves))];
    if !runs.is_empty() {
        let start = runs.iter().map(|run| run.divergences[JUDGED_FROM]).sum::<f64>();
        let constant = start / runs.len() as f64 / bound(p, log_k(DECADES[JUDGED_FROM]));
        let points = DECADES.iter().map(|k| [*k as f64, constant * bound(p, log_k(*k))]).collect();
        series.push(Series::new(
            "proven bound, through the mean at 10^32",
            1,
            Shape::Line { points },
        ));
    }
    Figure {
        key: format!("flow-{p}"),
        title: format!("Convergence of the direction, p = {p}"),
        caption: format!(
            "Directional Bregman divergence to the AttSVM of the run's own selection: mean and 5th \
             to 95th percentile of {} runs, beside the shape of the proven bound.",
            runs.len()
        ),
        x: Axis::log("decades of k (log10 k)"),
        y: Axis::log("directional Bregman divergence"),
        series,
    }
}

/// All exponents in one figure, the measured rate taken out: level curves confirm it.
fn compensated(runs: &[Vec<&Convergence>; 6]) -> Figure {
    let series = EXPONENTS.iter().zip(runs).enumerate().map(|(hue, (p, runs))| {
        let scale = |k: u64| elementary::powf(log_k(k), 2.0 * proven(*p));
        let curves: Vec<Vec<f64>> = runs
            .iter()
            .map(|run| DECADES.iter().zip(&run.divergences).map(|(k, d)| d * scale(*k)).collect())
            .collect();
        let curves: Vec<&[f64]> = curves.iter().map(Vec::as_slice).collect();
        Series::new(format!("p = {p}"), hue, band(&DECADES, &curves))
    });
    let n: usize = runs.iter().map(Vec::len).sum();
    Figure {
        key: "compensated".into(),
        title: "The measured rate, taken out".into(),
        caption: format!(
            "D (log k)^min(2, 2(p-1)): mean and 5th to 95th percentile, {n} runs in all. Level curves \
             are the measured rate."
        ),
        x: Axis::log("decades of k (log10 k)"),
        y: Axis::log("D (log k)^min(2, 2(p-1))"),
        series: series.collect(),
    }
}
