//! A first-order method, composed of direction, memory, step rule and space.

use mirrorhead_kernels::{LogScaled, Matrix};

use super::memory::Memory;
use super::method_parts::MethodParts;
use super::state::MethodState;
use super::{Direction, Space};
use crate::backend::TensorMethod;
use crate::{MirrorError, Optimizer, Progress, ScheduledStep, StepSize};

/// A first-order method, composed of four parts that know nothing of each other:
///
/// `$$ \tilde g_k = \text{memory}(g_0, \dots, g_k), \qquad
///    u_{k+1} = u_k - c_k\, d(\tilde g_k), \qquad w_{k+1} = \text{space}(u_{k+1}). $$`
///
/// | part | what it decides | choices |
/// |---|---|---|
/// | [`Direction`] | `$d$`, where to go | [`Gradient`](crate::Gradient), or [`Steepest`](crate::Steepest) in a [`DescentNorm`](crate::DescentNorm) |
/// | [`Memory`] | `$\tilde g$`, what the steps remember | none, heavy ball, Nesterov, moments, averaging |
/// | [`StepSize`] and [`Schedule`](crate::Schedule) | `$c_k$`, how far to go | constant, dual-normalized, Polyak, ...; constant, decaying |
/// | [`Space`] | where the iterate lives | the [`Primal`](crate::Primal) points, or the [`Dual`](crate::Dual) ones of a geometry |
///
/// [`MirrorDescent`](crate::MirrorDescent) and [`SteepestDescent`](crate::SteepestDescent) are two of them; `docs/methods.md` has a table of the
/// names that others go by.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// use mirrorhead_mirror::{
///     MaxNorm, Memory, Method, Optimizer, Primal, Steepest, StepSize,
/// };
/// // Signum: the sign of a running sum of gradients.
/// let signum = Method::compose(Steepest(MaxNorm), StepSize::DualNormalized(0.5), Primal)
///     .with_memory(Memory::HeavyBall(0.5));
/// let mut w = [Matrix::zeros(1, 1)];
/// let mut state = signum.init(&w)?;
/// for gradient in [4.0, -1.0, -1.0, -1.0] { // sums 4, 1, -0.5, -1.25
///     let value = Matrix::column(vec![gradient])?;
///     signum.step(&mut state, &mut w, &[LogScaled { log_scale: 0.0, value }], 0.0)?;
/// }
/// assert_eq!(w[0][(0, 0)], -0.5 - 0.5 + 0.5 + 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method<D, S> {
    direction: D,
    memory: Memory,
    step: ScheduledStep,
    pub(super) space: S,
}

impl<D: Direction, S: Space> Method<D, S> {
    /// The method of these parts, without memory.
    pub fn compose(direction: D, step: impl Into<ScheduledStep>, space: S) -> Self {
        Self { direction, memory: Memory::None, step: step.into(), space }
    }

    /// The same method with another memory.
    #[must_use]
    pub fn with_memory(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// The memory.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// The step-size rule.
    pub fn step_size(&self) -> StepSize {
        self.step.size
    }

    /// The step-size rule with its schedule.
    pub fn scheduled_step(&self) -> ScheduledStep {
        self.step
    }

    /// The method as it acts on tensor number `tensor` of `count`, on any [`Backend`](crate::Backend).
    ///
    /// # Errors
    /// Settings out of range, a direction without a form ([`MirrorError::NoBackendForm`]), a space of another number of tensors, and step rules that need more than one tensor and its
    /// gradient ([`MirrorError::Incompatible`]): Polyak's, global norms, a bounded reach.
    pub fn on_tensor(&self, tensor: usize, count: usize) -> Result<TensorMethod<'_>, MirrorError> {
        self.parts().validate()?;
        let space = self.space.form(tensor, count)?;
        let direction = self.direction.form().ok_or(MirrorError::NoBackendForm)?;
        TensorMethod::new(direction, self.memory, self.step, space)
    }

    fn parts(&self) -> MethodParts<'_> {
        MethodParts {
            direction: &self.direction,
            memory: self.memory,
            step: self.step,
            space: &self.space,
        }
    }
}

impl<D: Direction, S: Space> Optimizer for Method<D, S> {
    type State = MethodState;

    fn init(&self, parameters: &[Matrix]) -> Result<MethodState, MirrorError> {
        self.parts().init(parameters)
    }

    fn step(
        &self,
        state: &mut MethodState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError> {
        self.parts().step(state, parameters, gradients, risk)
    }

    fn undo(&self, state: &mut MethodState, parameters: &mut [Matrix]) -> bool {
        state.take_back(parameters)
    }
}
