//! Momentum and weight decay, against their formulas in double precision.

use burn::optim::Optimizer;
use burn::tensor::{FloatDType, Tensor};
use mirrorhead_deep::{MirrorDescentConfig, Momentum, StepRule};
use mirrorhead_mirror::LpNorm;

use crate::draws::{gaussians, tensor};

const COUNT: usize = 1_100;
const STEPS: u64 = 20;

/// The dual points and weights after every step, as the documentation has them.
fn by_formula(
    p: f64,
    rule: StepRule,
    momentum: Momentum,
    decay: f64,
    rates: &[f64],
) -> Vec<(Vec<f64>, Vec<f64>)> {
    let norm = LpNorm::new(p).expect("an exponent");
    let wide = |x: Vec<f32>| x.into_iter().map(f64::from);
    let mut dual: Vec<f64> =
        wide(gaussians(COUNT, 0.05, 1)).map(|w| norm.mirror_power().eval(w)).collect();
    let mut memory = vec![0.0; COUNT];
    let step = |(k, rate): (u64, &f64)| {
        let gradient: Vec<f64> = wide(gaussians(COUNT, 1.0, 50 + k)).collect();
        let scale = match rule {
            StepRule::DualNormalized => norm.dual_of(&gradient),
            _ => 1.0,
        };
        for ((u, m), g) in dual.iter_mut().zip(&mut memory).zip(&gradient) {
            let direction = g / scale;
            let step = match momentum {
                Momentum::HeavyBall(beta) => {
                    *m = beta * *m + direction;
                    *m
                }
                Momentum::Nesterov(beta) => {
                    *m = beta * *m + direction;
                    direction + beta * *m
                }
                _ => direction,
            };
            *u = (1.0 - rate * decay).max(0.0).powf(p - 1.0) * *u - rate * step;
        }
        let weights = dual.iter().map(|u| norm.inverse_mirror_power().eval(*u)).collect();
        (dual.clone(), weights)
    };
    (0..).zip(rates).map(step).collect()
}

/// Runs the optimizer in double precision and compares.
fn compare(
    p: f64,
    rule: StepRule,
    momentum: Momentum,
    decay: f64,
    width: FloatDType,
    rates: &[f64],
) {
    let config = MirrorDescentConfig::new(p).with_step_rule(rule).with_momentum(momentum);
    let method = config.with_weight_decay(decay).build().expect("valid");
    let cast = |numbers: Vec<f32>| -> Tensor<1> { tensor(&numbers, [COUNT]).cast(width) };
    let (mut weights, mut state) = (cast(gaussians(COUNT, 0.05, 1)), None);
    let expected = by_formula(p, rule, momentum, decay, rates);
    // Every step rounds at most eight times, in numbers of the size of the largest dual point or
    // step so far, and momentum sums 1/(1 - beta) of them.
    let epsilon = width.finfo().epsilon;
    let gain = match momentum {
        Momentum::HeavyBall(beta) | Momentum::Nesterov(beta) => 1.0 / (1.0 - beta),
        _ => 1.0,
    };
    let mut bound = 0.0;
    for (k, ((dual, primal), rate)) in (0..).zip(expected.iter().zip(rates)) {
        let gradient = cast(gaussians(COUNT, 1.0, 50 + k));
        (weights, state) = method.step(*rate, weights, gradient, state);
        let size = dual.iter().fold(0f64, |size, u| size.max(u.abs()));
        bound += 8.0 * epsilon * gain * size;
        let state = state.as_ref().expect("a state");
        let found = state.dual.as_ref().unwrap_or(&weights).to_data();
        for (found, u) in found.iter::<f64>().zip(dual) {
            assert!((found - u).abs() <= bound, "p = {p}: {found} is not {u} within {bound}");
        }
        let norm = LpNorm::new(p).expect("an exponent").inverse_mirror_power();
        for (w, (u, w_expected)) in weights.to_data().iter::<f64>().zip(dual.iter().zip(primal)) {
            let spread = norm.eval(u + bound) - norm.eval(u - bound);
            let rounding = 16.0 * epsilon * w_expected.abs() + width.finfo().min_positive;
            assert!((w - w_expected).abs() <= spread + rounding, "p = {p}: {w}, {w_expected}");
        }
    }
}

fn compare_widths(p: f64, rule: StepRule, momentum: Momentum, decay: f64, scale: f64) {
    // A schedule: the rate falls to a half.
    let rate = |k: u64| scale * 0.05f64.powf(p - 1.0) * (1.0 - 0.5 * k as f64 / STEPS as f64);
    let rates: Vec<f64> = (0..STEPS).map(rate).collect();
    for width in [FloatDType::F32, FloatDType::F64] {
        compare(p, rule, momentum, decay, width, &rates);
    }
}

#[test]
fn momentum_is_that_of_the_formula() {
    for p in [1.1, 1.75, 2.0, 3.0] {
        for momentum in [Momentum::None, Momentum::HeavyBall(0.9), Momentum::Nesterov(0.8)] {
            compare_widths(p, StepRule::Unnormalized, momentum, 0.0, 0.01);
            compare_widths(p, StepRule::DualNormalized, momentum, 0.0, 0.1);
        }
    }
}

#[test]
fn weight_decay_is_that_of_the_formula() {
    for p in [1.1, 1.5, 2.0, 5.0] {
        compare_widths(p, StepRule::Unnormalized, Momentum::None, 10.0, 0.01);
        compare_widths(p, StepRule::DualNormalized, Momentum::HeavyBall(0.5), 1.0, 0.1);
        compare_widths(p, StepRule::Unnormalized, Momentum::None, 1e9, 0.01);
    }
}

/// Without a gradient the weights themselves shrink by `$1 - \eta\lambda$`, whatever the geometry.
#[test]
fn decay_shrinks_the_weights_by_the_same_factor_at_every_p() {
    for p in [1.1, 1.5, 2.0, 3.0] {
        let method = MirrorDescentConfig::new(p).with_weight_decay(0.5).build().expect("valid");
        let (start, still) = (tensor(&[0.5, -0.25, 0.0], [3]), tensor(&[0.0; 3], [3]));
        let (weights, _) = method.step(0.1, start, still, None);
        for (w, expected) in weights.to_data().iter::<f64>().zip([0.475f64, -0.2375, 0.0]) {
            // The dual point and the factor round, the weight q - 1 times as much.
            let tolerance = (2.0 / (p - 1.0) + 2.0) * f64::from(f32::EPSILON) * expected.abs();
            assert!((w - expected).abs() <= tolerance, "p = {p}: {w} is not {expected}");
        }
    }
}
