//! A step over many weights, in slices of either precision and in the matrices of the core, by exponent and memory.
//!
//! `cargo bench -p mirrorhead-mirror --bench step`: 17 million weights, as the paper's 3-block text classifier has.

use divan::Bencher;
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    LpNorm, Memory, MirrorDescent, Optimizer, PowerPotential, Real, Shape, SliceState, StepSize,
};

fn main() {
    divan::main();
}

const WEIGHTS: usize = 17_000_000;

/// Numbers of the size that weights have, none of them zero.
fn numbers(salt: u64) -> impl Iterator<Item = f64> {
    let mut state = salt;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.02 * ((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
    })
    .take(WEIGHTS)
}

fn method(p: f64, memory: Memory) -> MirrorDescent {
    let psi = PowerPotential::new(LpNorm::new(p).expect("an exponent"));
    // Steps that lead nowhere: every one is measured at the same weights.
    MirrorDescent::new(psi, StepSize::Constant(1e-12)).with_memory(memory)
}

fn on_slices<T: Real>(bencher: Bencher<'_, '_>, p: f64, memory: Memory) {
    let method = method(p, memory);
    let method = method.on_tensor(0, 1).expect("one tensor");
    let mut weights: Vec<T> = numbers(1).map(T::near).collect();
    let gradient: Vec<T> = numbers(2).map(T::near).collect();
    let mut state = SliceState::start(&method, &weights, Shape::vector(WEIGHTS)).expect("finite");
    bencher.bench_local(|| state.step(&method, &mut weights, &gradient, 1.0).expect("finite"));
}

#[divan::bench(args = [1.1, 1.5, 1.7, 2.0, 3.0], sample_count = 15)]
fn slices_of_f32(bencher: Bencher<'_, '_>, p: f64) {
    on_slices::<f32>(bencher, p, Memory::None);
}

#[divan::bench(args = [1.1, 2.0], sample_count = 15)]
fn slices_of_f32_with_a_heavy_ball(bencher: Bencher<'_, '_>, p: f64) {
    on_slices::<f32>(bencher, p, Memory::HeavyBall(0.9));
}

#[divan::bench(args = [1.1, 1.5, 2.0, 3.0], sample_count = 15)]
fn slices_of_f64(bencher: Bencher<'_, '_>, p: f64) {
    on_slices::<f64>(bencher, p, Memory::None);
}

#[divan::bench(args = [1.1, 1.5, 2.0, 3.0], sample_count = 15)]
fn matrices(bencher: Bencher<'_, '_>, p: f64) {
    let method = method(p, Memory::None);
    let column = |salt| Matrix::column(numbers(salt).collect()).expect("finite");
    let mut parameters = vec![column(1)];
    let mut state = method.init(&parameters).expect("a finite start");
    let gradients = [LogScaled { log_scale: 0.0, value: column(2) }];
    bencher.bench_local(|| {
        method.step(&mut state, &mut parameters, &gradients, 1.0).expect("a finite step")
    });
}
