//! Every group of parameters has its own geometry.

use burn::grad_clipping::GradientClipping;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use mirrorhead_deep::{MirrorDescent, MirrorDescentConfig, StepRule};

use crate::network::Network;

fn method(p: f64) -> MirrorDescent {
    let config = MirrorDescentConfig::new(p).with_step_rule(StepRule::DualNormalized);
    config.build().expect("valid")
}

fn after(steps: u64, mut optimizer: ModuleOptimizer, rate: impl Fn(u64) -> f64) -> [Vec<f32>; 4] {
    let mut network = Network::new(7);
    for step in 0..steps {
        let gradients = network.fixed_gradients(step);
        network = optimizer.step(rate(step), network, gradients);
    }
    network.weights()
}

#[test]
fn the_exponent_of_one_group_does_not_touch_the_other() {
    let groups = ModuleOptimizer::from(method(1.1)).with_group(
        ParamGroup::from_predicate("attention"),
        method(3.0),
        None,
    );
    let both = after(8, groups, |_| 0.05);
    let of_attention = after(8, method(3.0).into(), |_| 0.05);
    let of_output = after(8, method(1.1).into(), |_| 0.05);
    assert_eq!(both[..2], of_attention[..2]);
    assert_eq!(both[2..], of_output[2..]);
    assert_ne!(both[..2], of_output[..2]);
    assert_ne!(both[2..], of_attention[2..]);
}

#[test]
fn clipped_gradients_of_one_group_are_clipped_there_alone() {
    let plain = || MirrorDescentConfig::new(1.5).build().expect("valid");
    let clipped = ModuleOptimizer::from(plain()).with_group(
        ParamGroup::from_predicate("attention"),
        plain(),
        Some(GradientClipping::Value(1e-3)),
    );
    let found = after(1, clipped, |_| 0.1);
    let unclipped = after(1, plain().into(), |_| 0.1);
    assert_eq!(found[2..], unclipped[2..]);
    assert_ne!(found[0], unclipped[0]);
    // sqrt|w| moves by at most 1e-4 up to rounding (p = 1.5: u = sign(w) sqrt|w|).
    for (w, start) in found[0].iter().zip(&Network::new(7).weights()[0]) {
        let dual = |w: &f32| f64::from(w.signum()) * f64::from(w.abs()).sqrt();
        assert!((dual(w) - dual(start)).abs() <= 1e-4 + 4.0 * f64::from(f32::EPSILON));
    }
}

#[test]
fn schedules_of_the_framework_set_the_rate() {
    let schedule = || LinearLrSchedulerConfig::new(0.1, 0.01, 8).init().expect("valid");
    let mut scheduled = schedule();
    let mut optimizer = ModuleOptimizer::from(method(1.5));
    let mut network = Network::new(7);
    for step in 0..8 {
        let gradients = network.fixed_gradients(step);
        network = optimizer.step(scheduled.step(), network, gradients);
    }
    let mut by_hand = schedule();
    let rates: Vec<f64> = (0..8).map(|_| by_hand.step().base()).collect();
    for (k, rate) in (0u32..).zip(&rates) {
        assert!((rate - (0.1 - 0.09 * f64::from(k) / 8.0)).abs() < 1e-15, "{rates:?}");
    }
    assert_eq!(
        network.weights(),
        after(8, method(1.5).into(), |k| rates[usize::try_from(k).unwrap()])
    );
    assert_ne!(network.weights(), after(8, method(1.5).into(), |_| 0.1));
}
