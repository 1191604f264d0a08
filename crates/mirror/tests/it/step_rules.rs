//! Step rules: every one against its formula written out, in every geometry.

use crate::grid;
use crate::grid::{
    P, STEPS, bits, column, decay, gradient, plain_norm, potential, signed_power, vector,
};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{LpNorm, MirrorDescent, Optimizer, Progress, ScheduledStep, StepSize};
use proptest::prelude::*;

/// The factor of tensor `b` in `$u_b \leftarrow u_b - c_b\,g_b$`, by the rule's definition, from
/// gradients in plain numbers.
fn factor(step: ScheduledStep, k: u32, risk: f64, gradients: &[Vec<f64>], b: usize, q: f64) -> f64 {
    let own = plain_norm(&gradients[b], q);
    let all = plain_norm(&gradients.concat(), q);
    let size = match step.size {
        StepSize::Constant(eta) => eta,
        // The reach of the grid is one that no step here comes near.
        StepSize::DualNormalized(eta) | StepSize::DualNormalizedWithin { length: eta, .. } => {
            eta / own
        }
        StepSize::GloballyNormalized(eta) => eta / all,
        StepSize::Polyak { lower_bound } => (risk - lower_bound).max(0.0) / (all * all),
        _ => unreachable!("a rule that this test does not know"),
    };
    size * decay(step, k)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn steps_are_as_long_as_their_formula_says(
        w in prop::collection::vec(grid::smooth_vector(4), 2),
        gradients in prop::collection::vec(prop::collection::vec(grid::smooth_vector(4), 2), 3),
        scales in prop::collection::vec(-4.0..4.0f64, 6),
        risks in prop::collection::vec(0.0..2.0f64, 3),
    ) {
        for (p, step) in P.into_iter().flat_map(|p| STEPS.map(|step| (p, step))) {
            let method = MirrorDescent::new(potential(p), step);
            let mut parameters: Vec<_> = w.iter().map(|w| column(w)).collect();
            let mut state = method.init(&parameters).expect("finite");
            let mut dual: Vec<Vec<f64>> =
                w.iter().map(|w| w.iter().map(|x| signed_power(*x, p - 1.0)).collect()).collect();
            for (k, risk) in (0_u32..).zip(&risks) {
                let at = k as usize;
                let scale = |b: usize| scales[2 * at + b];
                let plain: Vec<Vec<f64>> = (0..2)
                    .map(|b| gradients[at][b].iter().map(|x| x * f64::exp(scale(b))).collect())
                    .collect();
                let scaled = [0, 1].map(|b| gradient(scale(b), &gradients[at][b]));
                method.step(&mut state, &mut parameters, &scaled, *risk).expect("finite");
                for b in 0..2 {
                    let c = factor(step, k, *risk, &plain, b, p / (p - 1.0));
                    for (j, u) in dual[b].iter_mut().enumerate() {
                        let size = u.abs() + (c * plain[b][j]).abs();
                        *u -= c * plain[b][j];
                        let found = state.dual()[b][(j, 0)];
                        prop_assert!((found - *u).abs() <= 1e-12 * size, "p = {p}, {step:?}: {found}, {u}");
                        *u = found; // no drift: every step is compared by itself
                        let primal = signed_power(found, 1.0 / (p - 1.0));
                        let w = parameters[b][(j, 0)];
                        prop_assert!((w - primal).abs() <= 1e-13 * (1.0 + 20.0 * primal.abs()), "p = {p}");
                    }
                }
                // Where the rule asks for no step, none is counted.
                let moved = !matches!(step.size, StepSize::Polyak { lower_bound } if *risk <= lower_bound);
                if !moved { break; }
                prop_assert_eq!(state.iteration(), u64::from(k) + 1);
            }
        }
    }

    #[test]
    fn the_scale_of_a_gradient_is_nothing_to_a_normalized_step(
        start in vector(5), directions in prop::collection::vec(vector(5), 4), spread in -3.0..3.0f64,
    ) {
        let run = |p: f64, step: ScheduledStep, offset: f64| {
            let method = MirrorDescent::new(potential(p), step);
            let mut parameters = vec![column(&start), column(&start)];
            let mut state = method.init(&parameters).expect("finite");
            for g in &directions {
                // Powers of two add to the offset without rounding.
                let apart = (spread * 16.0).round() / 16.0;
                let gradients = [gradient(offset, g), gradient(offset + apart, &directions[0])];
                method.step(&mut state, &mut parameters, &gradients, 1.0).expect("finite");
            }
            bits(&parameters)
        };
        for p in P {
            for step in [StepSize::DualNormalized(0.1).into(), StepSize::DualNormalized(1.0).decaying(0.5), StepSize::GloballyNormalized(0.1).into()] {
                let at_one = run(p, step, 0.0);
                for offset in [-5000.0, -700.0, 512.0, 5000.0] {
                    prop_assert_eq!(&run(p, step, offset), &at_one, "p = {}, {:?}, e^{}", p, step, offset);
                }
            }
        }
    }

    #[test]
    fn a_tensor_of_its_own_norm_or_of_one_norm_for_all(g in grid::smooth_vector(3), h in grid::smooth_vector(5)) {
        for p in P {
            let dual_norm = |w: &[Matrix]| -> Vec<f64> {
                let q = p / (p - 1.0);
                w.iter().map(|u| plain_norm(u.as_slice(), q)).collect()
            };
            let moved = |step| {
                let method = MirrorDescent::new(potential(p), step);
                let mut parameters = [Matrix::zeros(3, 1), Matrix::zeros(5, 1)];
                let mut state = method.init(&parameters).expect("zero is finite");
                let gradients = [gradient(-800.0, &g), gradient(-803.0, &h)];
                method.step(&mut state, &mut parameters, &gradients, 0.0).expect("finite");
                dual_norm(state.dual())
            };
            let own = moved(StepSize::DualNormalized(0.5));
            prop_assert!(own.iter().all(|length| (length - 0.5).abs() < 1e-13), "p = {p}: {own:?}");
            let q = p / (p - 1.0);
            let global = moved(StepSize::GloballyNormalized(0.5));
            prop_assert!((plain_norm(&global, q) - 0.5).abs() < 1e-13, "p = {p}: {global:?}");
            let ratio = global[1] / global[0];
            let expected = (-3f64).exp() * plain_norm(&h, q) / plain_norm(&g, q);
            prop_assert!((ratio / expected - 1.0).abs() < 1e-12, "p = {p}: {ratio} {expected}");
        }
    }
}

