//! The norm `$\lVert w\rVert_p$` for `$1 \le p \le \infty$`, both ends included.

use std::fmt;
use std::str::FromStr;

use mirrorhead_kernels::max_abs;
use serde::{Deserialize, Serialize};

use crate::{InvalidExponent, LpNorm};

/// A norm by its exponent: what margins are measured in, and what is asked for wherever all of
/// `$1 \le p \le \infty$` will do. At the ends there is no mirror map; between them is [`LpNorm`].
///
/// It is made of a number, read and shown as one, and serialised as one; what JSON has no number for is `"inf"`.
///
/// ```
/// use mirrorhead_mirror::{InvalidExponent, LpNorm, Norm};
/// let w = [3.0, -4.0];
/// assert_eq!(Norm::L1.of(&w), 7.0);
/// assert_eq!(Norm::try_from(2.0)?.of(&w), 5.0);
/// assert_eq!(Norm::from(LpNorm::new(2.0)?).dual_of(&w), 5.0);
/// assert_eq!("inf".parse::<Norm>()?, Norm::LInfinity);
/// assert_eq!(Norm::new(1.5)?.to_string(), "1.5");
/// assert!(Norm::new(0.5).is_err() && "two".parse::<Norm>().is_err());
/// # Ok::<(), InvalidExponent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Norm {
    /// `$\lVert w\rVert_1 = \sum_k \lvert w_k\rvert$`.
    L1,
    /// `$\lVert w\rVert_p$` for `$1 < p < \infty$`.
    Lp(LpNorm),
    /// `$\lVert w\rVert_\infty = \max_k \lvert w_k\rvert$`.
    LInfinity,
}

impl Norm {
    /// `$\lVert\cdot\rVert_p$` for any `$p \in [1, \infty]$`.
    ///
    /// ```
    /// use mirrorhead_mirror::Norm;
    /// assert_eq!(Norm::new(1.0)?, Norm::L1);
    /// assert_eq!(Norm::new(f64::INFINITY)?, Norm::LInfinity);
    /// assert!(Norm::new(0.9).is_err());
    /// # Ok::<(), mirrorhead_mirror::InvalidExponent>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidExponent`] below 1, for NaN, and for exponents that are 1 or infinite only to rounding.
    pub fn new(p: f64) -> Result<Self, InvalidExponent> {
        if p == 1.0 {
            Ok(Self::L1)
        } else if p == f64::INFINITY {
            Ok(Self::LInfinity)
        } else {
            LpNorm::new(p).map(Self::Lp).map_err(|_| InvalidExponent::of_norm(p))
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

impl From<LpNorm> for Norm {
    fn from(norm: LpNorm) -> Self {
        Self::Lp(norm)
    }
}

impl TryFrom<Norm> for LpNorm {
    type Error = InvalidExponent;

    fn try_from(norm: Norm) -> Result<Self, InvalidExponent> {
        match norm {
            Norm::Lp(norm) => Ok(norm),
            Norm::L1 | Norm::LInfinity => Err(InvalidExponent::of_mirror_map(norm.p())),
        }
    }
}

/// The norm of an exponent, so that `1.5` will do where a norm is asked for.
impl TryFrom<f64> for Norm {
    type Error = InvalidExponent;

    fn try_from(p: f64) -> Result<Self, InvalidExponent> {
        Self::new(p)
    }
}

impl From<Norm> for f64 {
    fn from(norm: Norm) -> f64 {
        norm.p()
    }
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.p().fmt(f)
    }
}

impl FromStr for Norm {
    type Err = InvalidExponent;

    fn from_str(p: &str) -> Result<Self, InvalidExponent> {
        Self::new(p.trim().parse().unwrap_or(f64::NAN))
    }
}

/// How an exponent is written down.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

impl From<Norm> for Written {
    fn from(norm: Norm) -> Self {
        let p = norm.p();
        if p.is_finite() { Self::Number(p) } else { Self::Word(p.to_string()) }
    }
}

impl TryFrom<Written> for Norm {
    type Error = InvalidExponent;

    fn try_from(written: Written) -> Result<Self, InvalidExponent> {
        match written {
            Written::Number(p) => Self::new(p),
            Written::Word(p) => p.parse(),
        }
    }
}
