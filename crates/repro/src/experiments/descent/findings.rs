//! What finished cells mean: figures and findings.

use mirrorhead_attention::Loss;
use mirrorhead_harness::statistics::{mean, median, range};
use mirrorhead_harness::{Axis, Claim, Figure, Measurement, Obtained, Series, Summary};

use super::cell::{DescentConfig, DescentOutcome, EXPONENTS, RECORD_EVERY, name};

const DESCENT: Claim = Claim {
    key: "descent",
    statement: "for a small enough step the risk never increases along lp-AttGD, where psi'' is \
                bounded below on its way",
    expected: "no step raises the risk; every measurable step lowers it by at least half \
               of what the mirror geometry of its p predicts to first order, and by 0.95 \
               to 1.05 of it in the median run",
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
    let least = ratios.iter().copied().reduce(f64::min);
    let text = format!("{increases} of {steps} steps raise the risk");
    let least_drop = Measurement {
        label: "smallest drop of a run, as a part of the predicted one".into(),
        value: median(&ratios).unwrap_or(0.0),
        spread: range(&ratios),
        n: ratios.len(),
    };
    let held = increases == 0
        && least.is_some_and(|least| least >= 0.5)
        && median(&ratios).is_some_and(|middle| (0.95..1.05).contains(&middle));
    let obtained = Obtained { text, measurements: vec![least_drop], n: cells.len() };
    let findings = vec![DESCENT.judged_if(!cells.is_empty(), held, obtained, "a run")];
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
