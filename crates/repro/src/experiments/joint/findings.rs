//! The figures and verdicts of the experiment on joint training.

use mirrorhead_harness::statistics::{excluded, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Shape, Summary};

use super::cell::{JointConfig, JointLimits, JointOutcome};
use crate::shared::head::EXPONENTS;

const JOINT_DECODER: Claim = Claim {
    key: "joint-decoder",
    statement: "ℓp-JointGD takes v to the ℓp-SVM of the same p, and of no other",
    expected: "for each p, in the median over runs: the divergence of v to its own SVM falls at least twofold over the last three quarters of the steps, and that to \
                   the nearest of another p is at least 5 times as large at the end",
};

const JOINT_ALL_SUPPORT: Claim = Claim {
    key: "joint-all-support",
    statement: "where every selected token supports the decoder's SVM, W goes to the ℓp-AttSVM of the same p",
    expected: "in the median over such runs of all p: the divergence of W to it falls at least twofold over the last three quarters of the steps, and that \
                   to the nearest of another p is at least 3 times as large",
};

const JOINT_BETWEEN: Claim = Claim {
    key: "joint-between",
    statement: "measured here, not claimed in the paper: else W goes to the SVM between the full and the relaxed one, for the ratio of norms that the run has",
    expected: "in the median over runs in which the SVM between is 0.01 or more from the full one: at least 5 times as near as the full one; and where it is as far from the relaxed one, \
                   at least 5 times as near as that",
};

const LABEL_MARGIN: Claim = Claim {
    key: "label-margin",
    statement: "the hypothesis of the theorem on joint paths, that weight off the selection costs label margin, fails wherever a selected token does not support the decoder's SVM",
    expected: "in every run with such a token the least loss of label margin for a unit of weight, over those computed, is zero",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] = [JOINT_DECODER, JOINT_ALL_SUPPORT, JOINT_BETWEEN, LABEL_MARGIN];

/// How far solutions are apart that runs are asked to tell.
const APART: f64 = 0.01;

