//! The norm of the problem: `$\lVert w\rVert_p$` for `$1 \le p \le \infty$`, both ends included.

use mirrorhead_kernels::max_abs;
use mirrorhead_mirror::{LpNorm, MirrorError};
use serde::{Deserialize, Serialize};

use crate::SvmError;

/// The norm whose margin is maximised. At the ends `$p = 1$` and `$p = \infty$` there is no mirror map and the
/// problem is a linear program.
///
/// ```
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::Norm;
/// let w = [3.0, -4.0];
/// assert_eq!(Norm::L1.of(&w), 7.0);
/// assert_eq!(Norm::from(LpNorm::new(2.0)?).of(&w), 5.0);
/// assert_eq!(Norm::LInfinity.of(&w), 4.0);
/// assert_eq!(Norm::L1.dual_of(&w), 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Norm {
    /// `$\lVert w\rVert_1 = \sum_k \lvert w_k\rvert$`.
    L1,
    /// `$\lVert w\rVert_p$` for `$1 < p < \infty$`.
    Lp(LpNorm),
    /// `$\lVert w\rVert_\infty = \max_k \lvert w_k\rvert$`.
    LInfinity,
}

impl From<LpNorm> for Norm {
    fn from(norm: LpNorm) -> Self {
        Self::Lp(norm)
    }
}

/// The norm of an exponent, so that `1.5` will do where a norm is asked for.
///
/// ```
/// use mirrorhead_svm::{Norm, SvmError};
/// let norm: Norm = f64::INFINITY.try_into()?;
/// assert_eq!(f64::from(norm), f64::INFINITY);
/// assert_eq!(Norm::try_from(0.5), Err(SvmError::InvalidExponent { p: 0.5 }));
/// # Ok::<(), SvmError>(())
/// ```
impl TryFrom<f64> for Norm {
    type Error = SvmError;

    fn try_from(p: f64) -> Result<Self, SvmError> {
        Self::new(p).map_err(|_| SvmError::InvalidExponent { p })
    }
}

impl From<Norm> for f64 {
    fn from(norm: Norm) -> f64 {
        norm.p()
    }
}

impl Norm {
    /// `$\lVert\cdot\rVert_p$` for any `$p \in [1, \infty]$`.
    ///
    /// ```
    /// use mirrorhead_svm::Norm;
    /// assert_eq!(Norm::new(1.0)?, Norm::L1);
    /// assert_eq!(Norm::new(f64::INFINITY)?, Norm::LInfinity);
    /// assert!(Norm::new(0.9).is_err());
    /// # Ok::<(), mirrorhead_mirror::MirrorError>(())
    /// ```
    ///
    /// # Errors
    /// [`MirrorError::InvalidExponent`] below 1, for NaN, and for exponents that are 1 or infinite
    /// only to rounding.
    pub fn new(p: f64) -> Result<Self, MirrorError> {
        if p == 1.0 {
            Ok(Self::L1)
        } else if p == f64::INFINITY {
            Ok(Self::LInfinity)
        } else {
            LpNorm::new(p).map(Self::Lp)
        }
    }

    /// The exponent `$p$`, infinite for [`LInfinity`](Self::LInfinity).
    pub fn p(self) -> f64 {
        match self {
            Self::L1 => 1.0,
            Self::Lp(norm) => norm.p(),
            Self::LInfinity => f64::INFINITY,
        }
    }

    /// The exponent `$q$` of the dual norm, `$1/p + 1/q = 1$`.
    pub fn conjugate_exponent(self) -> f64 {
        match self {
            Self::L1 => f64::INFINITY,
            Self::Lp(norm) => norm.conjugate_exponent(),
            Self::LInfinity => 1.0,
        }
    }

    /// `$\lVert w\rVert_p$`.
    pub fn of(self, w: &[f64]) -> f64 {
        match self {
            Self::L1 => sum_abs(w),
            Self::Lp(norm) => norm.of(w),
            Self::LInfinity => max_abs(w),
        }
    }

    /// The dual norm `$\lVert u\rVert_q$`.
    pub fn dual_of(self, u: &[f64]) -> f64 {
        match self {
            Self::L1 => max_abs(u),
            Self::Lp(norm) => norm.dual_of(u),
            Self::LInfinity => sum_abs(u),
        }
    }
}

fn sum_abs(x: &[f64]) -> f64 {
    x.iter().map(|x| x.abs()).sum()
}
