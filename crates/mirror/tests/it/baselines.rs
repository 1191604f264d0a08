//! The baselines against a few lines each of their papers.

use crate::grid::{
    P, STEPS, column, gradient, inner, norm, plain_norm, signed_power, smooth_vector, vector,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{Adam, MirrorDescent, Optimizer, Progress, SteepestDescent, StepSize};
use proptest::prelude::*;

/// Kingma & Ba 2015, algorithm 1, for one number.
#[derive(Clone, Copy, Default)]
struct Moments {
    mean: f64,
    square: f64,
}

impl Moments {
    fn update(&mut self, k: i32, g: f64, adam: Adam) -> f64 {
        self.mean = adam.beta1 * self.mean + (1.0 - adam.beta1) * g;
        self.square = adam.beta2 * self.square + (1.0 - adam.beta2) * g.powi(2);
        let mean = self.mean / (1.0 - adam.beta1.powi(k));
        let square = self.square / (1.0 - adam.beta2.powi(k));
        adam.rate * mean / (square.sqrt() + adam.epsilon)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn adam_is_its_algorithm(
        start in vector(4), gradients in prop::collection::vec(smooth_vector(4), 20), log_scale in -6.0..2.0f64,
        beta1 in 0.0..0.95f64, beta2 in 0.5..0.999f64,
    ) {
        let method = Adam { rate: 0.05, beta1, beta2, epsilon: 1e-8 };
        let (mut w, mut plain) = ([column(&start)], start.clone());
        let mut moments = [Moments::default(); 4];
        let mut state = method.init(&w).expect("finite");
        for (k, g) in (1..).zip(&gradients) {
            method.step(&mut state, &mut w, &[gradient(log_scale, g)], f64::NAN).expect("finite");
            for ((w, g), moments) in plain.iter_mut().zip(g).zip(&mut moments) {
                *w -= moments.update(k, g * log_scale.exp(), method);
            }
            for (found, expected) in w[0].as_slice().iter().zip(&plain) {
                let error = (found - expected).abs();
                prop_assert!(error <= 1e-13 * f64::from(k), "step {k}: {found}, {expected}");
            }
        }
    }

    #[test]
    fn steepest_descent_moves_along_what_the_gradient_likes_best(
        start in vector(4), g in prop::collection::vec(smooth_vector(4), 2), other in vector(4), m in -3.0..3.0f64,
    ) {
        for p in P {
            let q = p / (p - 1.0);
            for step in STEPS {
                let method = SteepestDescent::new(norm(p), step);
                let mut w = [column(&start), column(&start)];
                let mut state = method.init(&w).expect("finite");
                method.step(&mut state, &mut w, &[gradient(m, &g[0]), gradient(0.0, &g[1])], 1.0).expect("finite");
                let plain = [g[0].iter().map(|x| x * m.exp()).collect::<Vec<_>>(), g[1].clone()];
                let total = plain_norm(&plain.concat(), q);
                for b in 0..2 {
                    let own = plain_norm(&plain[b], q);
                    let length = match step.size {
                        StepSize::Constant(eta) => eta * own,
                        StepSize::DualNormalized(eta) | StepSize::DualNormalizedWithin { length: eta, .. } => eta,
                        StepSize::GloballyNormalized(eta) => eta * own / total,
                        StepSize::Polyak { lower_bound } => (1.0 - lower_bound) * own / (total * total),
                        _ => unreachable!("a rule that this test does not know"),
                    };
                    let moved: Vec<_> = w[b].as_slice().iter().zip(&start).map(|(w, s)| s - w).collect();
                    for (moved, g) in moved.iter().zip(&plain[b]) {
                        let expected = length * signed_power(g / own, q - 1.0);
                        prop_assert!((moved - expected).abs() <= 1e-12 * (1.0 + length), "p = {p}, {step:?}");
                    }
                    // A unit step of norm `length`, and none of that norm descends faster.
                    prop_assert!((plain_norm(&moved, p) - length).abs() <= 1e-12 * (1.0 + length));
                    let rival = plain_norm(&other, p);
                    let best = inner(&moved, &plain[b]);
                    prop_assert!(inner(&other, &plain[b]) * length <= best * rival + 1e-11 * (1.0 + length));
                }
            }
        }
    }
}

#[test]
fn at_two_steepest_descent_is_gradient_descent() {
    for step in STEPS {
        let (steepest, plain) =
            (SteepestDescent::new(norm(2.0), step), MirrorDescent::gradient_descent(step));
        let (mut a, mut b) = ([column(&[1.0, -2.0])], [column(&[1.0, -2.0])]);
        let (mut memory_a, mut memory_b) =
            (steepest.init(&a).expect("finite"), plain.init(&b).expect("finite"));
        for k in 0..20 {
            let g = [gradient(-0.1 * f64::from(k), &[f64::from(k) - 9.5, 2.0])];
            steepest.step(&mut memory_a, &mut a, &g, 1.0).expect("finite");
            plain.step(&mut memory_b, &mut b, &g, 1.0).expect("finite");
            for (a, b) in a[0].as_slice().iter().zip(b[0].as_slice()) {
                assert!((a - b).abs() <= 1e-14 * 20.0, "{step:?}, step {k}: {a}, {b}");
            }
        }
    }
}

#[test]
fn adam_stalls_where_the_gradient_underflows_and_the_normalized_step_does_not() {
    let start = [Matrix::zeros(1, 1)];
    let tiny = [gradient(-2000.0, &[1.0])];
    let mut w = start.clone();
    let adam = Adam::default();
    let mut state = adam.init(&w).expect("finite");
    assert_eq!(adam.step(&mut state, &mut w, &tiny, 1.0), Ok(Progress::Stationary));
    assert_eq!(w, start);
    let constant = MirrorDescent::gradient_descent(StepSize::Constant(1.0));
    let mut state = constant.init(&w).expect("finite");
    assert_eq!(constant.step(&mut state, &mut w, &tiny, 1.0), Ok(Progress::Stationary));
    assert_eq!(w, start);
    let normalized = MirrorDescent::gradient_descent(StepSize::DualNormalized(1.0));
    let mut state = normalized.init(&w).expect("finite");
    assert_eq!(normalized.step(&mut state, &mut w, &tiny, 1.0), Ok(Progress::Moved));
    assert_eq!(w[0].as_slice(), [-1.0]);
}
