//! A first-order method, composed of direction, memory, step rule and space.

use mirrorhead_kernels::{LogScaled, Matrix};

use super::memory::{Memory, rescale};
use super::state::{MethodState, Scratch};
use super::{Direction, Space};
use crate::backend::TensorMethod;
use crate::optimizer::{StepFactors, all_finite, require_finite, require_shapes};
use crate::step_start::StepStart;
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
    /// Settings out of range, a space of another number of tensors, and step rules that need more than one tensor and its
    /// gradient ([`MirrorError::Incompatible`]): Polyak's, global norms, a bounded reach.
    pub fn on_tensor(&self, tensor: usize, count: usize) -> Result<TensorMethod<'_>, MirrorError> {
        self.validate()?;
        let space = self.space.form(tensor, count)?;
        TensorMethod::new(self.direction.form(), self.memory, self.step, space)
    }

    /// What can't be composed.
    fn validate(&self) -> Result<(), MirrorError> {
        self.step.validate()?;
        self.memory.validate()?;
        let averages = matches!(self.memory, Memory::Averaging { .. });
        match self.step.size {
            StepSize::Polyak { .. } if self.memory.keeps_gradients() => {
                Err(MirrorError::Incompatible { step: "Polyak's", memory: "of gradients" })
            }
            StepSize::DualNormalizedWithin { .. } if averages => {
                Err(MirrorError::Incompatible { step: "a bounded", memory: "of iterates" })
            }
            _ => Ok(()),
        }
    }
}

impl<D: Direction, S: Space> Optimizer for Method<D, S> {
    type State = MethodState;

    fn init(&self, parameters: &[Matrix]) -> Result<MethodState, MirrorError> {
        self.validate()?;
        require_finite("parameter", 0, parameters)?;
        let averages = matches!(self.memory, Memory::Averaging { .. });
        let dual = self.space.start(parameters, averages)?;
        require_finite("mirror image", 0, &dual)?;
        let average = if averages { parameters.to_vec() } else { Vec::new() };
        Ok(MethodState::new(dual, average))
    }

    fn step(
        &self,
        state: &mut MethodState,
        parameters: &mut [Matrix],
        gradients: &[LogScaled<Matrix>],
        risk: f64,
    ) -> Result<Progress, MirrorError> {
        let points = if state.dual.is_empty() { &*parameters } else { &state.dual };
        require_shapes(parameters, gradients, points)?;
        let MethodState { iteration, dual, recollection, average, scratch } = state;
        let Scratch { factors, next_dual, next, next_average, next_recollection, room, rescaled } =
            scratch;
        let mut drive = if self.memory.keeps_gradients() {
            // What was remembered before the last step gives way, even if this one is refused.
            next.forget();
            next_recollection.follow(recollection, self.memory, gradients);
            next_recollection.drive(self.memory, gradients, *iteration, room)
        } else {
            gradients
        };
        let modulus = self.direction.modulus(&self.space);
        let at = StepStart { iteration: *iteration, risk, modulus };
        let mut progress = self.measure(&at, drive, factors);
        if factors.leave_the_range(self.step) {
            rescaled.clear();
            rescaled.extend_from_slice(drive);
            rescaled.iter_mut().for_each(rescale);
            progress = self.measure(&at, rescaled, factors);
            drive = rescaled;
        }
        let progress = progress?;
        if progress == Progress::Stationary {
            return Ok(progress);
        }
        let mut to_duals = next_dual.like(dual).iter_mut();
        for (tensor, to) in next.like(parameters).iter_mut().enumerate() {
            let iterate = dual.get(tensor).zip(to_duals.next());
            let moving = Moving { tensor, iterate, from: &parameters[tensor], to };
            if !self.move_tensor(moving, &drive[tensor].value, factors) {
                return Err(MirrorError::Overflow { tensor, iteration: *iteration });
            }
        }
        if let Memory::Averaging { lookahead } = self.memory {
            let next_average = next_average.like(average);
            show_average(lookahead, *iteration, average, next_average, next.tensors_mut());
        }
        state.commit(parameters);
        Ok(progress)
    }

