//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    KeyQueryRisk, Loss, Planted, Seed, SphereTokens, TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{
    FlowSettings, FlowState, FlowStop, FlowWork, Flowed, StoppingRule, TokenOptimality,
    mirror_flow, train_key_query,
};
use serde::{Deserialize, Serialize};

use crate::shared::certified::certified;
use crate::shared::head::{STEP, selection};

/// The exponents, on both sides of 2.
pub const EXPONENTS: [f64; 6] = [1.1, 1.5, 1.75, 2.0, 3.0, 5.0];

/// The decades of k that are recorded, ten a factor of ten.
pub const DECADES: [u64; 21] = [
    10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100, 126, 158, 200, 251, 316, 398, 501, 631, 794, 1000,
];

/// One flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// The seed of data and start.
    pub seed: u64,
    /// The exponent.
    pub p: f64,
    /// The normalized run that makes the start ends where the logarithm of the gradient is below this,
    pub start_log_gradient: f64,
    /// or after this many steps.
    pub start_iterations: u64,
    /// The accuracy of the flow.
    pub tolerance: f64,
}

/// What one flow shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateOutcome {
    /// The convergence, or the hypothesis that failed.
    pub convergence: Result<Convergence, String>,
}

/// A flow whose hypotheses hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// The selection, at the start and at the end.
    pub selection: Vec<usize>,
    /// How good it is.
    pub optimality: TokenOptimality,
    /// The certified relative gap of its AttSVM.
    pub relative_gap: f64,
    /// The directional Bregman divergence to it at each of [`DECADES`].
    pub divergences: Vec<f64>,
    /// What the flow cost.
    pub work: FlowWork,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &RateConfig) -> Result<RateOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let start = start(config, &planted)?;
    let convergence = match selection(&start, &planted.data)? {
        Err(_) => Err("attention is not saturated at the start".into()),
        Ok(selection) => converge(config, &planted, &selection, start)?,
    };
    Ok(RateOutcome { convergence })
}

/// The end of a short normalized run.
pub fn start(config: &RateConfig, planted: &Planted) -> Result<Matrix, CellError> {
    let risk = risk(planted)?;
    let norm = LpNorm::new(config.p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(STEP));
    let stopping = StoppingRule::after(config.start_iterations)
        .with_log_gradient_below(config.start_log_gradient);
    let from = gaussian_matrix(config.data.dim, config.data.dim, Seed(config.seed));
    let trained = train_key_query(&risk, from, &method, &stopping, &mut ())?;
    Ok(trained.key_query)
}

fn risk(planted: &Planted) -> Result<KeyQueryRisk<'_>, CellError> {
    KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).map_err(CellError::from)
}

/// Establishes the hypotheses, follows the flow, and measures it against the AttSVM.
fn converge(
    config: &RateConfig,
    planted: &Planted,
    selection: &TokenSelection,
    start: Matrix,
) -> Result<Result<Convergence, String>, CellError> {
    let norm = LpNorm::new(config.p)?;
    let certified = match certified(&planted.data, &planted.decoder, selection, norm)? {
        Ok(certified) => *certified,
        Err(reason) => return Ok(Err(reason)),
    };
    let (svm, optimality) = (certified.svm, certified.evidence.optimality);
    if !optimality.is_locally_optimal() {
        return Ok(Err("the selection at the start is not proven locally optimal".into()));
    }
    let (flowed, end) = flow(config, planted, norm, start)?;
    // A selection is left in a time that is far below the resolution of log-time once k is large.
    if self::selection(&end, &planted.data)?.as_ref() != Ok(selection) {
        return Ok(Err("the flow leaves its selection: the start is outside the cone".into()));
    }
    if flowed.stop != FlowStop::Reached {
        return Ok(Err(format!("the flow stops short: {:?}", flowed.stop)));
    }
    let to_svm = |w: &Matrix| directional_bregman(norm, svm.direction(), w.as_slice());
    Ok(Ok(Convergence {
        selection: selection.tokens().to_vec(),
        optimality,
        relative_gap: svm.relative_gap(),
        divergences: flowed.points.iter().map(|point| to_svm(&point.parameters[0])).collect(),
        work: flowed.work,
    }))
}

/// The flow, and where it ends.
pub fn flow(
    config: &RateConfig,
    planted: &Planted,
    norm: LpNorm,
    start: Matrix,
) -> Result<(Flowed, Matrix), CellError> {
    let risk = risk(planted)?;
    let log_times = DECADES.map(|decade| decade as f64 * std::f64::consts::LN_10);
    let settings = FlowSettings::default().with_tolerance(config.tolerance);
    let mut state = FlowState::new(&risk, norm, &[start], 0.0)?;
    let flowed = mirror_flow(&risk, &mut state, &log_times, &settings)?;
    Ok((flowed, state.parameters().swap_remove(0)))
}
