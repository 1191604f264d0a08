//! Observers: what watches a run without touching it.

use std::ops::ControlFlow;

use mirrorhead_kernels::{LogScaled, Matrix, max_abs};

use crate::{TrainError, TrainingState};

/// A run at iteration `$k$`, after `$k$` steps: parameters, and the risk and gradient *at* them.
#[derive(Debug)]
pub struct Iteration<'a, S> {
    /// The state at iteration `$k$`.
    pub state: &'a TrainingState<S>,
    /// The risk at its parameters.
    pub risk: f64,
    /// The gradients at its parameters.
    pub gradients: &'a [LogScaled<Matrix>],
}

impl<S> Iteration<'_, S> {
    /// The number `$k$` of steps taken.
    pub fn number(&self) -> u64 {
        self.state.iteration
    }

    /// The logarithm of the largest entry of the gradient, over all tensors.
    pub fn log_gradient(&self) -> f64 {
        log_gradient(self.gradients)
    }
}

/// The logarithm of the largest entry of `gradients`; `$-\infty$` if all are zero.
pub(crate) fn log_gradient(gradients: &[LogScaled<Matrix>]) -> f64 {
    gradients
        .iter()
        .map(|g| LogScaled { log_scale: g.log_scale, value: max_abs(g.value.as_slice()) }.log_abs())
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Watches a run. It is shown iteration `$k$` before step `$k$` is taken, for `$k = 0, 1, \dots$`, and the
/// last iterate; a resumed run shows the iterate it resumes from once more.
pub trait Observer<S> {
    /// Looks at one iteration; `Break` ends the run with
    /// [`StopReason::Interrupted`](crate::StopReason::Interrupted).
    ///
    /// # Errors
    /// Whatever the observer cannot do (write a checkpoint, say) ends the run with that error.
    fn observe(&mut self, iteration: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError>;
}

/// Watches nothing.
impl<S> Observer<S> for () {
    fn observe(&mut self, _: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        Ok(ControlFlow::Continue(()))
    }
}

/// Two observers, in order; either can stop the run.
impl<S, A: Observer<S>, B: Observer<S>> Observer<S> for (&mut A, &mut B) {
    fn observe(&mut self, iteration: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        let first = self.0.observe(iteration)?;
        let second = self.1.observe(iteration)?;
        Ok(if first.is_break() { first } else { second })
    }
}

/// An observer from a closure.
///
/// ```
/// use std::ops::ControlFlow;
/// use mirrorhead_attention::{JointRisk, Loss, toy_pair};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::{DualState, MirrorDescent, StepSize};
/// use mirrorhead_trainer::{Iteration, StopReason, StoppingRule, Watch, train_joint};
/// let data = toy_pair();
/// let mut risks = Vec::new();
/// let mut watch = Watch(|at: &Iteration<'_, DualState>| {
///     risks.push(at.risk);
///     if at.number() < 5 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// });
/// let trained = train_joint(
///     &JointRisk::new(&data, Loss::Logistic),
///     (Matrix::zeros(2, 2), Matrix::zeros(2, 1)),
///     &MirrorDescent::gradient_descent(StepSize::Constant(0.1)),
///     &StoppingRule::after(1_000),
///     &mut watch,
/// )?;
/// assert_eq!((trained.reason, trained.iterations), (StopReason::Interrupted, 5));
/// assert!(risks.is_sorted_by(|a, b| a > b));
/// # Ok::<(), mirrorhead_trainer::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Watch<F>(pub F);

impl<S, F: FnMut(&Iteration<'_, S>) -> ControlFlow<()>> Observer<S> for Watch<F> {
    fn observe(&mut self, iteration: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        Ok((self.0)(iteration))
    }
}
