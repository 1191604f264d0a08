//! States saved and read again: the rest of the trajectory is bitwise the same.

use crate::grid::{MEMORIES, P, STEPS, bits, column, gradient, norm, potential};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    Adam, MaxNorm, MirrorDescent, Optimizer, SpectralNorm, SteepestDescent, StepSize,
};

/// Gradients that are no multiple of anything simple, some far below the range of `f64`.
fn gradients(k: u32) -> [LogScaled<Matrix>; 2] {
    let x = f64::from(k);
    [
        gradient(-0.01 * x, &[(x + 0.3).sin(), (1.7 * x).cos(), 0.2]),
        gradient(0.1, &[(0.4 * x).cos(), 1.0 / (x + 3.0)]),
    ]
}

fn check<O: Optimizer>(name: &str, method: &O)
where
    O::State: PartialEq + std::fmt::Debug,
{
    let mut w = [column(&[0.3, -1.7, 0.0]), column(&[0.9, 0.123])];
    let mut state = method.init(&w).expect("finite");
    let advance = |state: &mut O::State, w: &mut [Matrix; 2], from: u32| {
        for k in from..from + 15 {
            method.step(state, w, &gradients(k), 1.0 + f64::from(k)).expect("finite");
        }
    };
    advance(&mut state, &mut w, 0);
    let text = serde_json::to_string(&(&state, &w)).expect("serialises");
    let (mut read, mut v): (O::State, [Matrix; 2]) =
        serde_json::from_str(&text).expect("reads what it wrote");
    assert_eq!(read, state, "{name}: what was read is what was saved");
    assert_eq!(bits(&v), bits(&w), "{name}");
    advance(&mut state, &mut w, 15);
    advance(&mut read, &mut v, 15);
    assert_eq!(bits(&v), bits(&w), "{name}: after resumption");
    assert_eq!(read, state, "{name}: after resumption");
    let text = |state: &O::State| serde_json::to_string(state).expect("serialises");
    assert_eq!(text(&read), text(&state), "{name}: after resumption");
}

#[test]
fn saved_states_go_on_as_if_nothing_had_happened() {
    for p in P {
        for step in STEPS {
            check(
                &format!("mirror descent, p = {p}, {step:?}"),
                &MirrorDescent::new(potential(p), step),
            );
            check(
                &format!("steepest descent, p = {p}, {step:?}"),
                &SteepestDescent::new(norm(p), step),
            );
        }
    }
    for step in STEPS {
        check(&format!("sign descent, {step:?}"), &SteepestDescent::new(MaxNorm, step));
        check(&format!("spectral descent, {step:?}"), &SteepestDescent::new(SpectralNorm, step));
    }
    for memory in MEMORIES {
        let step = StepSize::DualNormalized(0.05);
        for p in [1.1, 3.0] {
            let method = MirrorDescent::new(potential(p), step).with_memory(memory);
            check(&format!("mirror descent, p = {p}, {memory:?}"), &method);
        }
        let sign = SteepestDescent::new(MaxNorm, step).with_memory(memory);
        check(&format!("sign descent, {memory:?}"), &sign);
    }
    check("Adam", &Adam::default());
}

#[test]
fn the_dual_point_keeps_what_the_parameter_underflows() {
    // At p = 1.05, w = u^20: u = 1e-17 is a number, w = 1e-340 is none.
    let method = MirrorDescent::new(potential(1.05), STEPS[0]);
    let mut w = [Matrix::zeros(1, 1)];
    let mut state = method.init(&w).expect("finite");
    let step = |state: &mut _, w: &mut [Matrix], g: f64| {
        method.step(state, w, &[gradient(0.0, &[g])], 0.0).expect("finite");
    };
    step(&mut state, &mut w, -2e-16); // a step of 0.05
    assert_eq!(w[0][(0, 0)], 0.0);
    let text = serde_json::to_string(&state).expect("serialises");
    let mut state = serde_json::from_str(&text).expect("reads what it wrote");
    step(&mut state, &mut w, -20.0);
    assert_eq!(w[0][(0, 0)], 1.0);
    assert!((state.dual()[0][(0, 0)] - (1.0 + 1e-17)).abs() < 1e-16);
    step(&mut state, &mut w, 20.0);
    assert_eq!(state.iteration(), 3);
}
