//! The training loop: gradient, observers, stopping rule, step.

use mirrorhead_attention::{FactoredRisk, JointRisk, KeyQueryRisk};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{Optimizer, Progress, Risk};
use serde::{Deserialize, Serialize};

use crate::observer::log_gradient;
use crate::state::require_shapes;
use crate::{Iteration, Observer, StopReason, StoppingRule, TrainError, TrainingState};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// Why.
    pub reason: StopReason,
    /// The risk at the last parameters.
    pub risk: f64,
}

/// Advances `state` by steps of `optimizer` on `risk` until `stopping` says so.
///
/// Whatever ends the run, `state` holds the last good iterate and can be trained on, provided that
/// the optimizer can take back a step (all of this project's can).
///
/// # Errors
/// A state of the wrong shapes; a risk, gradient or parameter beyond the range of `f64`; what an
/// observer could not do.
pub fn train<R: Risk + ?Sized, O: Optimizer + ?Sized>(
    risk: &R,
    optimizer: &O,
    state: &mut TrainingState<O::State>,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<Stopped, TrainError> {
    require_shapes(&risk.shapes(), &state.parameters)?;
    let (mut gradients, mut workspace) = (risk.zero_gradients(), risk.workspace());
    let mut stepped = false;
    loop {
        let value = risk.value_and_gradient(&state.parameters, &mut gradients, &mut workspace)?;
        let iteration = state.iteration;
        if !value.is_finite() {
            if stepped && optimizer.undo(&mut state.optimizer, &mut state.parameters) {
                state.iteration -= 1;
            }
            return Err(TrainError::RiskNotFinite { iteration, risk: value });
        }
        let at = Iteration { state, risk: value, gradients: &gradients };
        let stopped = |reason| Ok(Stopped { reason, risk: value });
        if observer.observe(&at)?.is_break() {
            return stopped(StopReason::Interrupted);
        }
        if iteration >= stopping.max_iters {
            return stopped(StopReason::MaxIters);
        }
        if stopping.risk_below.is_some_and(|bound| value < bound) {
            return stopped(StopReason::RiskReached);
        }
        if stopping.log_gradient_below.is_some_and(|bound| log_gradient(&gradients) < bound) {
            return stopped(StopReason::GradientReached);
        }
        let TrainingState { parameters, optimizer: memory, .. } = state;
        let progress = optimizer.step(memory, parameters, &gradients, value)?;
        if progress == Progress::Stationary {
            return stopped(StopReason::Stationary);
        }
        state.iteration += 1;
        stepped = true;
    }
}

/// A trained key-query matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedKeyQuery {
    /// `$W$` after the last step.
    pub key_query: Matrix,
    /// The risk there.
    pub risk: f64,
    /// Number of steps taken.
    pub iterations: u64,
    /// Why the run ended.
    pub reason: StopReason,
}

/// Trains the key-query matrix from `start`, the decoder fixed: with
/// [`MirrorDescent`](mirrorhead_mirror::MirrorDescent) and the power potential this is ℓp-AttGD
/// (algorithm 1 of the paper).
///
/// ```
/// use mirrorhead_attention::{AttentionWeights, KeyQueryRisk, Loss, Seed, SphereTokens, TokenSelection};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
/// use mirrorhead_trainer::{StoppingRule, Trace, train_key_query};
///
/// let planted = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?;
/// let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// let psi = PowerPotential::new(LpNorm::new(1.75)?);
/// let method = MirrorDescent::new(psi, StepSize::DualNormalized(0.1));
/// let mut trace = Trace::every(100);
/// let trained = train_key_query(
///     &risk, Matrix::zeros(10, 10), &method, &StoppingRule::after(1_000), &mut trace,
/// )?;
/// assert!(trained.risk < trace.points()[0].risk);
/// let weights = AttentionWeights::of(&trained.key_query, &planted.data)?;
/// assert_eq!(TokenSelection::from_saturated(&weights, 0.99)?.tokens().len(), 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`train`].
pub fn train_key_query<O: Optimizer + ?Sized>(
    risk: &KeyQueryRisk<'_>,
    start: Matrix,
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<TrainedKeyQuery, TrainError> {
    let ([key_query], iterations, stopped) =
        train_from(risk, [start], optimizer, stopping, observer)?;
    let Stopped { reason, risk } = stopped;
    Ok(TrainedKeyQuery { key_query, risk, iterations, reason })
}

/// A trained key-query matrix and decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedJoint {
    /// `$W$` after the last step.
    pub key_query: Matrix,
    /// `$v$` after the last step, a `$d \times 1$` matrix.
    pub decoder: Matrix,
    /// The risk there.
    pub risk: f64,
    /// Number of steps taken.
    pub iterations: u64,
    /// Why the run ended.
    pub reason: StopReason,
}

/// Trains key-query matrix and decoder together: with mirror descent this is ℓp-JointGD (algorithm 2
/// of the paper).
///
/// # Errors
/// As [`train`].
pub fn train_joint<O: Optimizer + ?Sized>(
    risk: &JointRisk<'_>,
    start: (Matrix, Matrix),
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<TrainedJoint, TrainError> {
    let ([key_query, decoder], iterations, stopped) =
        train_from(risk, start.into(), optimizer, stopping, observer)?;
    let Stopped { reason, risk } = stopped;
    Ok(TrainedJoint { key_query, decoder, risk, iterations, reason })
}

/// Trained keys and queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedFactors {
    /// `$K$` after the last step.
    pub keys: Matrix,
    /// `$Q$` after the last step.
    pub queries: Matrix,
    /// The risk there.
    pub risk: f64,
    /// Number of steps taken.
    pub iterations: u64,
    /// Why the run ended.
    pub reason: StopReason,
}

/// Trains the factors of `$W = K Q^\top$`, the decoder fixed.
///
/// # Errors
/// As [`train`].
pub fn train_factored<O: Optimizer + ?Sized>(
    risk: &FactoredRisk<'_>,
    start: (Matrix, Matrix),
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<TrainedFactors, TrainError> {
    let ([keys, queries], iterations, stopped) =
        train_from(risk, start.into(), optimizer, stopping, observer)?;
    let Stopped { reason, risk } = stopped;
    Ok(TrainedFactors { keys, queries, risk, iterations, reason })
}

/// A whole run over `N` tensors.
pub(crate) fn train_from<R: Risk + ?Sized, O: Optimizer + ?Sized, const N: usize>(
    risk: &R,
    start: [Matrix; N],
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<([Matrix; N], u64, Stopped), TrainError> {
    let mut state = TrainingState::new(risk, optimizer, start.into())?;
    let stopped = train(risk, optimizer, &mut state, stopping, observer)?;
    let parameters = state.parameters.try_into().expect("a run keeps its number of tensors");
    Ok((parameters, state.iteration, stopped))
}
