//! Weights that somebody else sets between two steps.

use burn::optim::Optimizer;
use burn::tensor::{FloatDType, Tensor};
use mirrorhead_deep::{DualState, MirrorDescent, MirrorDescentConfig};

use crate::draws::{gaussians, numbers, tensor};

fn method(p: f64) -> MirrorDescent {
    MirrorDescentConfig::new(p).build().expect("valid")
}

const COUNT: usize = 2_500;

/// Weights and state after a few steps from small Gaussians.
fn trained(method: &MirrorDescent) -> (Tensor<1>, Option<DualState<1>>) {
    let (mut weights, mut state) = (tensor(&gaussians(COUNT, 0.05, 1), [COUNT]), None);
    for step in 0..5 {
        let gradient = tensor(&gaussians(COUNT, 1.0, 2 + step), [COUNT]);
        (weights, state) = method.step(1e-3, weights, gradient, state);
    }
    (weights, state)
}

#[test]
fn the_weights_that_were_set_are_where_the_next_step_starts() {
    for p in [1.1, 1.5, 1.7, 3.0] {
        let method = method(p);
        let (weights, state) = trained(&method);
        let gradient: Tensor<1> = tensor(&gaussians(COUNT, 1.0, 9), [COUNT]);
        let mut set = numbers(&weights);
        let set_entries = [0, 700, 1_023, 1_024, 2_499];
        for k in set_entries {
            set[k] = 0.03;
        }
        let (next, _) = method.step(1e-3, tensor(&set, [COUNT]), gradient.clone(), state.clone());
        let (unset, _) = method.step(1e-3, weights, gradient.clone(), state);
        let (fresh, _) = method.step(1e-3, tensor(&set, [COUNT]), gradient, None);
        let (next, unset, fresh) = (numbers(&next), numbers(&unset), numbers(&fresh));
        for k in 0..COUNT {
            let expected = if set_entries.contains(&k) { fresh[k] } else { unset[k] };
            assert_eq!(next[k], expected, "p = {p}, entry {k}");
        }
    }
}

#[test]
fn weights_that_nobody_set_go_on_from_their_dual_point() {
    // At p = 1.1 the dual points below 3e-5 are weights of exactly zero.
    let method = method(1.1);
    let (mut weights, mut state) = (tensor(&[0.0, -0.0, 1e-44, 0.02], [4]), None);
    let gradient: Tensor<1> = tensor(&[-1.0, -1.0, 0.0, 0.0], [4]);
    for _ in 0..10 {
        (weights, state) = method.step(1e-6, weights, gradient.clone(), state);
    }
    assert_eq!(numbers(&weights), [0.0, 0.0, 1e-44, 0.02]);
    let dual = numbers(&state.unwrap().dual.unwrap());
    for u in &dual[..2] {
        assert!((u - 1e-5).abs() < 10.0 * f32::EPSILON * 1e-5, "{u}");
    }
}

#[test]
fn a_state_of_another_shape_or_width_or_exponent_does_no_harm() {
    let gradient: Tensor<1> = tensor(&gaussians(COUNT, 1.0, 9), [COUNT]);
    let (weights, state) = trained(&method(1.5));
    let start = numbers(&weights);
    let (fresh, _) = method(3.0).step(1e-3, weights.clone(), gradient.clone(), None);
    let (other, _) = method(3.0).step(1e-3, weights.clone(), gradient.clone(), state.clone());
    assert_eq!(
        numbers(&other),
        numbers(&fresh),
        "the dual points of p = 1.5 mean nothing at p = 3"
    );

    let smaller = tensor(&start[..7], [7]);
    let slope = tensor(&numbers(&gradient)[..7], [7]);
    let (other, _) = method(1.5).step(1e-3, smaller, slope, state.clone());
    let (fresh, _) = method(1.5).step(1e-3, weights.clone(), gradient.clone(), None);
    assert_eq!(numbers(&other), numbers(&fresh)[..7]);

    let wide = |tensor: Tensor<1>| tensor.cast(FloatDType::F64);
    let (next, _) = method(1.5).step(1e-3, wide(weights), wide(gradient), state);
    assert_eq!(next.dtype(), burn::tensor::DType::F64);
}
