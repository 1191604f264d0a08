//! What holds for every exponent, weight and gradient.

use burn::optim::Optimizer;
use burn::tensor::Tensor;
use mirrorhead_deep::{MirrorDescent, MirrorDescentConfig, StepRule};
use mirrorhead_mirror::LpNorm;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draws::{numbers, tensor};

fn exponents() -> impl Strategy<Value = f64> {
    prop_oneof![prop::sample::select(vec![1.1, 1.2, 1.5, 1.75, 2.0, 3.0, 4.0, 5.0]), 1.05..6.0f64]
}

fn rules() -> impl Strategy<Value = StepRule> {
    prop::sample::select(vec![StepRule::Unnormalized, StepRule::DualNormalized])
}

/// Weights of any size, zeros and the smallest numbers among them, and gradients.
fn points() -> impl Strategy<Value = Vec<(f32, f32)>> {
    let small = prop::sample::select(vec![0.0, -0.0, 1e-45, -1e-39, 1e-20]);
    let weight = prop_oneof![-2f32..2.0, -1e-3f32..1e-3, small];
    vec((weight, -10f32..10.0), 1..40)
}

fn method(p: f64, rule: StepRule) -> MirrorDescent {
    MirrorDescentConfig::new(p).with_step_rule(rule).build().expect("valid")
}

fn bits(tensor: &Tensor<1>) -> Vec<u32> {
    numbers(tensor).into_iter().map(f32::to_bits).collect()
}

fn split(points: &[(f32, f32)], sign: f32) -> [Tensor<1>; 2] {
    let (weights, gradient): (Vec<f32>, Vec<f32>) =
        points.iter().map(|(w, g)| (sign * w, sign * g)).unzip();
    [weights, gradient].map(|numbers| tensor(&numbers, [points.len()]))
}

proptest! {
    #[test]
    fn without_a_gradient_nothing_moves(p in exponents(), rule in rules(), points in points()) {
        let (method, [weights, _]) = (method(p, rule), split(&points, 1.0));
        let (mut next, mut state) = (weights.clone(), None);
        for _ in 0..3 {
            let still = tensor(&vec![0.0; points.len()], [points.len()]);
            (next, state) = method.step(0.5, next, still, state);
            prop_assert_eq!(bits(&next), bits(&weights));
        }
        prop_assert_eq!(method.refused_updates().count(), 0);
    }

    #[test]
    fn entries_without_a_gradient_do_not_move(p in exponents(), points in points()) {
        let (method, [weights, gradient]) = (method(p, StepRule::Unnormalized), split(&points, 1.0));
        let mut gradient = numbers(&gradient);
        gradient.iter_mut().step_by(2).for_each(|g| *g = 0.0);
        let gradient = tensor(&gradient, [points.len()]);
        let (next, state) = method.step(1e-3, weights.clone(), gradient.clone(), None);
        let (last, _) = method.step(1e-3, next, gradient, state);
        let (start, last) = (bits(&weights), bits(&last));
        for k in (0..points.len()).step_by(2) {
            prop_assert_eq!(start[k], last[k]);
        }
    }

    #[test]
    fn a_step_is_odd(p in exponents(), rule in rules(), points in points()) {
        let method = method(p, rule);
        let [weights, gradient] = split(&points, 1.0);
        let (next, state) = method.step(1e-2, weights, gradient.clone(), None);
        let (last, _) = method.step(1e-2, next, gradient, state);
        let [weights, gradient] = split(&points, -1.0);
        let (next, state) = method.step(1e-2, weights, gradient.clone(), None);
        let (mirrored, _) = method.step(1e-2, next, gradient, state);
        // A zero that a step arrives at has the sign of a difference, which is not odd.
        let sizes = |tensor: &Tensor<1>, sign: f32| -> Vec<u32> {
            numbers(tensor).iter().map(|w| (sign * w + 0.0).to_bits()).collect()
        };
        prop_assert_eq!(sizes(&last, 1.0), sizes(&mirrored, -1.0));
    }

    #[test]
    fn the_scale_of_a_gradient_cancels_in_a_normalized_step(
        p in exponents(),
        points in vec((-2f32..2.0, 0.5f32..2.0), 1..40),
        exponent in -120..120i32,
    ) {
        let method = method(p, StepRule::DualNormalized);
        let [weights, gradient] = split(&points, 1.0);
        let scaled = gradient.clone().mul_scalar(2f32.powi(exponent));
        let (next, _) = method.step(0.1, weights.clone(), gradient, None);
        let (same, _) = method.step(0.1, weights, scaled, None);
        prop_assert_eq!(bits(&next), bits(&same));
    }

    #[test]
    fn a_normalized_step_is_as_long_as_its_rate(p in exponents(), points in points()) {
        let (method, [_, gradient]) = (method(p, StepRule::DualNormalized), split(&points, 1.0));
        prop_assume!(numbers(&gradient).iter().any(|g| *g != 0.0));
        let start = tensor(&vec![0.0; points.len()], [points.len()]);
        let (weights, state) = method.step(0.25, start, gradient, None);
        let dual = state.and_then(|state| state.dual).unwrap_or(weights);
        let dual: Vec<f64> = numbers(&dual).into_iter().map(f64::from).collect();
        let length = LpNorm::new(p).expect("an exponent").dual_of(&dual);
        // Every entry rounds twice, and the rate.
        prop_assert!((length / 0.25 - 1.0).abs() <= 3.0 * f64::from(f32::EPSILON), "{}", length);
    }
}
