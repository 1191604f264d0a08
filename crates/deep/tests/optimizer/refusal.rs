//! Updates that are not finite are not made, and are counted.

use burn::optim::Optimizer;
use burn::tensor::{FloatDType, Tensor};
use mirrorhead_deep::{DeepError, DualState, MirrorDescentConfig, Momentum, StepRule};

use crate::draws::{gaussians, numbers, tensor};

const COUNT: usize = 1_500;

fn bits(tensor: Option<&Tensor<1>>) -> Vec<u64> {
    tensor.map_or(vec![], |t| t.to_data().iter::<f64>().map(f64::to_bits).collect())
}

fn assert_same(
    before: &(Tensor<1>, Option<DualState<1>>),
    after: &(Tensor<1>, Option<DualState<1>>),
) {
    let parts = |(w, state): &(Tensor<1>, Option<DualState<1>>)| {
        let state = state.clone().expect("a state");
        [bits(Some(w)), bits(state.dual.as_ref()), bits(state.momentum.as_ref())]
    };
    assert_eq!(parts(before), parts(after));
}

/// A step, one that must be refused, and one after it; in both widths of numbers.
fn refuses(p: f64, rule: StepRule, momentum: Momentum, rate: f64, poison: f32) {
    for width in [FloatDType::F32, FloatDType::F64] {
        let case = format!("{p} {rule:?} {momentum:?} {poison} {width:?}");
        let method = MirrorDescentConfig::new(p).with_step_rule(rule).with_momentum(momentum);
        let method = method.build().expect("valid");
        let refused = method.refused_updates();
        let numbers = |scale, seed| gaussians(COUNT, scale, seed);
        let cast = |numbers: &[f32]| tensor(numbers, [COUNT]).cast(width);
        let first = method.step(1e-3, cast(&numbers(0.05, 1)), cast(&numbers(1.0, 2)), None);
        assert_eq!(refused.count(), 0, "{case}");
        let mut gradient = numbers(1.0, 3);
        gradient[1_400] = poison;
        let (weights, state) = first.clone();
        let second = method.step(rate, weights, cast(&gradient), state);
        assert_same(&first, &second);
        assert_eq!(refused.count(), 1, "{case}");
        let (weights, state) = second.clone();
        let third = method.step(1e-3, weights, cast(&numbers(1.0, 4)), state);
        assert_ne!(bits(Some(&third.0)), bits(Some(&second.0)), "{case}");
        assert_eq!(refused.count(), 1, "{case}");
    }
}

#[test]
fn gradients_that_are_not_finite() {
    for p in [1.1, 1.5, 2.0, 3.0] {
        for rule in [StepRule::Unnormalized, StepRule::DualNormalized] {
            for momentum in [Momentum::None, Momentum::HeavyBall(0.9), Momentum::Nesterov(0.9)] {
                for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    refuses(p, rule, momentum, 1e-3, poison);
                }
            }
        }
    }
}

#[test]
fn a_rate_that_is_not_finite() {
    refuses(1.1, StepRule::Unnormalized, Momentum::None, f64::NAN, 1.0);
    refuses(2.0, StepRule::DualNormalized, Momentum::HeavyBall(0.5), f64::INFINITY, 1.0);
}

#[test]
fn a_weight_beyond_the_range_of_its_numbers() {
    // u = 1e5 is finite, w = u^10 is not.
    let method = MirrorDescentConfig::new(1.1).build().expect("valid");
    let start: Tensor<1> = tensor(&[0.5, 0.25], [2]);
    let (weights, _) = method.step(1.0, start.clone(), tensor(&[-1e5, 1.0], [2]), None);
    assert_eq!(numbers(&weights), [0.5, 0.25]);
    assert_eq!(method.refused_updates().count(), 1);
    let (weights, _) = method.step(1.0, start, tensor(&[-1e3, 1.0], [2]), None);
    assert!(numbers(&weights)[0] > 1e30);
    assert_eq!(method.refused_updates().count(), 1);
}

#[test]
fn settings_out_of_range_are_errors() {
    for p in [1.0, 0.5, -3.0, f64::NAN, f64::INFINITY, 1.0 + 1e-17] {
        let error = MirrorDescentConfig::new(p).build().expect_err("no exponent");
        assert!(matches!(error, DeepError::InvalidExponent(_)), "{p}");
    }
    for beta in [-0.1, 1.0, f64::NAN] {
        for momentum in [Momentum::HeavyBall(beta), Momentum::Nesterov(beta)] {
            let error = MirrorDescentConfig::new(1.5).with_momentum(momentum).build();
            let error = error.expect_err("no momentum");
            assert!(matches!(error, DeepError::InvalidSetting(wrong) if wrong.name == "momentum"));
        }
    }
    for decay in [-1e-3, f64::NAN, f64::INFINITY] {
        let error = MirrorDescentConfig::new(1.5).with_weight_decay(decay).init();
        let error = error.err().expect("no weight decay");
        assert!(matches!(error, DeepError::InvalidSetting(wrong) if wrong.name == "weight decay"));
    }
}

#[test]
fn tensors_without_entries_stay() {
    let method = MirrorDescentConfig::new(1.1).build().expect("valid");
    let empty: Tensor<2> = tensor(&[], [0, 3]);
    let (weights, state) = method.step(0.1, empty.clone(), empty, None);
    assert_eq!(weights.dims(), [0, 3]);
    assert!(state.is_none());
}
