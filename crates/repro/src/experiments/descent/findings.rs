//! What finished cells mean: figures and findings.

use mirrorhead_attention::Loss;
use mirrorhead_harness::statistics::mean;
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Series, Summary};

use super::cell::{DescentConfig, DescentOutcome, EXPONENTS, RECORD_EVERY, name};

const DESCENT: Claim = Claim {
    key: "descent",
    statement: "for a small enough step the risk never increases along ℓp-AttGD, where psi'' is \
                bounded below on its way",
    expected: "in every run: no step raises the risk, and every measurable step lowers it by at least half \
               of what the mirror geometry of its p predicts to first order; the least \
               of a run is 0.95 to 1.05 of it in the median over runs",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 1] = [DESCENT];

/// Figures, findings and exclusions.
pub fn summarise(cells: &[(DescentConfig, DescentOutcome)]) -> Summary {
    let figures = Loss::ALL.map(|loss| figure(loss, cells)).into();
    let steps: u64 = cells.iter().map(|(config, _)| config.iterations).sum();
    let increases: u64 = cells.iter().map(|(_, outcome)| outcome.drops.increases).sum();
    let ratios: Vec<f64> =
        cells.iter().filter_map(|(_, outcome)| outcome.drops.least_ratio).collect();
    let text = format!("{increases} of {steps} steps raise the risk");
    let never = cells.iter().filter(|(_, outcome)| outcome.drops.increases == 0).count();
    let enough = ratios.iter().filter(|ratio| **ratio >= 0.5).count();
    let least = "the least drop of a run over the predicted one";
    let effects = vec![
        Effect::every("runs without a step that raises the risk", never, cells.len()),
        Effect::every("runs whose least drop is half of the predicted one", enough, ratios.len()),
        Effect::median(least, &ratios, Bound::Within(0.95, 1.05)),
    ];
    let findings = vec![DESCENT.decided(effects, text)];
    Summary { figures, findings, ..Summary::default() }
}

fn figure(loss: Loss, cells: &[(DescentConfig, DescentOutcome)]) -> Figure {
    let series = EXPONENTS.iter().enumerate().map(|(hue, p)| {
        let own =
            cells.iter().filter(|(config, _)| config.loss == loss && config.p.total_cmp(p).is_eq());
        let runs: Vec<Vec<f64>> = own
            .map(|(_, outcome)| outcome.risks.iter().map(|risk| risk - outcome.risks[0]).collect())
            .collect();
        let length = runs.iter().map(Vec::len).min().unwrap_or(0);
        let x: Vec<u64> = (0..length as u64).map(|k| k * RECORD_EVERY).collect();
        Series::new(format!("p = {p}"), hue, mean(&x, &runs))
    });
    Figure {
        key: name(loss).into(),
        title: format!("Change of the risk, {} loss", name(loss)),
        caption: "Mean over seeds of L(W(k)) − L(W(0)): every curve falls.".into(),
        x: Axis::linear("iteration k"),
        y: Axis::linear("change of the risk"),
        series: series.collect(),
    }
}
