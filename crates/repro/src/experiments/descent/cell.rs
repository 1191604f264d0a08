//! A cell: what it depends on, what is run, and what comes out.

use std::ops::ControlFlow;

use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{DualState, LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{Iteration, StoppingRule, Watch, train_key_query};
use serde::{Deserialize, Serialize};

use crate::shared::drops::Drops;

/// The grid of exponents.
pub const EXPONENTS: [f64; 6] = [1.25, 1.5, 1.75, 2.0, 3.0, 4.0];

/// Iterations between two points of a figure.
pub const RECORD_EVERY: u64 = 20;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescentConfig {
    pub data: SphereTokens,
    pub seed: u64,
    pub p: f64,
    pub loss: Loss,
    pub step: f64,
    pub iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescentOutcome {
    /// What its steps did to the risk.
    pub drops: Drops,
    /// The risk at every [`RECORD_EVERY`]-th iteration.
    pub risks: Vec<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &DescentConfig) -> Result<DescentOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let dim = config.data.dim;
    let start = gaussian_matrix(dim, dim, Seed(config.seed));
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, config.loss)?;
    let norm = LpNorm::new(config.p)?;
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
    train_key_query(&risk, start, &method, &stopping, &mut watch)?;
    Ok(outcome)
}

pub fn name(loss: Loss) -> &'static str {
    match loss {
        Loss::Logistic => "logistic",
        Loss::Exponential => "exponential",
        Loss::Correlation => "correlation",
    }
}
