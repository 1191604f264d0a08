//! Small problems to train on, and every method to train them with.

use mirrorhead_attention::{Planted, Seed, SphereTokens, gaussian_matrix};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    Adam, LpNorm, MirrorDescent, Optimizer, PowerPotential, Schedule, ScheduledStep,
    SteepestDescent, StepSize,
};

pub const DIM: usize = 4;

/// One of each step rule, and two that decay.
pub const STEPS: [ScheduledStep; 7] = [
    steady(StepSize::Constant(0.5)),
    StepSize::Constant(2.0).decaying(0.5),
    steady(StepSize::DualNormalized(0.1)),
    StepSize::DualNormalized(0.5).decaying(0.5),
    steady(StepSize::DualNormalizedWithin { length: 0.1, reach: 1e6 }),
    steady(StepSize::GloballyNormalized(0.1)),
    steady(StepSize::Polyak { lower_bound: 0.1 }),
];

const fn steady(size: StepSize) -> ScheduledStep {
    ScheduledStep { size, schedule: Schedule::Constant }
}

pub fn planted() -> Planted {
    SphereTokens { n_sequences: 4, n_tokens: 5, dim: DIM }.sample(Seed(11)).expect("positive sizes")
}

pub fn start() -> Matrix {
    gaussian_matrix(DIM, DIM, Seed(11))
}

pub fn norm(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent")
}

pub fn mirror_descent(p: f64, step: impl Into<ScheduledStep>) -> MirrorDescent<PowerPotential> {
    MirrorDescent::new(PowerPotential::new(norm(p)), step)
}

pub fn bits(tensors: &[Matrix]) -> Vec<u64> {
    tensors.iter().flat_map(|w| w.as_slice().iter().map(|x| x.to_bits())).collect()
}

/// An expectation of every optimizer.
pub trait Check {
    fn run<O: Optimizer>(&self, name: &str, method: &O);
}

/// Runs `check` over every optimizer with every step rule.
pub fn everywhere(check: &impl Check) {
    for step in STEPS {
        for p in [1.1, 1.75, 2.0, 3.0, 3.7] {
            check.run(&format!("mirror descent, p = {p}, {step:?}"), &mirror_descent(p, step));
            let steepest = SteepestDescent::new(norm(p), step);
            check.run(&format!("steepest descent, p = {p}, {step:?}"), &steepest);
        }
    }
    check.run("Adam", &Adam { rate: 0.05, ..Adam::default() });
}
