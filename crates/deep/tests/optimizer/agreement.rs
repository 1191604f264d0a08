//! The same gradients lead to where the double precision mirror descent of `mirrorhead-mirror` leads.

use burn::optim::Optimizer as _;
use burn::tensor::Tensor;
use mirrorhead_deep::{MirrorDescentConfig, StepRule};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{LpNorm, MirrorDescent, Optimizer, PowerPotential, StepSize};

use crate::draws::{gaussians, numbers, tensor};

/// Products, roots, and neither.
pub const EXPONENTS: [f64; 6] = [1.1, 1.5, 1.75, 2.0, 3.0, 5.0];
const STEPS: u64 = 60;

/// Half a unit in the last place, relatively.
const ROUNDING: f64 = f32::EPSILON as f64 / 2.0;

/// A trajectory in double precision, with a bound of what single precision may differ by.
struct Reference {
    method: MirrorDescent<PowerPotential>,
    state: mirrorhead_mirror::DualState,
    weights: [Matrix; 1],
    /// By how much each entry of the dual point may differ.
    bound: Vec<f64>,
}

impl Reference {
    fn new(p: f64, rule: StepRule, rate: f64, weights: &[f32]) -> Self {
        let step = match rule {
            StepRule::DualNormalized => StepSize::DualNormalized(rate),
            _ => StepSize::Constant(rate),
        };
        let norm = LpNorm::new(p).expect("an exponent");
        let method = MirrorDescent::new(PowerPotential::new(norm), step);
        let weights = [column(weights)];
        let state = method.init(&weights).expect("finite weights");
        // The first mirror map: a power (a few roundings) of numbers that are exact.
        let bound = state.dual()[0].as_slice().iter().map(|u| 4.0 * ROUNDING * u.abs()).collect();
        Self { method, state, weights, bound }
    }

    fn step(&mut self, gradient: &[f32]) {
        let before = self.state.dual()[0].clone();
        let gradient = [LogScaled { log_scale: 0.0, value: column(gradient) }];
        self.method.step(&mut self.state, &mut self.weights, &gradient, 0.0).expect("finite");
        let after = self.state.dual()[0].as_slice();
        for (bound, (u, next)) in self.bound.iter_mut().zip(before.as_slice().iter().zip(after)) {
            // The rate, the direction (the norm and two quotients: few roundings, and 11 of the
            // power q divided by q) and their product round, relatively to the step; then the
            // difference rounds.
            let step = (u - next).abs();
            *bound += ROUNDING * (8.0 * step + (next.abs() + *bound + 8.0 * ROUNDING * step));
        }
    }

    /// Asserts that `weights` are where this is, to rounding.
    fn assert_near(&self, p: f64, weights: &[f32]) {
        let to_primal = LpNorm::new(p).expect("an exponent").inverse_mirror_power();
        let dual = self.state.dual()[0].as_slice();
        for (k, (w, (u, bound))) in weights.iter().zip(dual.iter().zip(&self.bound)).enumerate() {
            let (low, high) = (to_primal.eval(u - bound), to_primal.eval(u + bound));
            // The inverse map: at most eight products, a root or a power.
            let rounding = |w: f64| 16.0 * ROUNDING * w.abs() + f64::from(f32::MIN_POSITIVE);
            let (low, high) = (low - rounding(low), high + rounding(high));
            let w = f64::from(*w);
            assert!(low <= w && w <= high, "p = {p}, entry {k}: {w} is not in [{low}, {high}]");
        }
    }
}

fn column(numbers: &[f32]) -> Matrix {
    Matrix::column(numbers.iter().map(|x| f64::from(*x)).collect()).expect("at least one number")
}

/// Runs both on the same gradients and compares after every step.
fn compare<const D: usize>(p: f64, rule: StepRule, rate: f64, shape: [usize; D]) {
    let count = shape.iter().product();
    let start = gaussians(count, 0.05, 1);
    let mut reference = Reference::new(p, rule, rate, &start);
    let method = MirrorDescentConfig::new(p).with_step_rule(rule).build().expect("valid settings");
    let mut weights: Tensor<D> = tensor(&start, shape);
    let mut state = None;
    for step in 0..STEPS {
        let gradient = gaussians(count, 1.0, 100 + step);
        (weights, state) = method.step(rate, weights, tensor(&gradient, shape), state);
        reference.step(&gradient);
        reference.assert_near(p, &numbers(&weights));
    }
    assert_eq!(method.refused_updates().count(), 0);
    let moved = numbers(&weights).iter().zip(&start).filter(|(w, s)| w != s).count();
    assert_eq!(moved, count, "every weight has a gradient");
}

fn compare_ranks(rule: StepRule, rate: impl Fn(f64) -> f64) {
    for p in EXPONENTS {
        compare(p, rule, rate(p), [37]);
        compare(p, rule, rate(p), [13, 21]);
        compare(p, rule, rate(p), [3, 5, 7]);
    }
}

#[test]
fn unnormalized_steps_agree_with_double_precision() {
    // A hundredth of the dual weights, which are of size 0.05^(p-1).
    compare_ranks(StepRule::Unnormalized, |p| 0.01 * 0.05f64.powf(p - 1.0));
}

#[test]
fn dual_normalized_steps_agree_with_double_precision() {
    compare_ranks(StepRule::DualNormalized, |p| 0.1 * 0.05f64.powf(p - 1.0));
}
