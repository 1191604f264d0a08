//! The figures and verdicts of the direction experiment.

use mirrorhead_harness::statistics::{self, band, measurement, median, quantile};
use mirrorhead_harness::{
    Axis, Claim, Exclusion, Figure, Finding, Measurement, Obtained, Series, Summary,
};
use mirrorhead_kernels::elementary;
use mirrorhead_trainer::TokenOptimality;

use super::cell::{Comparison, DirectionConfig, DirectionOutcome};
use crate::shared::head::EXPONENTS;

const ATTSVM_DIRECTION: Claim = Claim {
    key: "attsvm-direction",
    statement: "lp-AttGD converges in direction to the AttSVM solution of the same p, for a \
                    locally optimal selection",
    expected: "from the middle of the run to its end, the divergence to the own AttSVM falls at \
                   least by a third (median), and its final median agrees with the reference \
                   (0.0013, 0.0025, 0.0037) within the sampling error of both medians",
};

const WRONG_GEOMETRY: Claim = Claim {
    key: "wrong-geometry",
    statement: "mirror descent with p does not converge to the AttSVM solution of another p",
    expected: "the final divergence to every other AttSVM is at least 3 times the one to the \
                   own (median over runs), and 0.75 to 1.5 times the divergence between the two \
                   solutions themselves",
};

const LOCAL_OPTIMALITY: Claim = Claim {
    key: "local-optimality",
    statement: "a selection lasts exactly when it is locally optimal: every selected token \
                    out-scores its support tokens",
    expected: "at least 95% of the runs at a locally optimal selection keep it when run twice as \
                   long (the theorem needs W inside a cone around the direction), every other run \
                   leaves its selection for a locally optimal one, and most selections drawn at \
                   random are not locally optimal",
};

const NORM_DIVERGENCE: Claim = Claim {
    key: "norm-divergence",
    statement: "once W is near a locally optimal direction, its norm grows without bound",
    expected: "it grows from one recorded iteration to the next in every run, from where \
                   attention settles, and like k^(1/(p-1)): exponents of the second half within 25% \
                   (median over runs)",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] =
    [ATTSVM_DIRECTION, WRONG_GEOMETRY, LOCAL_OPTIMALITY, NORM_DIVERGENCE];

/// The medians of the reference computation, over [`REFERENCE_SEEDS`] seeds of another stream.
const REFERENCE_MEDIANS: [f64; 3] = [0.001_301_04, 0.002_513_15, 0.003_688_13];
const REFERENCE_SEEDS: f64 = 100.0;
/// Standard errors beyond which two medians count as different: one false alarm in a thousand.
const STANDARD_ERRORS: f64 = 3.29;
/// The fewest runs of an exponent whose median is judged.
const FEWEST_RUNS: usize = 5;

type Cells = [(DirectionConfig, DirectionOutcome)];
/// The runs of one exponent whose hypotheses hold.
type Runs<'a> = Vec<(&'a DirectionOutcome, &'a Comparison)>;

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let runs = EXPONENTS.map(|p| runs(cells, p));
    let figures = EXPONENTS.iter().enumerate().map(|(own, p)| figure(*p, &runs[own])).collect();
    let findings = vec![
        attsvm_direction(&runs),
        wrong_geometry(&runs),
        local_optimality(cells),
        norm_divergence(&runs),
    ];
    Summary { figures, findings, excluded: excluded(cells), ..Summary::default() }
}

fn is(p: f64, q: f64) -> bool {
    p.total_cmp(&q).is_eq()
}

fn runs(cells: &Cells, p: f64) -> Runs<'_> {
    cells
        .iter()
        .filter(|(config, _)| is(config.p, p))
        .filter_map(|(_, outcome)| Some((outcome, outcome.comparison.as_ref().ok()?)))
        .filter(|(_, comparison)| comparison.optimality.is_locally_optimal())
        .collect()
}

