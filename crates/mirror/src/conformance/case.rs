//! The methods that every backend has to run.

use std::fmt;
use std::sync::Arc;

use crate::{
    DescentNorm, Dual, ElasticNetPotential, Gradient, HypentropyPotential, LpNorm, MaxNorm, Memory,
    Method, Potential, PowerPotential, Primal, SchattenPotential, Shape, SpectralNorm, Steepest,
    StepSize, TensorMethod,
};

/// Rows and columns of the tensor.
pub(super) const SIDE: usize = 4;
/// Its entries.
pub(super) const COUNT: usize = SIDE * SIDE;
/// Steps of a trial.
const STEPS: u64 = 12;
/// The length that steps are multiplied by.
pub(super) const RATE: f64 = 0.5;
/// The size of hyperbolic entropy.
pub(super) const BETA: f64 = 0.5;

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum DirectionCase {
    Gradient,
    Lp(f64),
    Max,
    Spectral,
}

/// A space. The last two are none that backends know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SpaceCase {
    Primal,
    Power(f64),
    Threshold(f64),
    Schatten,
    Hypentropy,
}

/// A method that every backend has to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConformanceCase {
    pub(super) direction: DirectionCase,
    pub(super) space: SpaceCase,
    memory: Memory,
    step: StepSize,
}

/// What a backend is handed.
pub struct Trial<'a> {
    /// The method, for one tensor.
    pub method: TensorMethod<'a>,
    /// The case, from which [`norm`](ConformanceCase::norm) and [`potential`](ConformanceCase::potential) follow.
    pub case: ConformanceCase,
    /// The shape of the tensor: a matrix, row after row.
    pub shape: Shape,
    /// The weights before the first step.
    pub start: Vec<f64>,
    /// The gradients, whatever the weights are.
    pub gradients: Vec<Vec<f64>>,
    /// The rate of every step.
    pub rate: f64,
}

/// A method with the norm and the potential of a case.
macro_rules! compose {
    ($case:expr, $method:ident => $body:expr) => {{
        let case = $case;
        match (case.norm(), case.potential()) {
            (None, None) => compose!(case, Gradient, Primal, $method => $body),
            (None, Some(psi)) => compose!(case, Gradient, Dual(psi), $method => $body),
            (Some(norm), None) => compose!(case, Steepest(norm), Primal, $method => $body),
            (Some(norm), Some(psi)) => compose!(case, Steepest(norm), Dual(psi), $method => $body),
        }
    }};
    ($case:expr, $direction:expr, $space:expr, $method:ident => $body:expr) => {{
        let $method = Method::compose($direction, $case.step, $space).with_memory($case.memory);
        $body
    }};
}

impl ConformanceCase {
    /// Directions, spaces, memories and step rules, each with each where they go together.
    pub fn all() -> Vec<Self> {
        let directions = [
            DirectionCase::Gradient,
            DirectionCase::Lp(1.5),
            DirectionCase::Max,
            DirectionCase::Spectral,
        ];
        let spaces = [
            SpaceCase::Primal,
            SpaceCase::Power(1.5),
            SpaceCase::Power(3.0),
            SpaceCase::Threshold(0.25),
            SpaceCase::Schatten,
            SpaceCase::Hypentropy,
        ];
        let memories = [
            Memory::None,
            Memory::HeavyBall(0.5),
            Memory::Nesterov(0.75),
            Memory::Moments { mean: 0.5, square: 0.75 },
            Memory::Averaging { lookahead: 0.5 },
        ];
        let steps = [StepSize::Constant(0.25), StepSize::DualNormalized(0.25)];
        let mut cases = Vec::new();
        for direction in directions {
            for space in spaces {
                // Steepest directions are those of the space that their norm measures.
                if direction != DirectionCase::Gradient && space != SpaceCase::Primal {
                    continue;
                }
                for memory in memories {
                    cases.extend(steps.map(|step| Self { direction, space, memory, step }));
                }
            }
        }
        cases
    }

    /// The memory.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// The step rule.
    pub fn step_size(&self) -> StepSize {
        self.step
    }

    /// The norm of the steepest directions; none where the direction is the gradient.
    pub fn norm(&self) -> Option<Arc<dyn DescentNorm + Send>> {
        match self.direction {
            DirectionCase::Gradient => None,
            DirectionCase::Lp(p) => Some(Arc::new(lp(p))),
            DirectionCase::Max => Some(Arc::new(MaxNorm)),
            DirectionCase::Spectral => Some(Arc::new(SpectralNorm)),
        }
    }

    /// The potential; none in the primal space.
    pub fn potential(&self) -> Option<Arc<dyn Potential + Send>> {
        match self.space {
            SpaceCase::Primal => None,
            SpaceCase::Power(p) => Some(Arc::new(PowerPotential::new(lp(p)))),
            SpaceCase::Threshold(threshold) => ElasticNetPotential::new(threshold).ok().map(shared),
            SpaceCase::Schatten => Some(Arc::new(SchattenPotential::new(lp(1.5), SIDE, SIDE))),
            SpaceCase::Hypentropy => HypentropyPotential::new(BETA).ok().map(shared),
        }
    }

    /// The weights before the first step: zero where a space is steep there.
    pub fn start(&self) -> Vec<f64> {
        let zero = matches!(self.space, SpaceCase::Schatten);
        (0..COUNT).map(|k| if zero { 0.0 } else { number(k as u64, 0) / 2.0 }).collect()
    }

    /// The gradients. Of matrices that are far from singular.
    pub fn gradients(&self) -> Vec<Vec<f64>> {
        let entry = |step: u64, k: usize| {
            let diagonal = if k.is_multiple_of(SIDE + 1) { 2.0 } else { 0.0 };
            number(k as u64, step) + diagonal
        };
        (1..=STEPS).map(|step| (0..COUNT).map(|k| entry(step, k)).collect()).collect()
    }

    /// Hands the trial of this case to `run`.
    pub(super) fn with_trial(&self, run: impl FnOnce(&Trial<'_>)) {
        compose!(self, method => {
            if let Ok(method) = method.on_tensor(0, 1) {
                run(&Trial {
                    method,
                    case: *self,
                    shape: Shape::rows(SIDE, SIDE),
                    start: self.start(),
                    gradients: self.gradients(),
                    rate: RATE,
                });
            }
        });
    }
}

fn shared(potential: impl Potential + Send + 'static) -> Arc<dyn Potential + Send> {
    Arc::new(potential)
}

/// The norm of an exponent that is one.
pub(super) fn lp(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent of a mirror map")
}

/// A multiple of 1/1024 between -1 and 1, never zero, with nothing regular about it.
fn number(k: u64, seed: u64) -> f64 {
    let mut bits =
        (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 29;
    bits = bits.wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 32;
    ((bits % 1024) as f64 * 2.0 + 1.0) / 1024.0 - 1.0
}

impl fmt::Display for ConformanceCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}, {:?}, {:?}", self.direction, self.memory, self.step, self.space)
    }
}