    fn undo(&self, state: &mut MethodState, parameters: &mut [Matrix]) -> bool {
        state.take_back(parameters)
    }
}

/// A tensor on its way: its iterate, if that is not the parameter, and the parameter.
struct Moving<'a> {
    tensor: usize,
    iterate: Option<(&'a Matrix, &'a mut Matrix)>,
    from: &'a Matrix,
    to: &'a mut Matrix,
}

/// How often a step is tried with another length.
const MOST_TRIALS: u32 = 100;

/// `$a - b$`.
fn difference(a: &Matrix, b: &Matrix) -> Vec<f64> {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a - b).collect()
}

impl<D: Direction, S: Space> Method<D, S> {
    /// Measures what the step is made of, and how far it goes.
    fn measure(
        &self,
        at: &StepStart,
        drive: &[LogScaled<Matrix>],
        factors: &mut StepFactors,
    ) -> Result<Progress, MirrorError> {
        factors.measure(
            self.step,
            at,
            drive,
            |tensor, g| self.direction.dual_norm(&self.space, tensor, g),
            |norms| self.direction.joint_dual_norm(&self.space, norms),
        )
    }

    /// Moves a tensor by its step; returns whether the parameter is finite.
    fn move_tensor(&self, mut moving: Moving<'_>, drive: &Matrix, factors: &StepFactors) -> bool {
        let Moving { tensor, from, .. } = moving;
        let mut factor = factors.factor(tensor);
        let averages = matches!(self.memory, Memory::Averaging { .. });
        if factor == 0.0 && !averages {
            // Nothing pulls on it: it stays, to the last bit.
            if let Some((u, next)) = moving.iterate {
                next.clone_from(u);
            }
            moving.to.clone_from(from);
            return true;
        }
        let (norm, whole, mut too_long) = (factors.norm(tensor), factor, f64::INFINITY);
        for _ in 0..MOST_TRIALS {
            match &mut moving.iterate {
                None => self.direction.advance(drive, norm, factor, from, moving.to),
                Some((u, next)) => {
                    self.direction.advance(drive, norm, factor, u, next);
                    self.space.primal(tensor, next, moving.to);
                }
            }
            let StepSize::DualNormalizedWithin { reach, .. } = self.step.size else { break };
            let length = self.space.norm(tensor, &difference(moving.to, from));
            let near = factor == whole || length >= StepSize::NEAR_REACH * reach;
            if length <= reach && near {
                break;
            }
            // In proportion, as short steps are; between what was too short and what was too long else.
            let proportional = factor * (1.0 + StepSize::NEAR_REACH) / 2.0 * reach / length;
            let outside = !length.is_finite();
            if outside || length > reach {
                too_long = factor;
            }
            factor = if outside {
                factor * 1e-3
            } else if proportional < too_long {
                proportional.min(whole)
            } else {
                f64::midpoint(factor, too_long)
            };
        }
        all_finite(moving.to.as_slice())
    }
}

/// From the iterates `$z$`, the average `$x$` goes on, and the parameters show
/// `$(1-\beta) z + \beta x = z + \beta (x - z)$`.
fn show_average(
    lookahead: f64,
    iteration: u64,
    average: &[Matrix],
    next_average: &mut [Matrix],
    iterates: &mut [Matrix],
) {
    let part = (iteration as f64 + 2.0).recip();
    for ((next, x), z) in next_average.iter_mut().zip(average).zip(iterates) {
        let pairs = next.as_mut_slice().iter_mut().zip(x.as_slice());
        for ((next, x), z) in pairs.zip(z.as_mut_slice()) {
            *next = x + part * (*z - x);
            // No difference, no move: not to the last bit.
            *z += lookahead * (*next - *z);
        }
    }
}
