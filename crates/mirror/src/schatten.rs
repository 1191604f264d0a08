//! The power of a Schatten norm, the potential of spectral mirror descent.

use mirrorhead_kernels::{Matrix, Svd, singular_values};

use crate::{LpNorm, OutsideDomain, Potential};

/// The spectral potential `$\psi(W) = \tfrac1p\sum_i \sigma_i(W)^p$` of matrices of one shape, with the
/// Schatten norm `$\lVert W\rVert_{S_p} = \lVert\sigma(W)\rVert_p$`: for `$W = U\Sigma V^\top$`
///
/// `$$ \nabla\psi(W) = U\Sigma^{p-1}V^\top, \qquad \psi^*(Y) = \tfrac1q\sum_i\sigma_i(Y)^q, \qquad
///    \nabla\psi^*(Y) = U\Sigma^{q-1}V^\top. $$`
///
/// It is orthogonally invariant, and differentiable also where singular values repeat or vanish
/// (Lewis 1995). At `$p = 2$` both maps are the identity and the geometry is Frobenius'; towards
/// `$p = 1$` it is the nuclear norm's, whose max margin is what gradient descent on factors
/// `$K Q^\top$` finds. `$\psi$` is homogeneous of degree `$p$`, so mirror descent on separable data goes to the max
/// margin of `$\lVert\cdot\rVert_{S_p}$` (Sun, Gatmiry, Ahn, Azizan 2023).
///
/// Where `$p < 2$` the mirror map, and where `$p > 2$` its inverse, is steep at singular matrices: singular
/// values below rounding of the largest count as zero ([`Svd`]), so that the image of a matrix of
/// low rank has low rank. Each map costs one singular value decomposition.
///
/// ```
/// use mirrorhead_mirror::{LpNorm, Potential, SchattenPotential};
/// let psi = SchattenPotential::new(LpNorm::new(3.0)?, 2, 2);
/// let (w, mut u) = ([3.0, 4.0, 6.0, 8.0], [0.0; 4]); // rank one: sigma = (5 sqrt 5, 0)
/// assert!((psi.norm(&w) - 125f64.sqrt()).abs() < 1e-13);
/// psi.mirror_map(&w, &mut u);
/// assert!((u[3] / w[3] - 125f64.sqrt()).abs() < 1e-13); // sigma^2 instead of sigma
/// # Ok::<(), mirrorhead_mirror::MirrorError>(())
/// ```
///
/// # Panics
/// All its methods do on slices of another number of entries than `$m n$`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SchattenPotential {
    norm: LpNorm,
    nrows: usize,
    ncols: usize,
}

impl SchattenPotential {
    /// The potential of `$m \times n$` matrices whose singular values are measured by `norm`.
    pub fn new(norm: LpNorm, nrows: usize, ncols: usize) -> Self {
        Self { norm, nrows, ncols }
    }

    /// The norm of the singular values.
    pub fn lp_norm(&self) -> LpNorm {
        self.norm
    }

    /// The singular values; NaN where there are none.
    fn singular_values(&self, entries: &[f64]) -> Vec<f64> {
        singular_values(entries, self.nrows, self.ncols).unwrap_or_else(|| vec![f64::NAN])
    }

    /// `$U f(\Sigma) V^\top$` with the power of a mirror map.
    fn map(&self, norm: LpNorm, entries: &[f64], out: &mut [f64]) {
        let power = norm.mirror_power();
        if power.exponent() == 1.0 {
            return out.copy_from_slice(entries);
        }
        match Svd::new(entries, self.nrows, self.ncols) {
            Some(svd) => svd.with_values(|sigma| power.eval(sigma), out),
            None => out.fill(f64::NAN),
        }
    }
}

impl Potential for SchattenPotential {
    fn require_domain(&self, w: &Matrix) -> Result<(), OutsideDomain> {
        let (expected, found) = ((self.nrows, self.ncols), (w.nrows(), w.ncols()));
        if expected == found { Ok(()) } else { Err(OutsideDomain::Shape { expected, found }) }
    }

    fn value(&self, w: &[f64]) -> f64 {
        self.norm.power().sum_abs(&self.singular_values(w), 1.0) / self.norm.p()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        let dual = self.norm.dual();
        dual.power().sum_abs(&self.singular_values(u), 1.0) / dual.p()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        self.map(self.norm, w, u);
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        self.map(self.norm.dual(), u, w);
    }

    fn norm(&self, w: &[f64]) -> f64 {
        self.norm.of(&self.singular_values(w))
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.norm.dual_of(&self.singular_values(gradient))
    }

    /// Of tensors as the blocks of one matrix: their singular values together.
    fn joint_dual_norm(&self, norms: &[f64]) -> f64 {
        self.norm.dual_of(norms)
    }

    /// One at `$p = 2$`, and none otherwise, as that of the singular values.
    fn modulus(&self) -> Option<f64> {
        (self.norm.p() == 2.0).then_some(1.0)
    }
}
