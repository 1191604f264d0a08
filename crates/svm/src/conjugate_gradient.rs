//! Preconditioned conjugate gradients, for matrices too large to factor.

use mirrorhead_kernels::{add_scaled, dot, max_abs};

/// A positive definite matrix known through products, with an approximate inverse.
pub(crate) trait Preconditioned {
    /// `out` `$= K x$`.
    fn multiply(&mut self, x: &[f64], out: &mut [f64]);

    /// `out` `$= M^{-1} x$` with `$M \approx K$`.
    fn precondition(&mut self, x: &[f64], out: &mut [f64]);
}

/// Solves `$K x = $` `x` in place until the residual has shrunk by `reduction`, in at most `most` steps
/// (Hestenes and Stiefel 1952), and as long as `go_on` says so. Returns the number of steps.
pub(crate) fn solve(
    matrix: &mut impl Preconditioned,
    x: &mut [f64],
    reduction: f64,
    most: usize,
    go_on: impl Fn() -> bool,
) -> usize {
    let m = x.len();
    let mut residual = x.to_vec();
    let (mut image, mut preconditioned) = (vec![0.0; m], vec![0.0; m]);
    let goal = reduction * max_abs(&residual);
    x.fill(0.0);
    matrix.precondition(&residual, &mut preconditioned);
    let mut direction = preconditioned.clone();
    let mut energy = dot(&residual, &preconditioned);
    for step in 0..most {
        let size = max_abs(&residual);
        if size.is_nan() || size <= goal || !go_on() {
            return step;
        }
        matrix.multiply(&direction, &mut image);
        let length = energy / dot(&direction, &image);
        add_scaled(x, length, &direction);
        add_scaled(&mut residual, -length, &image);
        matrix.precondition(&residual, &mut preconditioned);
        let next = dot(&residual, &preconditioned);
        let carry = next / energy;
        energy = next;
        for (d, z) in direction.iter_mut().zip(&preconditioned) {
            *d = z + carry * *d;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tridiagonal matrix, preconditioned by its diagonal.
    struct Chain(Vec<f64>);

    impl Preconditioned for Chain {
        fn multiply(&mut self, x: &[f64], out: &mut [f64]) {
            for k in 0..x.len() {
                let left = if k == 0 { 0.0 } else { x[k - 1] };
                let right = x.get(k + 1).copied().unwrap_or(0.0);
                out[k] = self.0[k] * x[k] - left - right;
            }
        }

        fn precondition(&mut self, x: &[f64], out: &mut [f64]) {
            for ((out, x), d) in out.iter_mut().zip(x).zip(&self.0) {
                *out = x / d;
            }
        }
    }

    #[test]
    fn the_product_of_the_solution_is_the_right_hand_side() {
        let mut chain = Chain((0..40).map(|k| 2.0 + f64::from(k)).collect());
        let truth: Vec<f64> = (0..40).map(|k| f64::from(k).sin()).collect();
        let mut x = vec![0.0; 40];
        chain.multiply(&truth, &mut x);
        let steps = solve(&mut chain, &mut x, 1e-13, 100, || true);
        assert!(steps <= 40, "{steps}");
        for (x, truth) in x.iter().zip(&truth) {
            assert!((x - truth).abs() < 1e-11);
        }
        assert_eq!(solve(&mut chain, &mut [0.0; 40], 1e-13, 100, || true), 0);
    }
}
