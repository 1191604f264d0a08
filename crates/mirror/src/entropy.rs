//! The negative entropy on the simplex, the potential of exponentiated gradient.

use mirrorhead_kernels::{Matrix, elementary, log_sum_exp, softmax};

use crate::lp_norm::euclidean;
use crate::optimizer::all_finite;
use crate::{OutsideDomain, Potential};

/// The negative entropy `$\psi(w) = \sum_k w_k \log w_k$` on the simplex
/// `$\{ w : w_k > 0, \sum_k w_k = 1 \}$`: mirror descent with it is exponentiated gradient (Kivinen,
/// Warmuth 1997; Beck, Teboulle 2003),
///
/// `$$ \nabla\psi(w) = \log w, \qquad \psi^*(u) = \log\sum_k e^{u_k}, \qquad
///    \nabla\psi^*(u) = \operatorname{softmax}(u). $$`
///
/// Gradients matter up to a constant only, and so do dual points: of `$\log w + c\mathbf 1$` the mirror
/// map gives the one with `$\psi^* = 0$`, and the inverse map normalises. Each tensor, whatever its
/// shape, is one simplex. Every start must lie inside: a zero entry has no logarithm, and would stay
/// zero for ever.
///
/// `$\psi$` is 1-strongly convex in `$\lVert\cdot\rVert_1$` (Pinsker). On differences of points of the
/// simplex, the dual of that norm is `$\tfrac12(\max_k g_k - \min_k g_k)$`: it does not see a constant
/// either, and a constant gradient is a stationary one. The norm of several tensors is
/// `$(\sum_b\lVert w_b\rVert_1^2)^{1/2}$`.
///
/// The domain is bounded: no iterate diverges, and there is no direction, and no max-margin claim.
/// What it finds is the best point of the simplex.
///
/// ```
/// use mirrorhead_mirror::{EntropyPotential, Potential};
/// let (w, mut u, mut back) = ([0.5, 0.25, 0.25], [0.0; 3], [0.0; 3]);
/// EntropyPotential.mirror_map(&w, &mut u);
/// u[0] += 2f64.ln(); // a gradient step doubles the odds of the first entry
/// EntropyPotential.inverse_mirror_map(&u, &mut back);
/// assert!((back[0] - 2.0 / 3.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyPotential;

/// How far from one the sum of a point's entries may lie: the rounding of that many of them.
fn sum_tolerance(len: usize) -> f64 {
    4.0 * f64::EPSILON * (len as f64).max(4.0)
}

impl Potential for EntropyPotential {
    fn require_domain(&self, w: &Matrix) -> Result<(), OutsideDomain> {
        let entries = w.as_slice();
        if let Some(index) = entries.iter().position(|w| w.is_nan() || *w <= 0.0) {
            return Err(OutsideDomain::NotPositive { index, value: entries[index] });
        }
        let sum: f64 = entries.iter().sum();
        if (sum - 1.0).abs() > sum_tolerance(entries.len()) {
            return Err(OutsideDomain::SumNotOne { sum });
        }
        Ok(())
    }

    fn value(&self, w: &[f64]) -> f64 {
        w.iter().map(|w| if *w == 0.0 { 0.0 } else { w * elementary::ln(*w) }).sum()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        log_sum_exp(u)
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        for (u, w) in u.iter_mut().zip(w) {
            *u = elementary::ln(*w);
        }
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        if all_finite(u) {
            softmax(u, w);
        } else {
            // A dual point that overflowed is lost, even where its softmax would be a number.
            w.fill(f64::NAN);
        }
    }

    fn norm(&self, w: &[f64]) -> f64 {
        w.iter().map(|w| w.abs()).sum()
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        // Maxima pass over NaN; the sum of all entries times zero does not.
        if !all_finite(gradient) {
            return f64::NAN;
        }
        let max = gradient.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let min = gradient.iter().copied().fold(f64::INFINITY, f64::min);
        if gradient.is_empty() { 0.0 } else { max / 2.0 - min / 2.0 }
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        euclidean(norms)
    }

    /// One in the l1 norm, by Pinsker's inequality.
    fn modulus(&self) -> Option<f64> {
        Some(1.0)
    }
}
