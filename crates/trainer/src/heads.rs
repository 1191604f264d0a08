//! Training several heads, and one head over several classes.

use mirrorhead_attention::{MultiClassRisk, MultiHeadRisk};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::Optimizer;
use serde::{Deserialize, Serialize};

use crate::train::train_from;
use crate::{
    Observer, StopReason, Stopped, StoppingRule, TrainError, TrainedKeyQuery, TrainingState, train,
};

/// Trained heads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedHeads {
    /// `$W_1, \dots, W_H$` after the last step.
    pub key_queries: Vec<Matrix>,
    /// The risk there.
    pub risk: f64,
    /// Number of steps taken.
    pub iterations: u64,
    /// Why the run ended.
    pub reason: StopReason,
}

/// Trains the key-query matrices of several heads together, their decoders fixed.
///
/// The step rule decides how large the heads grow beside each other:
/// [`DualNormalized`](mirrorhead_mirror::StepSize::DualNormalized) moves every head by the same
/// length, [`GloballyNormalized`](mirrorhead_mirror::StepSize::GloballyNormalized) moves their stack.
///
/// ```
/// use mirrorhead_attention::{Loss, MultiHeadRisk, Risk, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{MirrorDescent, StepSize};
/// use mirrorhead_trainer::{StoppingRule, train_heads};
/// let data = toy_pair();
/// let decoders = Matrix::from_rows(&[[1.0, 0.0], [0.0, -1.0]])?;
/// let risk = MultiHeadRisk::new(&data, &decoders, Loss::Logistic)?;
/// let start = vec![Matrix::zeros(2, 2); 2];
/// let method = MirrorDescent::gradient_descent(StepSize::GloballyNormalized(0.1));
/// let trained = train_heads(&risk, start.clone(), &method, &StoppingRule::after(100), &mut ())?;
/// assert!(trained.risk < risk.value(&start)? && trained.key_queries.len() == 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`train`].
pub fn train_heads<O: Optimizer>(
    risk: &MultiHeadRisk<'_>,
    start: Vec<Matrix>,
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<TrainedHeads, TrainError> {
    let mut state = TrainingState::new(risk, optimizer, start)?;
    let Stopped { reason, risk } = train(risk, optimizer, &mut state, stopping, observer)?;
    let TrainingState { parameters: key_queries, iteration: iterations, .. } = state;
    Ok(TrainedHeads { key_queries, risk, iterations, reason })
}

/// Trains the key-query matrix of a head over several classes, the decoders fixed.
///
/// # Errors
/// As [`train`].
pub fn train_classes<O: Optimizer>(
    risk: &MultiClassRisk<'_>,
    start: Matrix,
    optimizer: &O,
    stopping: &StoppingRule,
    observer: &mut impl Observer<O::State>,
) -> Result<TrainedKeyQuery, TrainError> {
    let ([key_query], iterations, Stopped { reason, risk }) =
        train_from(risk, [start], optimizer, stopping, observer)?;
    Ok(TrainedKeyQuery { key_query, risk, iterations, reason })
}
