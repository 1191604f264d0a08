//! What mirror descent does that other methods, and other ways to write it, do not.

use burn::optim::{Optimizer, SgdConfig};
use burn::tensor::Tensor;
use mirrorhead_deep::MirrorDescentConfig;
use mirrorhead_mirror::LpNorm;

use crate::draws::{gaussians, numbers, tensor};

#[test]
fn at_p_two_it_is_gradient_descent_to_the_last_bit() {
    let (ours, theirs) =
        (MirrorDescentConfig::new(2.0).build().expect("valid"), SgdConfig::new().build());
    let start: Tensor<2> = tensor(&gaussians(300, 0.05, 1), [15, 20]);
    let (mut w, mut v) = (start.clone(), start);
    for step in 0..20 {
        let gradient: Tensor<2> = tensor(&gaussians(300, 1.0, 2 + step), [15, 20]);
        w = ours.step(0.01, w, gradient.clone(), None).0;
        v = theirs.step(0.01, v, gradient, None).0;
        assert_eq!(numbers(&w), numbers(&v));
    }
}

/// At p = 1.1 a weight is the tenth power of its dual point: 1e-5 is 1e-50, zero in 32 bits.
#[test]
fn a_weight_that_is_zero_moves_once_its_dual_point_has_come_far_enough() {
    let method = MirrorDescentConfig::new(1.1).build().expect("valid");
    let gradient: Tensor<1> = tensor(&[-1.0, 1.0], [2]);
    let (mut weights, mut state) = (tensor(&[0.0, 0.0], [2]), None);
    for step in 1..=30_000 {
        (weights, state) = method.step(1e-5, weights, gradient.clone(), state);
        if step == 1 {
            assert_eq!(numbers(&weights), [0.0, -0.0]);
            assert_eq!(numbers(state.as_ref().unwrap().dual.as_ref().unwrap()), [1e-5, -1e-5]);
        }
    }
    // u = 0.3, up to 30,000 roundings of half a unit in the last place of 0.3, all one way at worst.
    let (w, drift) = (0.3f64.powi(10), 10.0 * 3e4 * f64::from(f32::EPSILON) / 2.0);
    for (found, sign) in numbers(&weights).into_iter().zip([1.0, -1.0]) {
        assert!((sign * f64::from(found) / w - 1.0).abs() < drift, "{found} is not {w}");
    }

    // The same steps from the weights alone, as the formula is often written.
    let mut w = 0f32;
    for _ in 0..30_000 {
        let u = w.signum() * w.abs().powf(0.1) + 1e-5;
        w = u.signum() * u.abs().powf(10.0);
    }
    assert!(w < 1e-9, "storing the weight alone freezes or drifts, it is {w}");
}

/// Three equations in five unknowns: `$\tfrac12\lVert A w - b\rVert^2$`.
const ROWS: [[f64; 5]; 3] =
    [[1.0, 2.0, -1.0, 0.5, 0.0], [0.0, 1.0, 1.0, -1.0, 2.0], [2.0, 0.0, 1.0, 1.0, -1.0]];
const TARGET: [f64; 3] = [1.0, -0.5, 0.7];

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn residual(w: &[f64]) -> [f64; 3] {
    std::array::from_fn(|row| dot(&ROWS[row], w) - TARGET[row])
}

fn wide(tensor: &Tensor<1>) -> Vec<f64> {
    numbers(tensor).into_iter().map(f64::from).collect()
}

/// From zero, mirror descent finds the solution of least `$\lVert w\rVert_p$`: the one whose dual point
/// is a combination of the rows of A. No other exponent's is.
#[test]
fn a_convex_quadratic_descends_to_the_solution_of_least_p_norm() {
    let mut solutions = Vec::new();
    for p in [1.1, 1.5, 2.0, 3.0] {
        let method = MirrorDescentConfig::new(p).build().expect("valid");
        let (mut weights, mut state) = (tensor(&[0.0; 5], [5]), None);
        let mut before = f64::INFINITY;
        for _ in 0..40_000 {
            let r = residual(&wide(&weights));
            let loss = dot(&r, &r) / 2.0;
            // A weight rounds by 6e-8 of itself, and a loss of order 1 by a few of that.
            assert!(loss <= before + 1e-6, "p = {p}: the loss rises from {before} to {loss}");
            before = loss;
            #[expect(clippy::cast_possible_truncation, reason = "the weights are of 32 bits")]
            let slope: Vec<f32> =
                (0..5).map(|k| (0..3).map(|i| ROWS[i][k] * r[i]).sum::<f64>() as f32).collect();
            (weights, state) = method.step(5e-3, weights, tensor(&slope, [5]), state);
        }
        assert!(before < 1e-9, "p = {p}: the loss is {before}");
        solutions.push((p, wide(&weights)));
    }
    for (p, w) in &solutions {
        let norm = LpNorm::new(*p).expect("an exponent");
        for (other, v) in &solutions {
            let distance = outside_row_space(
                &v.iter().map(|v| norm.mirror_power().eval(*v)).collect::<Vec<_>>(),
            );
            if p == other {
                assert!(distance < 1e-3, "p = {p}: {distance} of the dual point is no row of A");
            } else {
                assert!(distance > 1e-2, "p = {p}: the solution of {other} would do, too");
                assert!(norm.of(w) < norm.of(v), "p = {p}: the solution of {other} is smaller");
            }
        }
    }
}

/// The norm of the part of `u` that is orthogonal to all rows, relative to that of `u`.
fn outside_row_space(u: &[f64]) -> f64 {
    let (mut rest, mut basis) = (u.to_vec(), Vec::<Vec<f64>>::new());
    for row in ROWS {
        let mut row = row.to_vec();
        for b in &basis {
            let along = dot(&row, b);
            row.iter_mut().zip(b).for_each(|(r, b)| *r -= along * b);
        }
        let size = dot(&row, &row).sqrt();
        for r in &mut row {
            *r /= size;
        }
        let along = dot(&rest, &row);
        rest.iter_mut().zip(&row).for_each(|(u, b)| *u -= along * b);
        basis.push(row);
    }
    (dot(&rest, &rest) / dot(u, u)).sqrt()
}
