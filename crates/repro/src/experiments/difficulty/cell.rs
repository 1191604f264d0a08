//! A cell: what it depends on, what is run, and what comes out.

use std::ops::ControlFlow;

use mirrorhead_attention::{Risk, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, elementary};
use mirrorhead_mirror::{
    DualState, LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman,
};
use mirrorhead_trainer::{Iteration, StoppingRule, Watch, train_key_query};
use serde::{Deserialize, Serialize};

use super::difficult_data::{Drawn, Family};
use super::settled_run::{NotCounted, SettledRun, Steps, normalized_steps};
use crate::shared::certified::att_svm;
use crate::shared::drops::Drops;
use crate::shared::head::STEP;

/// The sizes, from the paper's to 262,144 unknowns.
pub const SIZES: [SphereTokens; 4] = [
    SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 },
    SphereTokens { n_sequences: 8, n_tokens: 64, dim: 32 },
    SphereTokens { n_sequences: 4, n_tokens: 128, dim: 128 },
    SphereTokens { n_sequences: 2, n_tokens: 512, dim: 512 },
];

/// How often the number of normalized steps is doubled at most.
const DOUBLINGS: u32 = 4;

/// Steps of the run with a constant step size.
pub const SMALL_STEPS: u64 = 200;

/// Its first step, as a part of the dual point it starts from.
const SMALL_STEP: f64 = 0.001;

/// The runs on one data set with one exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifficultyConfig {
    /// How the data are made difficult.
    pub family: Family,
    /// Their size.
    pub data: SphereTokens,
    /// The exponent.
    pub p: f64,
    /// The seed of data and start.
    pub seed: u64,
    /// The normalized steps.
    pub steps: Steps,
}

/// What the two runs of a cell show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifficultyOutcome {
    /// What small constant steps did to the risk.
    pub drops: Drops,
    /// What the solver says of a planted solution, or why it has none.
    pub planted: Option<Result<Solved, String>>,
    /// The number of normalized steps.
    pub iterations: u64,
    /// Where they led, or what kept them from leading anywhere.
    pub course: Result<SettledRun, NotCounted>,
}

/// What the solver finds where the solution is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Solved {
    /// The certified margin over the planted one.
    pub margin_ratio: f64,
    /// The divergence of the direction to the planted one.
    pub divergence: f64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &DifficultyConfig) -> Result<DifficultyOutcome, CellError> {
    let norm = LpNorm::new(config.p)?;
    let drawn = config.family.sample(config.data, norm, Seed(config.seed))?;
    let mut start = gaussian_matrix(config.data.dim, config.data.dim, Seed(config.seed));
    let size = norm.of(start.as_slice());
    start.as_mut_slice().iter_mut().for_each(|w| *w /= size);
    let drops = small_steps(&drawn, norm, start.clone())?;
    let planted = solved(&drawn, norm)?;
    let (iterations, course) = normalized_steps(config.steps, &drawn, norm, start)?;
    Ok(DifficultyOutcome { drops, planted, iterations, course })
}

/// The normalized steps. For p > 2 the same dual point is a smaller W, which tells tokens of nearly the same margin
/// apart much later: there they are longer, and there are more. In more dimensions fewer queries share W, margins
/// are larger, and attention settles sooner.
pub fn steps(p: f64, data: SphereTokens) -> Steps {
    let number = match data.dim {
        0..100 => 4_000,
        100..500 => 2_000,
        _ => 1_000,
    };
    let (length, number) = if p > 2.0 { (10.0 * STEP, 4 * number) } else { (STEP, number) };
    Steps { length, number, doublings: DOUBLINGS }
}

/// Seeds of the paper profile: fewer of the larger.
pub fn seeds(data: SphereTokens) -> u64 {
    if data.dim < 100 { 10 } else { 3 }
}

/// Steps of one size, the first of which is a small part of the dual point of the start.
fn small_steps(drawn: &Drawn, norm: LpNorm, start: Matrix) -> Result<Drops, CellError> {
    let risk = drawn.risk()?;
    let (mut gradients, mut workspace) = (risk.zero_gradients(), risk.workspace());
    let at_start = [start.clone()];
    risk.value_and_gradient(&at_start, &mut gradients, &mut workspace)?;
    let gradient =
        elementary::exp(gradients[0].log_scale) * norm.dual_of(gradients[0].value.as_slice());
    // The start has norm one, and so has its dual point.
    let step = SMALL_STEP / gradient;
    let (mut drops, mut before) = (Drops::default(), None);
    let mut watch = Watch(|at: &Iteration<'_, DualState>| {
        drops.count(step, &mut before, at);
        ControlFlow::Continue(())
    });
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(step));
    let stopping = StoppingRule::after(SMALL_STEPS);
    train_key_query(&risk, start, &method, &stopping, &mut watch)?;
    Ok(drops)
}

/// What the solver says of a planted solution, if there is one.
pub fn solved(drawn: &Drawn, norm: LpNorm) -> Result<Option<Result<Solved, String>>, CellError> {
    let Some(known) = &drawn.solution else { return Ok(None) };
    let svm = att_svm(&drawn.planted.data, &known.selection, norm)?;
    Ok(Some(svm.map(|svm| Solved {
        margin_ratio: svm.interval.lower / known.margin,
        divergence: directional_bregman(norm, known.key_query.as_slice(), svm.direction()),
    })))
}
