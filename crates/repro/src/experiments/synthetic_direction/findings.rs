//! The figures and verdicts of the direction experiment.

use mirrorhead_harness::statistics::{self, band, measurement};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Exclusion, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;
use mirrorhead_trainer::TokenOptimality;

use super::cell::{Comparison, DirectionConfig, DirectionOutcome};
use crate::shared::head::EXPONENTS;

const ATTSVM_DIRECTION: Claim = Claim {
    key: "attsvm-direction",
    statement: "ℓp-AttGD converges in direction to the AttSVM solution of the same p, for a \
                    locally optimal selection",
    expected: "for each p, in the median over runs: from the middle of the run to its end, the divergence to the own \
                   AttSVM falls at least by a third; and at the end it is within a factor of two of the \
                   reference (0.0013, 0.0025, 0.0037)",
};

const WRONG_GEOMETRY: Claim = Claim {
    key: "wrong-geometry",
    statement: "mirror descent with p does not converge to the AttSVM solution of another p",
    expected: "in the median over runs, the final divergence to every other AttSVM is at least twice the one to the \
                   own, and 0.75 to 2 times the divergence between the two solutions themselves, which it has in the limit",
};

const LOCAL_OPTIMALITY: Claim = Claim {
    key: "local-optimality",
    statement: "a selection lasts exactly when it is locally optimal: every selected token \
                    out-scores its support tokens",
    expected: "at least 80% of the runs at a locally optimal selection keep it when run twice as \
                   long (the theorem needs W inside a cone around the direction); every run that has settled, given up to 50 times \
                   the steps, is at a selection that is not refuted; and at least half of the selections drawn at \
                   random are proven not to be locally optimal",
};

const NORM_DIVERGENCE: Claim = Claim {
    key: "norm-divergence",
    statement: "once W is near a locally optimal direction, its norm grows without bound",
    expected: "it grows from one recorded iteration to the next in every run, from where \
                   attention settles; and like k^(1/(p-1)): exponents of the second half within 25% \
                   in the median over runs",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] =
    [ATTSVM_DIRECTION, WRONG_GEOMETRY, LOCAL_OPTIMALITY, NORM_DIVERGENCE];

/// The medians of the reference computation, over 100 seeds of another stream.
const REFERENCE_MEDIANS: [f64; 3] = [0.001_301_04, 0.002_513_15, 0.003_688_13];

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

fn attsvm_direction(runs: &[Runs; 3]) -> Finding {
    let (mut effects, mut medians) = (Vec::new(), Vec::new());
    for (own, (p, runs)) in EXPONENTS.iter().zip(runs).enumerate() {
        let ends = runs.iter().map(|(_, c)| end_and_middle(&c.divergences[own]));
        let (last, ratio): (Vec<f64>, Vec<f64>) =
            ends.map(|(end, middle)| (end, end / middle)).unzip();
        let over: Vec<f64> = last.iter().map(|end| end / REFERENCE_MEDIANS[own]).collect();
        effects.push(Effect::median(
            format!("p = {p}, final over middle"),
            &ratio,
            Bound::AtMost(2.0 / 3.0),
        ));
        effects.push(Effect::median(
            format!("p = {p}, final over reference"),
            &over,
            Bound::Within(0.5, 2.0),
        ));
        medians.extend(measurement(format!("p = {p}, final"), &last));
    }
    let values: Vec<_> = medians.iter().map(|m| format!("{:.4}", m.value)).collect();
    let text = format!("final medians {} for p = 1.75, 2, 3", values.join(", "));
    ATTSVM_DIRECTION.decided(effects, text).with(medians)
}

fn wrong_geometry(runs: &[Runs; 3]) -> Finding {
    let (mut effects, mut own_nearest, mut n) = (Vec::new(), 0, 0);
    for (own, runs) in runs.iter().enumerate() {
        let last = |c: &Comparison, svm: usize| end_and_middle(&c.divergences[svm]).0;
        n += runs.len();
        let nearest = |c: &Comparison| (0..3).all(|svm| last(c, own) <= last(c, svm));
        own_nearest += runs.iter().filter(|(_, c)| nearest(c)).count();
        for svm in (0..EXPONENTS.len()).filter(|svm| *svm != own) {
            let ratios: Vec<f64> = runs.iter().map(|(_, c)| last(c, svm) / last(c, own)).collect();
            let to_limit: Vec<f64> =
                runs.iter().map(|(_, c)| last(c, svm) / c.limits[svm]).collect();
            let label = format!("p = {} against {}", EXPONENTS[own], EXPONENTS[svm]);
            let over_own = format!("{label}, over own");
            effects.push(Effect::median(over_own, &ratios, Bound::AtLeast(2.0)));
            let over_limit = format!("{label}, over its limit");
            effects.push(Effect::median(over_limit, &to_limit, Bound::Within(0.75, 2.0)));
        }
    }
    let text = format!("the own AttSVM is the nearest in {own_nearest} of {n} runs");
    WRONG_GEOMETRY.decided(effects, text)
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
    let stay = not_optimal
        .iter()
        .filter(|c| c.optimality.is_refuted() && c.continued.left_for.is_none())
        .count();
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
    let n = comparisons.len();
    let effects = vec![
        Effect::share("runs that keep a locally optimal selection", kept, optimal.len(), 0.8),
        Effect::every("runs that stay at no refuted selection", n - stay, n),
        Effect::share("random selections that are refuted", worse, controls.len(), 0.5),
    ];
    LOCAL_OPTIMALITY.decided(effects, text)
}

fn norm_divergence(runs: &[Runs; 3]) -> Finding {
    let (mut effects, mut grew, mut n) = (Vec::new(), 0, 0);
    for (p, runs) in EXPONENTS.iter().zip(runs) {
        let slopes: Vec<f64> =
            runs.iter().map(|(outcome, _)| (p - 1.0) * exponent(outcome)).collect();
        let grows = |outcome: &DirectionOutcome, from: usize| {
            outcome.norms[from..].is_sorted_by(|before, after| before < after)
        };
        n += runs.len();
        grew += runs.iter().filter(|(outcome, c)| grows(outcome, c.settled_at)).count();
        let label = format!("p = {p}: exponent of the norm over 1/(p-1)");
        effects.push(Effect::median(label, &slopes, Bound::Within(0.75, 1.25)));
    }
    effects.push(Effect::every("runs whose norm grows all the time", grew, n));
    let text =
        format!("the norm grows all the time once attention has settled, in {grew} of {n} runs");
    NORM_DIVERGENCE.decided(effects, text)
}

/// The slope of log norm against log k over the second half of a run.
fn exponent(outcome: &DirectionOutcome) -> f64 {
    let (end, middle) = end_and_middle(&outcome.norms);
    let last = outcome.iterations.len();
    let (k_end, k_middle) = (outcome.iterations[last - 1], outcome.iterations[last / 2]);
    elementary::ln(end / middle) / elementary::ln(k_end as f64 / k_middle as f64)
}
