//! The geometry of a margin: an ℓp norm of the entries of `$W$`, or its spectral norm.

use std::fmt;

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_svm::{Norm, SchattenNorm};
use mirrorhead_trainer::KeyQueryNorm;

use super::certified::{Certified, att_svm, schatten_att_svm};

/// A norm of matrices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Geometry {
    /// That of the entries with exponent `$1 \le p \le \infty$`.
    Lp(f64),
    /// That of the singular values with exponent `$1 \le p \le \infty$`.
    Schatten(f64),
}

impl Geometry {
    /// The largest entry.
    pub const MAXIMUM: Self = Self::Lp(f64::INFINITY);
    /// The sum of the singular values.
    pub const NUCLEAR: Self = Self::Schatten(1.0);
    /// The largest singular value.
    pub const SPECTRAL: Self = Self::Schatten(f64::INFINITY);

    /// The norm of `w`.
    ///
    /// # Errors
    /// An exponent that is none.
    pub fn norm(self, w: &Matrix) -> Result<f64, CellError> {
        let norm = self.exponent()?;
        Ok(match self {
            Self::Lp(_) => norm.of(w.as_slice()),
            Self::Schatten(_) => SchattenNorm::new(norm, w.nrows(), w.ncols()).of(w.as_slice()),
        })
    }

    /// The AttSVM of a selection, certified.
    ///
    /// # Errors
    /// An exponent that is none; misuse of the solver.
    pub fn att_svm(
        self,
        data: &Dataset,
        selection: &TokenSelection,
    ) -> Result<Certified, CellError> {
        let norm = self.exponent()?;
        match self {
            Self::Lp(_) => att_svm(data, selection, norm),
            Self::Schatten(_) => schatten_att_svm(data, selection, norm),
        }
    }

    /// The same for the trainer.
    ///
    /// # Errors
    /// An exponent that is none.
    pub fn key_query_norm(self) -> Result<KeyQueryNorm, CellError> {
        let norm = self.exponent()?;
        Ok(match self {
            Self::Lp(_) => KeyQueryNorm::Entries(norm),
            Self::Schatten(_) => KeyQueryNorm::SingularValues(norm),
        })
    }

    fn exponent(self) -> Result<Norm, CellError> {
        let (Self::Lp(p) | Self::Schatten(p)) = self;
        Norm::new(p).map_err(CellError::from)
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Lp(f64::INFINITY) => write!(f, "maximum norm"),
            Self::Lp(p) => write!(f, "l{p}"),
            Self::NUCLEAR => write!(f, "nuclear norm"),
            Self::SPECTRAL => write!(f, "spectral norm"),
            Self::Schatten(p) => write!(f, "S{p}"),
        }
    }
}
