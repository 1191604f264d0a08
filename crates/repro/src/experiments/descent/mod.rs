//! Descent: with a small step the risk never increases, for any geometry and any loss.

use std::ops::ControlFlow;

use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_harness::statistics::{mean, median, range};
use mirrorhead_harness::{
    About, Axis, CellError, Claim, Experiment, Figure, Finding, Measurement, Obtained, Scope,
    Series, Summary, Verdict,
};
use mirrorhead_mirror::{DualState, LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{Iteration, StoppingRule, Watch, train_key_query};
use serde::{Deserialize, Serialize};

use crate::shared::drops::Drops;

/// The grid of exponents.
const EXPONENTS: [f64; 6] = [1.25, 1.5, 1.75, 2.0, 3.0, 4.0];
/// Iterations between two points of a figure.
const RECORD_EVERY: u64 = 20;

/// Runs of lp-AttGD with a small constant step over a grid of exponents and losses.
pub struct Descent;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescentConfig {
    data: SphereTokens,
    seed: u64,
    p: f64,
    loss: Loss,
    step: f64,
    iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescentOutcome {
    /// What its steps did to the risk.
    drops: Drops,
    /// The risk at every [`RECORD_EVERY`]-th iteration.
    risks: Vec<f64>,
}

impl Experiment for Descent {
    type Config = DescentConfig;
    type Outcome = DescentOutcome;

    fn about(&self) -> About {
        About {
            name: "descent",
            group: "synthetic",
            title: "The risk never increases",
            setting: "Unnormalized lp-AttGD with constant step 0.01 from W(0) ~ N(0, 1), on the \
                      paper's synthetic data (n = 6, T = 8, d = 10), for six exponents and three \
                      losses, 1,000 steps each, every one checked.",
            expectation: "Lemma: for a small enough step the risk never increases along lp-AttGD. \
                          More precisely, to first order each step lowers it by the symmetric \
                          Bregman divergence of the two iterates over the step size, in the \
                          geometry of that very p; half of it is guaranteed.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim {
            key: "descent",
            statement: "for a small enough step the risk never increases along lp-AttGD",
            expected: "no step raises the risk; every measurable step lowers it by at least half \
                       of what the mirror geometry of its p predicts to first order, and by 0.95 \
                       to 1.05 of it in the median run",
        }]
    }

    fn cells(&self, scope: &Scope) -> Vec<DescentConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let mut cells = Vec::new();
        for loss in Loss::ALL {
            for p in EXPONENTS {
                for seed in scope.seeds(2, 5) {
                    cells.push(DescentConfig {
                        data,
                        seed,
                        p,
                        loss,
                        step: 0.01,
                        iterations: 1_000,
                    });
                }
            }
        }
        cells
    }

    fn label(&self, config: &DescentConfig) -> String {
        format!("{}, p = {}, seed {}", name(config.loss), config.p, config.seed)
    }

    fn cost_seconds(&self, config: &DescentConfig) -> f64 {
        3e-6 * config.iterations as f64
    }

    fn run_cell(&self, config: &DescentConfig) -> Result<DescentOutcome, CellError> {
        let planted = config.data.sample(Seed(config.seed)).map_err(CellError::new)?;
        let dim = config.data.dim;
        let start = gaussian_matrix(dim, dim, Seed(config.seed));
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, config.loss)
            .map_err(CellError::new)?;
        let norm = LpNorm::new(config.p).map_err(CellError::new)?;
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(config.step));
        let mut outcome = DescentOutcome { drops: Drops::default(), risks: Vec::new() };
        let mut before = None;
        let mut watch = Watch(|at: &Iteration<'_, DualState>| {
            outcome.drops.count(config.step, &mut before, at);
            if at.number().is_multiple_of(RECORD_EVERY) {
                outcome.risks.push(at.risk);
            }
            ControlFlow::Continue(())
        });
        let stopping = StoppingRule::after(config.iterations);
        train_key_query(&risk, start, &method, &stopping, &mut watch).map_err(CellError::new)?;
        Ok(outcome)
    }

    fn summarise(&self, cells: &[(DescentConfig, DescentOutcome)]) -> Summary {
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
        let verdict = Verdict::from_check(held);
        let findings = vec![Finding { key: "descent", obtained, verdict }];
        Summary { figures, findings, excluded: Vec::new() }
    }
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

fn name(loss: Loss) -> &'static str {
    match loss {
        Loss::Logistic => "logistic",
        Loss::Exponential => "exponential",
        Loss::Correlation => "correlation",
    }
}
