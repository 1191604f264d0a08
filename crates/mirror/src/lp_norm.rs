//! The norm `$\lVert\cdot\rVert_p$` where it has a mirror map, `$1 < p < \infty$`, and its dual.

use mirrorhead_kernels::{SignedPower, lp_norm};
use serde::{Deserialize, Serialize};

use crate::InvalidExponent;

/// The entrywise norm `$\lVert w \rVert_p = \left(\sum_k \lvert w_k\rvert^p\right)^{1/p}$`,
/// `$1 < p < \infty$`, whose dual is `$\lVert\cdot\rVert_q$` with `$\tfrac1p + \tfrac1q = 1$`.
///
/// ```
/// use mirrorhead_mirror::LpNorm;
/// let norm = LpNorm::new(3.0)?;
/// assert_eq!(norm.conjugate_exponent(), 1.5);
/// assert!((norm.of(&[1.0, -2.0, 2.0]) - 17f64.cbrt()).abs() < 1e-15);
/// assert!(LpNorm::new(1.0).is_err());
/// # Ok::<(), mirrorhead_mirror::InvalidExponent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct LpNorm {
    /// `$p$` and `$q$`.
    exponents: [SignedPower; 2],
    /// `$p - 1$` and `$q - 1 = 1/(p-1)$`.
    mirror: [SignedPower; 2],
}

impl LpNorm {
    /// The norm with exponent `$p$`.
    ///
    /// # Errors
    /// [`InvalidExponent`] unless `$1 < p < \infty$`, and where `$p$` or `$q = p/(p-1)$` is
    /// one to rounding.
    pub fn new(p: f64) -> Result<Self, InvalidExponent> {
        let q = p / (p - 1.0);
        if p.is_nan() || p <= 1.0 || !p.is_finite() || !q.is_finite() || q <= 1.0 {
            return Err(InvalidExponent::of_mirror_map(p));
        }
        let exponents = [SignedPower::new(p), SignedPower::new(q)];
        // Within 1e-14 of one an exponent is taken to be one.
        if exponents.iter().any(|power| power.exponent() <= 1.0) {
            return Err(InvalidExponent::of_mirror_map(p));
        }
        let mirror = [SignedPower::new(p - 1.0), SignedPower::new((p - 1.0).recip())];
        Ok(Self { exponents, mirror })
    }

    /// The exponent `$p$`.
    pub fn p(self) -> f64 {
        self.exponents[0].exponent()
    }

    /// The conjugate exponent `$q = p/(p-1)$`.
    pub fn conjugate_exponent(self) -> f64 {
        self.exponents[1].exponent()
    }

    /// `$\lVert w \rVert_p$`.
    pub fn of(self, w: &[f64]) -> f64 {
        lp_norm(w, self.exponents[0])
    }

    /// The dual norm `$\lVert u \rVert_q$`.
    pub fn dual_of(self, u: &[f64]) -> f64 {
        lp_norm(u, self.exponents[1])
    }

    /// The dual norm as a norm of its own: exponent `$q$`.
    #[must_use]
    pub fn dual(self) -> Self {
        let [p, q] = self.exponents;
        let [to_dual, to_primal] = self.mirror;
        Self { exponents: [q, p], mirror: [to_primal, to_dual] }
    }

    /// The power `$x \mapsto \operatorname{sign}(x)\lvert x\rvert^{p}$`.
    pub fn power(self) -> SignedPower {
        self.exponents[0]
    }

    /// The power `$x \mapsto \operatorname{sign}(x)\lvert x\rvert^{p-1}$`, entry of the mirror map.
    pub fn mirror_power(self) -> SignedPower {
        self.mirror[0]
    }

    /// The power `$x \mapsto \operatorname{sign}(x)\lvert x\rvert^{q-1}$`, entry of the inverse
    /// mirror map.
    pub fn inverse_mirror_power(self) -> SignedPower {
        self.mirror[1]
    }
}

/// `$\lVert x\rVert_2$`.
pub(crate) fn euclidean(x: &[f64]) -> f64 {
    lp_norm(x, SignedPower::new(2.0))
}

impl From<LpNorm> for f64 {
    fn from(norm: LpNorm) -> f64 {
        norm.p()
    }
}

impl TryFrom<f64> for LpNorm {
    type Error = InvalidExponent;

    fn try_from(p: f64) -> Result<Self, InvalidExponent> {
        Self::new(p)
    }
}
