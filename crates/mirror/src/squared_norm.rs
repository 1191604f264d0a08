//! Half the squared ℓp norm, the potential of the p-norm algorithms.

use mirrorhead_kernels::max_abs;

use crate::lp_norm::euclidean;
use crate::{LpNorm, Potential};

/// The potential `$\psi(w) = \tfrac12\lVert w\rVert_p^2$` of the p-norm algorithms (Grove, Littlestone,
/// Schuurmans 2001; Gentile 2003).
///
/// `$$ \nabla\psi(w) = \lVert w\rVert_p \operatorname{sign}(\hat w)\lvert\hat w\rvert^{p-1}, \quad
///    \psi^*(u) = \tfrac12\lVert u\rVert_q^2, \quad
///    \nabla\psi^*(u) = \lVert u\rVert_q \operatorname{sign}(\hat u)\lvert\hat u\rvert^{q-1}, $$`
///
/// with `$\hat w = w/\lVert w\rVert_p$`, `$\hat u = u/\lVert u\rVert_q$`. Both maps are homogeneous of degree
/// one and keep the norm: `$\lVert\nabla\psi(w)\rVert_q = \lVert w\rVert_p$`, so that iterates grow alike
/// for every `$p$`, where those of [`PowerPotential`](crate::PowerPotential) grow like
/// `$k^{1/(p-1)}$`. The images of a ray are the same rays for both potentials: on separable data both
/// descend in the direction of the ℓp max margin (Sun, Gatmiry, Ahn, Azizan 2023, for
/// homogeneous potentials).
///
/// Of several tensors each has its own `$\tfrac12\lVert w_b\rVert_p^2$`; the norm of all of them is
/// `$(\sum_b\lVert w_b\rVert_p^2)^{1/2}$`.
///
/// ```
/// use mirrorhead_mirror::{LpNorm, Potential, SquaredNormPotential};
/// let psi = SquaredNormPotential::new(LpNorm::new(3.0)?);
/// let (w, mut u, mut back) = ([2e100, -1e100], [0.0; 2], [0.0; 2]);
/// psi.mirror_map(&w, &mut u);
/// assert!((psi.dual_norm(&u) / psi.norm(&w) - 1.0).abs() < 1e-14);
/// psi.inverse_mirror_map(&u, &mut back);
/// assert!((back[1] / w[1] - 1.0).abs() < 1e-14);
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquaredNormPotential {
    norm: LpNorm,
}

impl SquaredNormPotential {
    /// The potential of `norm`.
    pub fn new(norm: LpNorm) -> Self {
        Self { norm }
    }

    /// The norm whose square this is half of.
    pub fn lp_norm(&self) -> LpNorm {
        self.norm
    }
}

impl Potential for SquaredNormPotential {
    fn value(&self, w: &[f64]) -> f64 {
        self.norm.of(w).powi(2) / 2.0
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        self.norm.dual_of(u).powi(2) / 2.0
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        gradient_of_half_square(self.norm, w, u);
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        gradient_of_half_square(self.norm.dual(), u, w);
    }

    fn norm(&self, w: &[f64]) -> f64 {
        self.norm.of(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.norm.dual_of(gradient)
    }

    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        euclidean(norms)
    }

    /// `$p - 1$` for `$p \le 2$` (Ball, Carlen, Lieb 1994); none above, where the square of the norm is smooth
    /// instead.
    fn modulus(&self) -> Option<f64> {
        (self.norm.p() <= 2.0).then_some(self.norm.p() - 1.0)
    }
}

/// `$\lVert x\rVert \operatorname{sign}(\hat x)\lvert\hat x\rvert^{p-1}$` with `$\hat x = x/\lVert x\rVert$`.
fn gradient_of_half_square(norm: LpNorm, x: &[f64], out: &mut [f64]) {
    let largest = max_abs(x);
    if largest == 0.0 {
        return out.copy_from_slice(x);
    }
    // The largest entry first: the norm of a finite vector may lie beyond the range of f64.
    let mut unit: Vec<f64> = x.iter().map(|x| x / largest).collect();
    let length = norm.of(&unit);
    for x in &mut unit {
        *x /= length;
    }
    norm.mirror_power().map(&unit, out);
    for x in out {
        *x = *x * length * largest;
    }
}
