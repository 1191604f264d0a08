//! Weights that somebody else sets between two steps.

use burn::optim::Optimizer;
use burn::tensor::{Bool, DType, FloatDType, Tensor};
use mirrorhead_deep::{DualState, MirrorDescent, MirrorDescentConfig};

use crate::draws::{gaussians, numbers, tensor};

fn method(p: f64) -> MirrorDescent {
    MirrorDescentConfig::new(p).build().expect("valid")
}

const COUNT: usize = 2_500;

/// Gaussian numbers of a type.
fn draw(scale: f32, seed: u64, width: FloatDType) -> Tensor<1> {
    tensor(&gaussians(COUNT, scale, seed), [COUNT]).cast(width)
}

/// Weights and state after a few steps from small Gaussians.
fn trained(method: &MirrorDescent, width: FloatDType) -> (Tensor<1>, Option<DualState<1>>) {
    let (mut weights, mut state) = (draw(0.05, 1, width), None);
    for step in 0..5 {
        (weights, state) = method.step(1e-3, weights, draw(1.0, 2 + step, width), state);
    }
    (weights, state)
}

/// Numbers of any width, exactly.
fn wide(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().iter().collect()
}

fn assert_goes_on_from_what_was_set(p: f64, width: FloatDType) {
    let method = method(p);
    let (weights, state) = trained(&method, width);
    let gradient = draw(1.0, 9, width);
    let set_entries = [0, 700, 1_023, 1_024, 2_499];
    let chosen: Vec<bool> = (0..COUNT).map(|k| set_entries.contains(&k)).collect();
    let chosen = Tensor::<1, Bool>::from_data(chosen.as_slice(), &weights.device());
    let set = weights.clone().mask_fill(chosen, 0.03125);
    let (next, _) = method.step(1e-3, set.clone(), gradient.clone(), state.clone());
    let (unset, _) = method.step(1e-3, weights, gradient.clone(), state);
    let (fresh, _) = method.step(1e-3, set, gradient, None);
    let (next, unset, fresh) = (wide(next), wide(unset), wide(fresh));
    for k in 0..COUNT {
        let expected = if set_entries.contains(&k) { fresh[k] } else { unset[k] };
        assert_eq!(next[k], expected, "p = {p}, {width:?}, entry {k}");
    }
    assert!(set_entries.iter().any(|k| fresh[*k] != unset[*k]));
}

#[test]
fn the_weights_that_were_set_are_where_the_next_step_starts() {
    for p in [1.1, 1.5, 1.7, 3.0] {
        for width in [FloatDType::F32, FloatDType::F64, FloatDType::BF16] {
            assert_goes_on_from_what_was_set(p, width);
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
fn dual_points_of_another_exponent_mean_nothing() {
    for width in [FloatDType::F32, FloatDType::F64] {
        let (weights, state) = trained(&method(1.5), width);
        let gradient = draw(1.0, 9, width);
        let (fresh, _) = method(3.0).step(1e-3, weights.clone(), gradient.clone(), None);
        let (other, _) = method(3.0).step(1e-3, weights, gradient, state);
        assert_eq!(wide(other), wide(fresh));
    }
}

#[test]
fn a_state_of_another_shape_is_forgotten() {
    let method = method(1.5);
    let (weights, state) = trained(&method, FloatDType::F32);
    let gradient = draw(1.0, 9, FloatDType::F32);
    let last = |tensor: &Tensor<1>| tensor.clone().narrow(0, COUNT - 7, 7);
    let (fresh, _) = method.step(1e-3, last(&weights), last(&gradient), None);
    let (other, state) = method.step(1e-3, last(&weights), last(&gradient), state);
    assert_eq!(wide(other), wide(fresh));
    assert_eq!(state.and_then(|state| state.dual).expect("a dual point").dims(), [7]);
}

#[test]
fn a_state_of_another_width_goes_on() {
    let method = method(1.5);
    let (weights, state) = trained(&method, FloatDType::F32);
    let (weights, gradient) = (weights.cast(FloatDType::F64), draw(1.0, 9, FloatDType::F64));
    let (next, state) = method.step(1e-3, weights, gradient, state);
    assert_eq!(next.dtype(), DType::F64);
    assert_eq!(state.and_then(|state| state.dual).expect("a dual point").dtype(), DType::F64);
}
