//! The norm of an AttSVM: of the entries of `$W$`, or of its singular values.

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_kernels::{LinearOperator, elementary};
use mirrorhead_mirror::{InvalidExponent, LpNorm};
use mirrorhead_svm::{
    HardMarginProblem, Norm, Outcome, SchattenNorm, SchattenProblem, SvmError, WatchedSettings,
    solve, solve_schatten,
};
use serde::{Deserialize, Serialize};

use crate::{max_margin_key_query, schatten_max_margin_key_query};

/// The norm in which the margin of a key-query matrix is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum KeyQueryNorm {
    /// `$\lVert W\rVert_p$` of the entries: the bias of training `$W$` itself.
    Entries(Norm),
    /// `$\lVert\sigma(W)\rVert_p$`, a Schatten norm: at `$p = 1$` the bias of training `$W = K Q^\top$` by factors.
    SingularValues(Norm),
}

impl From<Norm> for KeyQueryNorm {
    fn from(norm: Norm) -> Self {
        Self::Entries(norm)
    }
}

impl From<LpNorm> for KeyQueryNorm {
    fn from(norm: LpNorm) -> Self {
        Self::Entries(norm.into())
    }
}

/// The norm of the entries with that exponent, so that `1.5` will do.
impl TryFrom<f64> for KeyQueryNorm {
    type Error = InvalidExponent;

    fn try_from(p: f64) -> Result<Self, InvalidExponent> {
        Norm::new(p).map(Self::Entries)
    }
}

impl KeyQueryNorm {
    /// The exponent `$p$`.
    pub fn p(self) -> f64 {
        let (Self::Entries(norm) | Self::SingularValues(norm)) = self;
        norm.p()
    }

    /// The dual norm of a `$d \times d$` matrix, stored column after column.
    pub(crate) fn dual_of(self, dim: usize, u: &[f64]) -> f64 {
        match self {
            Self::Entries(norm) => norm.dual_of(u),
            Self::SingularValues(norm) => SchattenNorm::new(norm, dim, dim).dual_of(u),
        }
    }

    /// A bound on the dual norm of the `$d \times d$` matrices whose entries are at most one in size.
    pub(crate) fn dual_of_units(self, dim: usize) -> f64 {
        let dim = dim as f64;
        match self {
            Self::Entries(norm) => elementary::powf(dim * dim, norm.conjugate_exponent().recip()),
            // No Schatten norm is larger than the nuclear one, at most the root of d times Frobenius'.
            Self::SingularValues(_) => elementary::powf(dim, 1.5),
        }
    }

    /// A proven upper bound on `$1/\min\{\lVert W\rVert : A W \ge b\}$` over `$d \times d$` matrices, zero where no `$W$`
    /// satisfies the constraints.
    pub(crate) fn margin_bound(
        self,
        dim: usize,
        rows: &dyn LinearOperator,
        bounds: Vec<f64>,
        settings: &WatchedSettings<'_>,
    ) -> Result<f64, SvmError> {
        let outcome = match self {
            Self::Entries(norm) => {
                solve(&HardMarginProblem::with_bounds(rows, norm, bounds)?, settings)?
            }
            Self::SingularValues(norm) => {
                let norm = SchattenNorm::new(norm, dim, dim);
                solve_schatten(&SchattenProblem::with_bounds(rows, norm, bounds)?, settings)?
            }
        };
        Ok(match outcome {
            Outcome::MaxMargin(svm) => svm.interval.upper,
            Outcome::Inconclusive(stalled) => stalled.interval.upper,
            Outcome::NotSeparable(_) => 0.0,
        })
    }

    /// Solves the AttSVM of `selection`: [`max_margin_key_query`] or [`schatten_max_margin_key_query`].
    ///
    /// # Errors
    /// Those of the two.
    ///
    /// # Panics
    /// If the selection is of other data.
    pub fn max_margin<'w>(
        self,
        data: &Dataset,
        selection: &TokenSelection,
        settings: impl Into<WatchedSettings<'w>>,
    ) -> Result<Outcome, SvmError> {
        let settings = &settings.into();
        match self {
            Self::Entries(norm) => max_margin_key_query(data, selection, norm, settings),
            Self::SingularValues(norm) => {
                schatten_max_margin_key_query(data, selection, norm, settings)
            }
        }
    }
}