/// The runs whose hypotheses fail, by reason.
fn excluded(cells: &Cells) -> Vec<Exclusion> {
    let reasons = cells.iter().filter_map(|(config, outcome)| {
        let reason = match &outcome.comparison {
            Ok(comparison) if comparison.optimality.is_locally_optimal() => return None,
            Ok(comparison) if comparison.optimality.is_refuted() => {
                "the selection is not locally optimal"
            }
            Ok(_) => "whether the selection is locally optimal is undecided",
            Err(reason) if reason.contains("saturated") => "attention is not saturated at the end",
            Err(reason) => reason,
        };
        Some((reason.into(), format!("p = {}, seed {}", config.p, config.seed)))
    });
    statistics::excluded(reasons)
}

fn figure(p: f64, runs: &Runs) -> Figure {
    let iterations = runs.first().map_or(&[][..], |(outcome, _)| &outcome.iterations);
    let series = EXPONENTS.iter().enumerate().map(|(hue, other)| {
        let curves: Vec<&[f64]> = runs.iter().map(|(_, c)| &c.divergences[hue][..]).collect();
        Series::new(format!("AttSVM, p = {other}"), hue, band(iterations, &curves))
    });
    Figure {
        key: format!("md-{p}"),
        title: format!("Mirror descent with p = {p}"),
        caption: format!(
            "Directional Bregman divergence to the AttSVM of each p, for the same selection: mean \
             and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::linear("iteration k"),
        y: Axis::log("directional Bregman divergence"),
        series: series.collect(),
    }
}

/// The last value of a curve, and the one in its middle.
fn end_and_middle(curve: &[f64]) -> (f64, f64) {
    (curve[curve.len() - 1], curve[curve.len() / 2])
}

/// A finding about medians over the runs of each exponent.
fn finding(
    claim: &Claim,
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
    runs: &[Runs; 3],
) -> Finding {
    let n = runs.iter().map(Vec::len).sum();
    let enough = runs.iter().all(|runs| runs.len() >= FEWEST_RUNS);
    let needs = format!("{FEWEST_RUNS} runs for each p");
    claim.judged_if(enough, held, Obtained { text, measurements, n }, &needs)
}

fn attsvm_direction(runs: &[Runs; 3]) -> Finding {
    let (mut held, mut measurements, mut halvings) = (true, Vec::new(), Vec::new());
    for (own, runs) in runs.iter().enumerate() {
        let ends = runs.iter().map(|(_, c)| end_and_middle(&c.divergences[own]));
        let (last, ratio): (Vec<f64>, Vec<f64>) =
            ends.map(|(end, middle)| (end, end / middle)).unzip();
        held &= median(&ratio).is_some_and(|ratio| ratio <= 2.0 / 3.0);
        // The rank of a sample's median is normal with variance n/4, whatever the distribution; the
        // reference median has the same error.
        let error =
            STANDARD_ERRORS * (0.25 / last.len().max(1) as f64 + 0.25 / REFERENCE_SEEDS).sqrt();
        let (low, high) =
            (quantile(&last, (0.5 - error).max(0.0)), quantile(&last, (0.5 + error).min(1.0)));
        held &=
            low.zip(high).is_some_and(|(low, high)| (low..=high).contains(&REFERENCE_MEDIANS[own]));
        measurements.extend(measurement(format!("p = {}, final", EXPONENTS[own]), &last));
        halvings.extend(measurement(format!("p = {}, final / middle", EXPONENTS[own]), &ratio));
    }
    let medians: Vec<_> = measurements.iter().map(|m| format!("{:.4}", m.value)).collect();
    let text = format!("final medians {} for p = 1.75, 2, 3", medians.join(", "));
    measurements.extend(halvings);
    finding(&ATTSVM_DIRECTION, held, text, measurements, runs)
}

fn wrong_geometry(runs: &[Runs; 3]) -> Finding {
    let (mut held, mut measurements, mut smallest) = (true, Vec::new(), f64::INFINITY);
    let (mut own_nearest, mut n) = (0, 0);
    for (own, runs) in runs.iter().enumerate() {
        let last = |c: &Comparison, svm: usize| end_and_middle(&c.divergences[svm]).0;
        n += runs.len();
        own_nearest +=
            runs.iter().filter(|(_, c)| (0..3).all(|svm| last(c, own) <= last(c, svm))).count();
        for svm in (0..3).filter(|svm| *svm != own) {
            let ratios: Vec<f64> = runs.iter().map(|(_, c)| last(c, svm) / last(c, own)).collect();
            let to_limit: Vec<f64> =
                runs.iter().map(|(_, c)| last(c, svm) / c.limits[svm]).collect();
            let label = format!("p = {} against {}", EXPONENTS[own], EXPONENTS[svm]);
            held &= median(&ratios).is_some_and(|ratio| ratio >= 3.0)
                && median(&to_limit).is_some_and(|part| (0.75..=1.5).contains(&part));
            smallest = median(&ratios).map_or(smallest, |ratio| smallest.min(ratio));
            measurements.extend(measurement(format!("{label}, over own"), &ratios));
            measurements.extend(measurement(format!("{label}, over its limit"), &to_limit));
        }
    }
    let text = format!(
        "the other AttSVMs are at least {smallest:.1} times as far (median over runs); the own is \
         the nearest in {own_nearest} of {n} runs"
    );
    finding(&WRONG_GEOMETRY, held, text, measurements, runs)
}

fn local_optimality(cells: &Cells) -> Finding {
    use TokenOptimality::{Global, Local};
    let comparisons: Vec<_> =
        cells.iter().filter_map(|(_, o)| o.comparison.as_ref().ok()).collect();
    let (not_optimal, optimal): (Vec<&Comparison>, Vec<&Comparison>) =
        comparisons.iter().copied().partition(|c| !c.optimality.is_locally_optimal());
    let global = optimal.iter().filter(|c| c.optimality == Global).count();
    let kept = optimal.iter().filter(|c| c.continued.left_for.is_none()).count();
    let left =
        not_optimal.iter().filter(|c| matches!(c.continued.left_for, Some(Global | Local))).count();
    let controls: Vec<_> = comparisons.iter().flat_map(|c| &c.controls).collect();
    let worse = controls.iter().filter(|c| c.is_refuted()).count();
    let text = format!(
        "{} of {} runs settle on a locally optimal selection ({global} on the global one), and {kept} \
         of them keep it when continued; {left} of the {} others leave theirs for a locally optimal \
         one; of {} selections drawn at random, {worse} are not locally optimal",
        optimal.len(),
        comparisons.len(),
        not_optimal.len(),
        controls.len()
    );
    let keep = kept as f64 >= 0.95 * optimal.len() as f64;
    let held = keep && left == not_optimal.len() && 2 * worse > controls.len();
    let obtained = Obtained { text, measurements: Vec::new(), n: comparisons.len() };
    let needs = "a run that settles on a selection";
    LOCAL_OPTIMALITY.judged_if(!comparisons.is_empty(), held, obtained, needs)
}

fn norm_divergence(runs: &[Runs; 3]) -> Finding {
    let (mut held, mut measurements, mut grew, mut n) = (true, Vec::new(), 0, 0);
    for (own, runs) in runs.iter().enumerate() {
        let slopes: Vec<f64> = runs.iter().map(|(outcome, _)| exponent(outcome)).collect();
        let grows = |outcome: &DirectionOutcome, from: usize| {
            outcome.norms[from..].is_sorted_by(|before, after| before < after)
        };
        n += runs.len();
        grew += runs.iter().filter(|(outcome, c)| grows(outcome, c.settled_at)).count();
        let predicted = 1.0 / (EXPONENTS[own] - 1.0);
        held &= median(&slopes).is_some_and(|slope| (slope / predicted - 1.0).abs() <= 0.25);
        let label = format!("exponent for p = {} (1/(p-1) = {predicted:.2})", EXPONENTS[own]);
        measurements.extend(measurement(label, &slopes));
    }
    let text =
        format!("the norm grows all the time once attention has settled, in {grew} of {n} runs");
    finding(&NORM_DIVERGENCE, held && grew == n, text, measurements, runs)
}

/// The slope of log norm against log k over the second half of a run.
fn exponent(outcome: &DirectionOutcome) -> f64 {
    let (end, middle) = end_and_middle(&outcome.norms);
    let last = outcome.iterations.len();
    let (k_end, k_middle) = (outcome.iterations[last - 1], outcome.iterations[last / 2]);
    elementary::ln(end / middle) / elementary::ln(k_end as f64 / k_middle as f64)
}
