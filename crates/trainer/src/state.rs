//! The state of a training run: all that has to be kept to go on.

use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{Optimizer, Risk};
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Where a run stands. Training advances it in place; saving it and going on later follows bitwise
/// the same trajectory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingState<S> {
    /// Number of steps taken.
    pub iteration: u64,
    /// The parameters, in the order of the risk's tensors.
    pub parameters: Vec<Matrix>,
    /// What the optimizer remembers.
    pub optimizer: S,
}

impl<S> TrainingState<S> {
    /// The state before the first step of `optimizer` from `start`.
    ///
    /// # Errors
    /// A start of another shape than `risk` wants, or one that the optimizer refuses.
    pub fn new<R: Risk + ?Sized, O: Optimizer<State = S> + ?Sized>(
        risk: &R,
        optimizer: &O,
        start: Vec<Matrix>,
    ) -> Result<Self, TrainError> {
        require_shapes(&risk.shapes(), &start)?;
        let optimizer = optimizer.init(&start)?;
        Ok(Self { iteration: 0, parameters: start, optimizer })
    }
}

/// Checks that `parameters` have the `shapes` that a risk wants.
pub(crate) fn require_shapes(
    shapes: &[(usize, usize)],
    parameters: &[Matrix],
) -> Result<(), TrainError> {
    for tensor in 0..shapes.len().max(parameters.len()) {
        let expected = shapes.get(tensor).copied();
        let found = parameters.get(tensor).map(|w| (w.nrows(), w.ncols()));
        if expected != found {
            return Err(TrainError::StartShape { tensor, expected, found });
        }
    }
    Ok(())
}
