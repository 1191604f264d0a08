//! The parts of a method, whatever their types: its steps are compiled once.

use mirrorhead_kernels::{LogScaled, Matrix};

use super::memory::{Memory, rescale};
use super::state::{MethodState, Scratch};
use super::{Direction, Space};
use crate::optimizer::{StepFactors, all_finite, require_finite, require_shapes};
use crate::step_start::StepStart;
use crate::{MirrorError, Progress, ScheduledStep, StepSize};

/// The parts of a [`Method`](crate::Method).
pub(super) struct MethodParts<'a> {
    pub direction: &'a dyn Direction,
    pub memory: Memory,
    pub step: ScheduledStep,
    pub space: &'a dyn Space,
}

impl MethodParts<'_> {
    /// What can't be composed.
    pub fn validate(&self) -> Result<(), MirrorError> {
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

    /// [`Optimizer::init`](crate::Optimizer::init).
    pub fn init(&self, parameters: &[Matrix]) -> Result<MethodState, MirrorError> {
        self.validate()?;
        require_finite("parameter", 0, parameters)?;
        let averages = matches!(self.memory, Memory::Averaging { .. });
        let dual = self.space.start(parameters, averages)?;
        require_finite("mirror image", 0, &dual)?;
        let average = if averages { parameters.to_vec() } else { Vec::new() };
        Ok(MethodState::new(dual, average))
    }

    /// [`Optimizer::step`](crate::Optimizer::step).
    pub fn step(
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
        let modulus = self.direction.modulus(self.space);
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

impl MethodParts<'_> {
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
            |tensor, g| self.direction.dual_norm(self.space, tensor, g),
            |norms| self.direction.joint_dual_norm(self.space, norms),
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