#[test]
fn at_two_it_is_plain_gradient_descent_to_the_last_bit() {
    let method = MirrorDescent::gradient_descent(StepSize::Constant(0.3));
    assert_eq!(method, MirrorDescent::new(potential(2.0), StepSize::Constant(0.3)));
    assert_eq!(method.potential().lp_norm(), LpNorm::new(2.0).expect("two"));
    let mut parameters = [Matrix::from_fn(3, 3, |i, j| (i as f64 - 1.3) / (j as f64 + 0.7))];
    let mut plain = parameters[0].as_slice().to_vec();
    let mut state = method.init(&parameters).expect("finite");
    for k in 0..200 {
        let g = Matrix::from_fn(3, 3, |i, j| {
            (i as f64 + 0.1) * (1.7 * j as f64 - f64::from(k) / 7.0).sin()
        });
        for (w, g) in plain.iter_mut().zip(g.as_slice()) {
            *w -= 0.3 * g;
        }
        let gradients = [LogScaled { log_scale: 0.0, value: g }];
        let progress = method.step(&mut state, &mut parameters, &gradients, 0.0).expect("finite");
        assert_eq!(progress, Progress::Moved);
        let same =
            parameters[0].as_slice().iter().zip(&plain).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "step {k}: {:?}, not {plain:?}", parameters[0].as_slice());
    }
}
