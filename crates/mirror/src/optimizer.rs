//! The interface of every optimizer: initialise a state, take a step.

use mirrorhead_kernels::{LogScaled, Matrix, simd_dispatch};
use serde::{Serialize, de::DeserializeOwned};

use crate::step_start::StepStart;
use crate::{MirrorError, ScheduledStep, StepSize};

/// Whether a step moved anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// At least one tensor moved.
    Moved,
    /// The gradient is zero, or has underflowed, in every tensor: nothing moved, no step was counted,
    /// and no later one will move either.
    Stationary,
}

/// A first-order method over a list of tensors: matrices, or vectors as one-column matrices.
///
/// The optimizer is the immutable configuration; all that changes lives in its `State`, which
/// serialises, so that a run can be stopped and resumed on the same trajectory.
pub trait Optimizer: Sync {
    /// What the method remembers between steps.
    type State: Clone + Serialize + DeserializeOwned + Send;

    /// The state before the first step from `parameters`.
    ///
    /// # Errors
    /// Settings out of range, or parameters that are not finite.
    fn init(&self, parameters: &[Matrix]) -> Result<Self::State, MirrorError>;

    /// One step. `gradients[b]` is the gradient `$e^{m} G$` of `parameters[b]`, `risk` the objective
    /// at `parameters` (only [`StepSize::Polyak`] reads it).
    ///
    /// # Errors
    /// Shapes that do not match; a gradient that is not finite; a step beyond the range of `f64`.
    /// State and parameters are then as they were.
    fn step(
        &self,
        state: &mut Self::State,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError>;

    /// Takes back the last [`step`](Self::step), which moved: state and parameters are bitwise as
    /// before it. Only one step back is remembered, and saving a state forgets it. Returns whether
    /// the method remembers at all; by default it does not.
    fn undo(&self, _state: &mut Self::State, _parameters: &mut [Matrix]) -> bool {
        false
    }
}

/// Room for the tensors of the next step. A step is built here and exchanged with the tensors once
/// all of it is finite; a second exchange takes it back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare {
    tensors: Vec<Matrix>,
    /// Whether the tensors are those before the last step.
    remembers: bool,
}

/// Scratch is no part of the value of a state.
impl PartialEq for Spare {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Spare {
    /// Tensors of the shapes of `tensors`, to be overwritten.
    pub(crate) fn like(&mut self, tensors: &[Matrix]) -> &mut [Matrix] {
        let shape = |m: &Matrix| (m.nrows(), m.ncols());
        if !self.tensors.iter().map(shape).eq(tensors.iter().map(shape)) {
            self.tensors = tensors.to_vec();
        }
        self.remembers = false;
        &mut self.tensors
    }

    /// Exchanges the tensors here, which are finished, with those there, which are remembered.
    pub(crate) fn exchange(&mut self, tensors: &mut [Matrix]) {
        tensors.swap_with_slice(&mut self.tensors);
        self.remembers = true;
    }

    /// Forgets the tensors before the last step.
    pub(crate) fn forget(&mut self) {
        self.remembers = false;
    }

    /// The tensors here.
    pub(crate) fn tensors_mut(&mut self) -> &mut [Matrix] {
        &mut self.tensors
    }