type Cells = [(JointConfig, JointOutcome)];
type Run<'a> = (usize, &'a JointLimits);

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&JointConfig) -> String) -> Summary {
    let position = |p: f64| EXPONENTS.iter().position(|own| *own == p).unwrap_or(0);
    let runs: Vec<Run<'_>> = cells
        .iter()
        .filter_map(|(config, outcome)| Some((position(config.p), outcome.as_ref().ok()?)))
        .collect();
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: vec![summary(&runs)],
        findings: vec![decoder(&runs), all_support(&runs), between(&runs), label_margin(&runs)],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

/// How much a divergence falls over the last three quarters of a run.
fn fall([early, late]: [f64; 2]) -> f64 {
    early / late.max(f64::MIN_POSITIVE)
}

/// The nearest of another p, over the own, at the end.
fn nearest_other(own: usize, divergences: &[[f64; 2]]) -> f64 {
    let others = divergences.iter().enumerate().filter(|(svm, _)| *svm != own);
    others.map(|(_, [_, d])| *d).fold(f64::INFINITY, f64::min) / divergences[own][1]
}

fn decoder(runs: &[Run<'_>]) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for (own, p) in EXPONENTS.iter().enumerate() {
        let of = || runs.iter().filter(|(run, _)| *run == own).map(|(_, run)| *run);
        let falls: Vec<f64> = of().map(|run| fall(run.decoder[own])).collect();
        let farther: Vec<f64> = of().map(|run| nearest_other(own, &run.decoder)).collect();
        let ends: Vec<f64> = of().map(|run| run.decoder[own][1]).collect();
        said.extend(median(&ends).map(|end| format!("{end:.1e} at p = {p}")));
        effects.push(Effect::median(format!("p = {p}: fall"), &falls, Bound::AtLeast(2.0)));
        let label = format!("p = {p}: nearest other over own");
        effects.push(Effect::median(label, &farther, Bound::AtLeast(5.0)));
    }
    JOINT_DECODER.decided(effects, format!("v ends at {} (medians)", said.join(", ")))
}

fn all_support(runs: &[Run<'_>]) -> Finding {
    let of = || runs.iter().filter(|(_, run)| run.all_support());
    let falls: Vec<f64> = of().map(|(own, run)| fall(run.full[*own])).collect();
    let farther: Vec<f64> = of().map(|(own, run)| nearest_other(*own, &run.full)).collect();
    let ends: Vec<f64> = of().map(|(own, run)| run.full[*own][1]).collect();
    let effects = vec![
        Effect::median("fall of the divergence of W", &falls, Bound::AtLeast(2.0)),
        Effect::median("nearest other AttSVM over own", &farther, Bound::AtLeast(3.0)),
    ];
    let text = format!("{} of {} runs are of this kind", ends.len(), runs.len());
    JOINT_ALL_SUPPORT.decided(effects, text).with(measurement("divergence of W", &ends))
}

fn between(runs: &[Run<'_>]) -> Finding {
    let off = || runs.iter().filter(|(_, run)| !run.all_support());
    let [from_full, from_relaxed] = [0, 1].map(|which| {
        let told = off().filter(|(_, run)| run.apart[which] >= APART);
        let ratio = |(own, run): &Run<'_>| {
            let other = if which == 0 { run.full[*own] } else { run.relaxed };
            other[1] / run.between[1]
        };
        told.map(ratio).collect::<Vec<_>>()
    });
    let effects = vec![
        Effect::median("the full AttSVM, times as far", &from_full, Bound::AtLeast(5.0)),
        Effect::median("the relaxed AttSVM, times as far", &from_relaxed, Bound::AtLeast(5.0)),
    ];
    let ends: Vec<f64> = off().map(|(_, run)| run.between[1]).collect();
    let text = format!(
        "{} of {} runs have a token off the support; in {} the SVM between is told from the full one, in {} from the relaxed one",
        ends.len(),
        runs.len(),
        from_full.len(),
        from_relaxed.len()
    );
    JOINT_BETWEEN
        .decided(effects, text)
        .with(measurement("divergence of W to the SVM between", &ends))
}

fn label_margin(runs: &[Run<'_>]) -> Finding {
    let costs = |run: &JointLimits| run.label_margin_loss > 0.0;
    let off = runs.iter().filter(|(_, run)| !run.all_support());
    let free = off.clone().filter(|(_, run)| !costs(run)).count();
    let all = runs.iter().filter(|(_, run)| run.all_support());
    let text = format!(
        "it holds, where computed, in {} of {} runs in which all selected tokens support the decoder's SVM",
        all.clone().filter(|(_, run)| costs(run)).count(),
        all.count()
    );
    let label = "runs with a token off the support in which it fails";
    LABEL_MARGIN.decided(vec![Effect::every(label, free, off.count())], text)
}

/// Every run: how far W is from the SVM between, against the nearer of the full and the relaxed one.
fn summary(runs: &[Run<'_>]) -> Figure {
    let (mut series, mut low, mut high) = (Vec::new(), f64::INFINITY, 0.0f64);
    for (which, name) in ["the full AttSVM", "the relaxed AttSVM"].into_iter().enumerate() {
        let told = runs.iter().filter(|(_, run)| run.apart[which] >= APART);
        let point = |(own, run): &Run<'_>| {
            [run.between[1], if which == 0 { run.full[*own][1] } else { run.relaxed[1] }]
        };
        let points: Vec<_> = told.map(point).collect();
        for [x, y] in &points {
            (low, high) = (low.min(x.min(*y)), high.max(x.max(*y)));
        }
        series.push(Series::new(name, which, Shape::Scatter { points }));
    }
    if low < high {
        let points = vec![[low, low], [high, high]];
        series.push(Series::new("as far", 2, Shape::Line { points }));
    }
    Figure {
        key: "between".into(),
        title: "Joint training: between the full and the relaxed AttSVM".into(),
        caption: "Runs in which the SVM between is told from the full AttSVM, or from the relaxed one: directional Bregman divergence of W at the end \
                  to either, against that to the SVM between. Above the line, the SVM between is nearer."
            .into(),
        x: Axis::log("divergence to the SVM between"),
        y: Axis::log("divergence to the other"),
        series,
    }
}
