//! Norms of steepest descent: the dual norm is attained by the step, and by no other of its length.

use crate::geometries::{P, matrix, norm};
use crate::grid;
use crate::grid::{STEPS, inner, smooth_vector};
use mirrorhead_kernels::{LogScaled, Matrix, singular_values};
use mirrorhead_mirror::{
    DescentNorm, MaxNorm, Optimizer, Progress, SpectralNorm, SteepestDescent, StepSize,
};
use proptest::prelude::*;

/// A norm with its unit ball, written out.
struct Ball {
    name: String,
    norm: Box<dyn DescentNorm>,
    length: Box<dyn Fn(&Matrix) -> f64>,
}

fn balls() -> Vec<Ball> {
    let mut all: Vec<Ball> = P
        .into_iter()
        .map(|p| Ball {
            name: format!("l{p}"),
            norm: Box::new(norm(p)),
            length: Box::new(move |w| grid::plain_norm(w.as_slice(), p)),
        })
        .collect();
    all.push(Ball {
        name: "maximum".into(),
        norm: Box::new(MaxNorm),
        length: Box::new(|w| w.as_slice().iter().fold(0.0, |m: f64, w| m.max(w.abs()))),
    });
    all.push(Ball {
        name: "spectral".into(),
        norm: Box::new(SpectralNorm),
        length: Box::new(|w| singular_values(w.as_slice(), 2, 3).expect("finite")[0]),
    });
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_step_has_its_length_and_attains_the_dual_norm(g in smooth_vector(6), other in smooth_vector(6)) {
        let (g, other) = (matrix(&g), matrix(&other));
        for Ball { name, norm, length } in balls() {
            let dual = norm.dual_norm(&g);
            let mut step = Matrix::zeros(2, 3);
            norm.move_along(&g, dual, -1.0, &mut step);
            prop_assert!((length(&step) - 1.0).abs() < 1e-12, "{name}: {}", length(&step));
            let gain = inner(g.as_slice(), step.as_slice());
            prop_assert!((gain / dual - 1.0).abs() < 1e-12, "{name}: {gain} and {dual}");
            let rival = inner(g.as_slice(), other.as_slice()) / length(&other);
            prop_assert!(rival <= dual * (1.0 + 1e-12), "{name}: {rival} above {dual}");
        }
    }

    #[test]
    fn steps_of_every_rule_are_as_long_as_it_says(g in smooth_vector(6), h in smooth_vector(6), m in -3.0..3.0f64) {
        let gradients = [
            LogScaled { log_scale: m, value: matrix(&g) },
            LogScaled { log_scale: 0.0, value: matrix(&h) },
        ];
        // Of the maximum and of the spectral norm of both together, the dual is the sum.
        let lengths: [fn(&Matrix) -> f64; 2] = [
            |w| w.as_slice().iter().fold(0.0, |m: f64, w| m.max(w.abs())),
            |w| singular_values(w.as_slice(), 2, 3).expect("finite")[0],
        ];
        for step in STEPS {
            let run = |method: &dyn Fn(&mut [Matrix; 2]) -> Progress| {
                let mut w = [Matrix::zeros(2, 3), Matrix::zeros(2, 3)];
                assert_eq!(method(&mut w), Progress::Moved);
                w
            };
            let sign = run(&|w| one_step(&SteepestDescent::new(MaxNorm, step), w, &gradients));
            let polar = run(&|w| one_step(&SteepestDescent::new(SpectralNorm, step), w, &gradients));
            let own = |norm: &dyn DescentNorm| {
                [norm.dual_norm(&gradients[0].value) * m.exp(), norm.dual_norm(&gradients[1].value)]
            };
            for ((w, own), length) in [(sign, own(&MaxNorm)), (polar, own(&SpectralNorm))].into_iter().zip(lengths) {
                let total = own[0] + own[1];
                for b in 0..2 {
                    let expected = match step.size {
                        StepSize::Constant(eta) => eta * own[b],
                        StepSize::DualNormalized(eta) | StepSize::DualNormalizedWithin { length: eta, .. } => eta,
                        StepSize::GloballyNormalized(eta) => eta * own[b] / total,
                        StepSize::Polyak { lower_bound } => (1.0 - lower_bound) * own[b] / (total * total),
                        _ => unreachable!("a rule that this test does not know"),
                    };
                    prop_assert!((length(&w[b]) - expected).abs() < 1e-12 * (1.0 + expected), "{step:?}");
                }
            }
        }
    }
}

fn one_step(
    method: &impl Optimizer,
    w: &mut [Matrix],
    gradients: &[LogScaled<Matrix>],
) -> Progress {
    let mut state = method.init(w).expect("zero is finite");
    method.step(&mut state, w, gradients, 1.0).expect("finite")
}

#[test]
fn a_singular_gradient_moves_along_its_range_only() {
    // Rank one: the polar factor is x y^T / (|x| |y|), and not a rotation of what is left.
    let g = Matrix::from_fn(3, 3, |i, j| [1.0, 2.0, 2.0][i] * [2.0, -1.0, 2.0][j]);
    let mut w = Matrix::zeros(3, 3);
    assert!((SpectralNorm.dual_norm(&g) - 9.0).abs() < 1e-14 * 9.0);
    SpectralNorm.move_along(&g, 9.0, -9.0, &mut w);
    for (w, g) in w.as_slice().iter().zip(g.as_slice()) {
        assert!((w - g).abs() < 1e-13, "{w} and {g}");
    }
    assert_eq!(SpectralNorm.dual_norm(&Matrix::zeros(3, 3)), 0.0);
    for bad in [f64::NAN, f64::INFINITY] {
        let mut g = g.clone();
        g[(1, 1)] = bad;
        assert!(SpectralNorm.dual_norm(&g).is_nan() && MaxNorm.dual_norm(&g).is_nan());
    }
}

#[test]
fn the_ends_of_the_range() {
    for scale in [1e-300, 1e300] {
        let g = Matrix::from_rows(&[[3.0 * scale, 0.0], [0.0, -4.0 * scale]]).expect("finite");
        assert!((MaxNorm.dual_norm(&g) / scale - 7.0).abs() < 1e-13);
        assert!((SpectralNorm.dual_norm(&g) / scale - 7.0).abs() < 1e-13);
        for norm in [&MaxNorm as &dyn DescentNorm, &SpectralNorm] {
            let mut w = Matrix::zeros(2, 2);
            norm.move_along(&g, 7.0 * scale, 0.5, &mut w);
            let expected = [-0.5, 0.0, 0.0, 0.5];
            assert!(w.as_slice().iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-15), "{w:?}");
        }
    }
}