    /// Takes the last exchange back, if it is remembered.
    pub(crate) fn take_back(&mut self, tensors: &mut [Matrix]) -> bool {
        if self.remembers {
            tensors.swap_with_slice(&mut self.tensors);
        }
        std::mem::take(&mut self.remembers)
    }
}

/// Checks that every entry of every tensor is finite.
pub(crate) fn require_finite(
    what: &'static str,
    iteration: u64,
    tensors: &[Matrix],
) -> Result<(), MirrorError> {
    match tensors.iter().position(|t| t.as_slice().iter().any(|x| !x.is_finite())) {
        None => Ok(()),
        Some(tensor) => Err(MirrorError::NotFinite { what, tensor, iteration }),
    }
}

/// Checks that state and gradients fit the parameters.
pub(crate) fn require_shapes(
    parameters: &[Matrix],
    gradients: &[LogScaled<Matrix>],
    state: &[Matrix],
) -> Result<(), MirrorError> {
    for tensor in 0..parameters.len().max(gradients.len()).max(state.len()) {
        let shape = |w: &Matrix| (w.nrows(), w.ncols());
        let expected = parameters.get(tensor).map_or((0, 0), shape);
        let gradient = gradients.get(tensor).map_or((0, 0), |g| shape(&g.value));
        let state = state.get(tensor).map_or((0, 0), shape);
        for found in [gradient, state] {
            if found != expected {
                return Err(MirrorError::ShapeMismatch { tensor, expected, found });
            }
        }
    }
    Ok(())
}

/// The norms of the gradients and the factors of a step: what is measured before anything moves.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepFactors {
    norms: Vec<LogScaled<f64>>,
    factors: Vec<f64>,
}

impl StepFactors {
    /// Measures `gradients` by `dual_norm` and sets the factors that `step` asks for; `joint` is the
    /// dual norm of all tensors, given that of each.
    pub(crate) fn measure(
        &mut self,
        step: ScheduledStep,
        at: &StepStart,
        gradients: &[LogScaled<Matrix>],
        dual_norm: impl Fn(usize, &Matrix) -> f64,
        joint: impl Fn(&[f64]) -> f64,
    ) -> Result<Progress, MirrorError> {
        let iteration = at.iteration;
        self.norms.clear();
        self.factors.resize(gradients.len(), 0.0);
        for (tensor, gradient) in gradients.iter().enumerate() {
            let value = dual_norm(tensor, &gradient.value);
            if !value.is_finite() || gradient.log_scale.is_nan() {
                return Err(MirrorError::NotFinite { what: "gradient", tensor, iteration });
            }
            self.norms.push(LogScaled { log_scale: gradient.log_scale, value });
        }
        if matches!(step.size, StepSize::Polyak { .. }) && !at.risk.is_finite() {
            return Err(MirrorError::NotFinite { what: "risk", tensor: 0, iteration });
        }
        step.factors(at, &self.norms, joint, &mut self.factors);
        if let Some(tensor) = self.factors.iter().position(|c| !c.is_finite()) {
            return Err(MirrorError::Overflow { tensor, iteration });
        }
        let moved = self.factors.iter().any(|c| *c != 0.0);
        Ok(if moved { Progress::Moved } else { Progress::Stationary })
    }

    /// Whether a norm, or its inverse, has no place in the range of `f64` beside the step.
    pub(crate) fn leave_the_range(&self, step: ScheduledStep) -> bool {
        let small = |x: f64| x != 0.0 && x < f64::MIN_POSITIVE;
        let mut sizes =
            self.norms.iter().map(|norm| norm.value).chain(self.factors.iter().copied());
        self.norms.len() < self.factors.len()
            || self.factors.iter().any(|c| !c.is_finite())
            || !matches!(step.size, StepSize::Constant(_)) && sizes.any(small)
    }

    /// The dual norm `$\lVert G_b\rVert_*$` of tensor `b`.
    pub(crate) fn norm(&self, b: usize) -> f64 {
        self.norms[b].value
    }

    /// The factor `$c_b$` of the step of tensor `b`.
    pub(crate) fn factor(&self, b: usize) -> f64 {
        self.factors[b]
    }
}

/// Whether all entries are finite: a finite entry times zero is zero, anything else is NaN.
pub(crate) fn all_finite(x: &[f64]) -> bool {
    simd_dispatch(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 8];
            let mut chunks = x.chunks_exact(8);
            for chunk in &mut chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane += x * 0.0;
                }
            }
            chunks.remainder().iter().map(|x| x * 0.0).sum::<f64>() + lanes.iter().sum::<f64>()
                == 0.0
        },
    )
}
