//! What finished cells mean: figures and findings.

use mirrorhead_harness::statistics::{band_of, measurement};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Exclusion, Figure, Finding, Series, Summary};

use super::cell::{EXPONENTS, LabelNoiseConfig, LabelNoiseOutcome, NEAR_LOG_ODDS, SELECTED_FROM};

const NOISE_NOT_SEPARABLE: Claim = Claim {
    key: "noise-not-separable",
    statement: "no decoder separates contradicted inputs, at whatever tokens attention favours",
    expected: "for every run with a contradicted input the solver refutes the decoder's SVM by a \
                   certificate, and for no other",
};

const NOISE_LOG_ODDS: Claim = Claim {
    key: "noise-log-odds",
    statement: "jointly trained, contradicted inputs end at the log odds of their labels with their \
                    attention spread, and the risk at the entropy of the labels",
    expected: "at least 80% of the contradicted inputs: output within 0.05 of its log odds; as many: largest weight below 0.99; \
                   every run: risk above the entropy; and in the median its excess at most 1% of that at the start",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [NOISE_NOT_SEPARABLE, NOISE_LOG_ODDS];

/// Figures, findings and exclusions.
pub fn summarise(
    cells: &[(LabelNoiseConfig, LabelNoiseOutcome)],
    label: &dyn Fn(&LabelNoiseConfig) -> String,
) -> Summary {
    let without = cells.iter().filter(|(_, outcome)| !outcome.contradicted());
    let without: Vec<_> = without.map(|(config, _)| label(config)).collect();
    let excluded = Exclusion { reason: "no input is contradicted".into(), cells: without };
    Summary {
        figures: vec![excess(cells)],
        findings: vec![not_separable(cells), log_odds(cells)],
        excluded: Some(excluded).into_iter().filter(|e| !e.cells.is_empty()).collect(),
        ..Summary::default()
    }
}

type Cells = [(LabelNoiseConfig, LabelNoiseOutcome)];

fn not_separable(cells: &Cells) -> Finding {
    let (refuted, others): (Vec<_>, Vec<_>) =
        cells.iter().map(|(_, outcome)| outcome).partition(|outcome| outcome.contradicted());
    let n_refuted = refuted.iter().filter(|outcome| outcome.not_separable.is_some()).count();
    let n_others = others.iter().filter(|outcome| outcome.not_separable.is_some()).count();
    let text = format!(
        "refuted in {n_refuted} of {} runs with a contradicted input, and in {n_others} of {} others",
        refuted.len(),
        others.len()
    );
    let right = n_refuted + others.len() - n_others;
    let effects = vec![
        Effect::every("runs with a contradicted input that are refuted", n_refuted, refuted.len()),
        Effect::every("runs refuted if and only if they have one", right, cells.len()),
    ];
    NOISE_NOT_SEPARABLE.decided(effects, text)
}

fn log_odds(cells: &Cells) -> Finding {
    let runs: Vec<_> = cells.iter().filter(|(_, outcome)| outcome.contradicted()).collect();
    let inputs = || runs.iter().flat_map(|(_, outcome)| &outcome.inputs);
    let contradicted = || inputs().filter(|input| input.contradicted);
    let off: Vec<f64> =
        contradicted().filter_map(|input| Some((input.output - input.log_odds?).abs())).collect();
    let spread: Vec<f64> = contradicted().map(|input| input.weight).collect();
    let agreed: Vec<f64> =
        inputs().filter(|input| !input.contradicted).map(|input| input.weight).collect();
    let excess: Vec<f64> = runs
        .iter()
        .filter_map(|(_, outcome)| Some(outcome.excess().last()? / outcome.excess().next()?))
        .collect();
    let n_near = off.iter().filter(|off| **off <= NEAR_LOG_ODDS).count();
    let n_spread = spread.iter().filter(|weight| **weight < SELECTED_FROM).count();
    let n_low = excess.iter().filter(|excess| (0.0..=0.01).contains(*excess)).count();
    let text = format!(
        "{n_near} of {} contradicted inputs end within {NEAR_LOG_ODDS} of their log odds, {n_spread} with no token \
         selected; the risk is within 1% of the entropy in {n_low} of {} runs",
        off.len(),
        runs.len()
    );
    let above = excess.iter().filter(|excess| **excess >= 0.0).count();
    let effects = vec![
        Effect::share("contradicted inputs near their log odds", n_near, off.len(), 0.8),
        Effect::share("contradicted inputs with no token selected", n_spread, spread.len(), 0.8),
        Effect::every("runs with a risk above the entropy", above, excess.len()),
        Effect::median("excess over that at the start", &excess, Bound::AtMost(0.01)),
    ];
    let measurements = [
        measurement("distance of contradicted outputs from the log odds", &off),
        measurement("largest attention weight, contradicted inputs", &spread),
        measurement("largest attention weight, agreed inputs", &agreed),
    ];
    NOISE_LOG_ODDS.decided(effects, text).with(measurements.into_iter().flatten())
}

/// How far the risk is above the entropy of the labels, along the runs.
fn excess(cells: &Cells) -> Figure {
    let series = EXPONENTS.iter().enumerate().filter_map(|(hue, p)| {
        let of = cells.iter().filter(|(config, outcome)| config.p == *p && outcome.contradicted());
        let runs: Vec<_> = of.map(|(_, outcome)| outcome).collect();
        let iterations = &runs.first()?.iterations;
        let at = |k: usize| runs.iter().filter_map(|run| run.excess().nth(k)).collect::<Vec<_>>();
        let values = iterations.iter().enumerate().map(|(k, iteration)| (*iteration as f64, at(k)));
        Some(Series::new(format!("p = {p}"), hue, band_of(values)))
    });
    Figure {
        key: "excess".into(),
        title: "Risk above the entropy of the labels".into(),
        caption: "What is left of the risk over the least that any outputs can have: mean and 5th to 95th percentile \
                  of the runs with a contradicted input."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("excess risk"),
        series: series.collect(),
    }
}
