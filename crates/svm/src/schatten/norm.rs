//! The Schatten norm `$\lVert W\rVert_{S_p} = \lVert\sigma(W)\rVert_p$`.

use mirrorhead_kernels::{Enclosure, SignedPower};
use mirrorhead_mirror::{InvalidExponent, LpNorm};
use serde::{Deserialize, Serialize};

use super::frame::{Frame, singular_values};
use super::norm_bound::spectral_upper;
use crate::Norm;
use crate::norm_bound::{dual_norm_upper, norm_upper};
use crate::norm_pair::NormPair;

/// The norm `$\lVert W\rVert_{S_p} = \lVert\sigma(W)\rVert_p$` of the singular values of matrices of one shape,
/// `$1 \le p \le \infty$`: nuclear for `$p = 1$`, Frobenius for `$p = 2$`, spectral for `$p = \infty$`. Its dual is
/// `$\lVert\cdot\rVert_{S_q}$` with `$\tfrac1p + \tfrac1q = 1$`. Matrices are stored column after column.
///
/// ```
/// use mirrorhead_svm::{Norm, SchattenNorm};
/// let w = [3.0, 4.0, 4.0, -3.0]; // 5 times an orthogonal matrix
/// let of = |norm: Norm| SchattenNorm::new(norm, 2, 2).of(&w);
/// assert!((of(Norm::L1) - 10.0).abs() < 1e-14 && (of(Norm::LInfinity) - 5.0).abs() < 1e-14);
/// assert!((SchattenNorm::new(Norm::L1, 2, 2).dual_of(&w) - 5.0).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SchattenNorm {
    norm: Norm,
    nrows: usize,
    ncols: usize,
}

impl SchattenNorm {
    /// The norm of `$r \times c$` matrices (`nrows`, `ncols`) whose singular values are measured by `norm`.
    pub fn new(norm: impl Into<Norm>, nrows: usize, ncols: usize) -> Self {
        Self { norm: norm.into(), nrows, ncols }
    }

    /// The norm of the singular values.
    pub fn of_singular_values(self) -> Norm {
        self.norm
    }

    /// `$(r, c)$`.
    pub fn shape(self) -> (usize, usize) {
        (self.nrows, self.ncols)
    }

    /// `$\lVert W\rVert_{S_p}$`; NaN if an entry is not finite.
    ///
    /// # Panics
    /// If `w` does not hold `$r c$` entries.
    pub fn of(self, w: &[f64]) -> f64 {
        singular_values(w, self.shape()).map_or(f64::NAN, |sigma| self.norm.of(&sigma))
    }

    /// The dual norm `$\lVert U\rVert_{S_q}$`; NaN if an entry is not finite.
    ///
    /// # Panics
    /// If `u` does not hold `$r c$` entries.
    pub fn dual_of(self, u: &[f64]) -> f64 {
        singular_values(u, self.shape()).map_or(f64::NAN, |sigma| self.norm.dual_of(&sigma))
    }

    /// Whether it is the Euclidean norm of the entries: at `$p = 2$`, and for every `$p$` where a matrix has
    /// one singular value only.
    pub(super) fn is_euclidean(self) -> bool {
        self.norm.p() == 2.0 || self.nrows.min(self.ncols) == 1
    }
}

/// An exponent and a shape, so that `(1.0, 2, 2)` is the nuclear norm of `$2 \times 2$` matrices.
impl TryFrom<(f64, usize, usize)> for SchattenNorm {
    type Error = InvalidExponent;

    fn try_from((p, nrows, ncols): (f64, usize, usize)) -> Result<Self, InvalidExponent> {
        Ok(Self::new(Norm::new(p)?, nrows, ncols))
    }
}

/// The norm of the singular values at `$p = 2$`, which is also that of the entries.
pub(super) fn frobenius() -> LpNorm {
    LpNorm::new(2.0).expect("2 is a valid exponent")
}

impl NormPair for SchattenNorm {
    fn exponent(&self) -> Norm {
        self.norm
    }

    fn size(&self, w: &[f64]) -> f64 {
        self.of(w)
    }

    fn dual_size(&self, u: &[f64]) -> f64 {
        self.dual_of(u)
    }

    fn size_upper(&self, w: &[f64]) -> f64 {
        let exact: Vec<Enclosure> =
            w.iter().map(|w| Enclosure { value: *w, radius: 0.0 }).collect();
        spectral_upper(&exact, self.shape(), |values| norm_upper(self.norm, values))
    }

    fn dual_size_upper(&self, u: &[Enclosure]) -> f64 {
        spectral_upper(u, self.shape(), |values| dual_norm_upper(self.norm, values))
    }

    fn image(&self, power: SignedPower, x: &[f64]) -> Vec<f64> {
        let mut image = vec![f64::NAN; x.len()];
        if let Some(frame) = Frame::of(x, self.shape()) {
            let values: Vec<f64> = frame.singular.iter().map(|s| power.eval_abs(*s)).collect();
            frame.assemble(&values, &mut image);
        }
        image
    }
}
