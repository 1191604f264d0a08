//! Why a certificate is not one.

use thiserror::Error;

/// Why a certificate is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refutation {
    /// It is about a problem of another size.
    #[error("the certificate is for another problem: {what}: expected {expected}, found {found}")]
    ShapeMismatch {
        /// What doesn't fit.
        what: &'static str,
        /// The size of the problem.
        expected: usize,
        /// The size found.
        found: usize,
    },
    /// The operator doesn't know this row exactly, so that nothing can be checked.
    #[error("row {row} isn't known exactly: its entries leave the range of double precision")]
    RowNotExact {
        /// The row.
        row: usize,
    },
    /// `$w$`, or some multiplier, isn't finite, or a multiplier is negative.
    #[error("{what} {index} is not {expectation}")]
    InvalidEntry {
        /// Of which vector.
        what: &'static str,
        /// Its position.
        index: usize,
        /// What it has to be.
        expectation: &'static str,
    },
    /// `$w$` doesn't prove the lower bound: a constraint fails, or its norm is too large.
    #[error("w does not prove the lower bound {lower:?} on the margin")]
    LowerBound {
        /// The bound claimed.
        lower: String,
    },
    /// `$\lambda$` doesn't prove the upper bound.
    #[error("the multipliers do not prove the upper bound {upper:?} on the margin")]
    UpperBound {
        /// The bound claimed.
        upper: String,
    },
    /// Column `column` of `$A^\top\lambda$` isn't zero.
    #[error("the rows do not cancel: column {column} of their combination isn't zero")]
    DoesNotCancel {
        /// The column.
        column: usize,
    },
    /// No combination of the rows that cancels is proven to be next to this one.
    #[error("no combination of the rows that cancels is proven to be next to the multipliers")]
    NotNearby,
    /// `$(w, \beta)$` doesn't prove the upper bound on the objective of a soft margin.
    #[error("w does not prove the upper bound {upper:?} on the objective")]
    ObjectiveAbove {
        /// The bound claimed.
        upper: String,
    },
    /// `$\lambda$` doesn't prove the lower bound on it.
    #[error("the multipliers do not prove the lower bound {lower:?} on the objective")]
    ObjectiveBelow {
        /// The bound claimed.
        lower: String,
    },
    /// `$y^\top\lambda$` isn't zero, though there is an intercept.
    #[error("the multipliers of the two labels do not add up to the same")]
    Unbalanced,
    /// It is about a problem of another kind: an objective where a margin was asked for, or the other way round.
    #[error("the certificate is for a problem of another kind")]
    OtherProblem,
    /// `$w$` doesn't satisfy this row of `$E w = 0$`, whose entries it was to satisfy exactly.
    #[error("w does not satisfy equality {row}")]
    EqualityBroken {
        /// The row.
        row: usize,
    },
    /// `$b^\top\lambda$` isn't positive.
    #[error("the bounds cancel as well: their combination isn't positive")]
    BoundsCancel,
}
