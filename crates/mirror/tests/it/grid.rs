//! What the tests of this crate run over: exponents, step rules and random tensors.

use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{LpNorm, Memory, PowerPotential, Schedule, ScheduledStep, StepSize};
use proptest::prelude::*;

/// Exponents, those with fast powers and those without, up to eight.
pub const P: [f64; 13] = [1.05, 1.1, 1.3, 1.5, 1.7, 1.75, 2.0, 2.2, 3.0, 3.7, 4.0, 6.0, 8.0];

/// One of each step rule, and two that decay.
pub const STEPS: [ScheduledStep; 7] = [
    steady(StepSize::Constant(0.05)),
    StepSize::Constant(0.2).decaying(0.5),
    steady(StepSize::DualNormalized(0.1)),
    StepSize::DualNormalized(0.3).decaying(1.0),
    steady(StepSize::DualNormalizedWithin { length: 0.1, reach: 1e6 }),
    steady(StepSize::GloballyNormalized(0.1)),
    steady(StepSize::Polyak { lower_bound: 0.25 }),
];

const fn steady(size: StepSize) -> ScheduledStep {
    ScheduledStep { size, schedule: Schedule::Constant }
}

/// One of each memory.
pub const MEMORIES: [Memory; 4] = [
    Memory::HeavyBall(0.9),
    Memory::Nesterov(0.8),
    Memory::Moments { mean: 0.9, square: 0.99 },
    Memory::Averaging { lookahead: 0.7 },
];

/// What the schedule multiplies step `$k$` by, written out.
pub fn decay(step: ScheduledStep, k: u32) -> f64 {
    match step.schedule {
        Schedule::Power(power) => f64::from(k + 1).powf(-power),
        _ => 1.0,
    }
}

pub fn norm(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent")
}

pub fn potential(p: f64) -> PowerPotential {
    PowerPotential::new(norm(p))
}

pub fn column(values: &[f64]) -> Matrix {
    Matrix::column(values.to_vec()).expect("finite")
}

pub fn gradient(log_scale: f64, values: &[f64]) -> LogScaled<Matrix> {
    LogScaled { log_scale, value: column(values) }
}

pub fn bits(tensors: &[Matrix]) -> Vec<Vec<u64>> {
    tensors.iter().map(|w| w.as_slice().iter().map(|x| x.to_bits()).collect()).collect()
}

/// Entries away from zero, where a power is smooth enough for differences.
pub fn smooth_vector(len: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0.2..2.0f64, any::<bool>()), len)
        .prop_map(|x| x.into_iter().map(|(x, minus)| if minus { -x } else { x }).collect())
}

/// Any vector, zeros included.
pub fn vector(len: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![9 => -2.0..2.0f64, 1 => Just(0.0)], len)
}

/// `$\sum_k a_k b_k$`.
pub fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `$\operatorname{sign}(x) |x|^e$` by the mathematical library.
pub fn signed_power(x: f64, e: f64) -> f64 {
    x.abs().powf(e).copysign(x)
}

/// `$\lVert x\rVert_p$` by the mathematical library.
pub fn plain_norm(x: &[f64], p: f64) -> f64 {
    x.iter().map(|x| x.abs().powf(p)).sum::<f64>().powf(1.0 / p)
}

/// Whether two numbers agree to `tolerance` relative to `size`.
pub fn close(a: f64, b: f64, tolerance: f64, size: f64) -> bool {
    (a - b).abs() <= tolerance * size
}
