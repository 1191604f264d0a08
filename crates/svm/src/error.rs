//! What a caller of the solver can get wrong.

use std::convert::Infallible;

use mirrorhead_kernels::{InvalidSetting, KernelError};
use mirrorhead_mirror::InvalidExponent;
use thiserror::Error;

/// Misuse of this crate. What a correct solver can find about the data is an
/// [`Outcome`](crate::Outcome) instead.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SvmError {
    /// There is nothing to solve.
    #[error("the constraint matrix has no {what}: at least one is needed")]
    Empty {
        /// `"rows"` or `"columns"`.
        what: &'static str,
    },
    /// A constraint row whose entries double precision cannot hold: its size overflows, or is so
    /// small that its entries have lost their digits or vanished.
    #[error(
        "constraint row {row} has size {size:e}, outside the range {:e} to {:e} of double precision: \
         rescale the data",
        f64::MIN_POSITIVE,
        f64::MAX
    )]
    RowOutOfRange {
        /// The row.
        row: usize,
        /// Its computed size; zero if it vanished without being a row of zeros.
        size: f64,
    },
    /// No right-hand side is positive, so that `$w = 0$` is the solution.
    #[error("no bound is positive: w = 0 satisfies every constraint and has no direction")]
    NoPositiveBound,
    /// The intercept alone satisfies every constraint, as it does where all signs are the same.
    #[error(
        "w = 0 with the intercept {intercept:e} satisfies every constraint and has no direction"
    )]
    InterceptSuffices {
        /// `$\beta$`.
        intercept: f64,
    },
    /// An entry of a sparse row in a column that is not there, or not in increasing order.
    #[error(
        "row {row} has an entry in column {column}: columns must increase and be below {ncols}"
    )]
    InvalidColumn {
        /// The row.
        row: usize,
        /// The column named.
        column: usize,
        /// Number of columns.
        ncols: usize,
    },
    /// Offsets of sparse rows that are negative, decrease, or don't run from 0 to the number of entries.
    #[error(
        "offset {position} of the sparse rows isn't in order: offsets increase from 0 to the number of \
         entries, {entries}"
    )]
    InvalidOffsets {
        /// The first that is out of order.
        position: usize,
        /// Number of entries.
        entries: usize,
    },
    /// An equality that isn't known exactly, or whose entries double precision cannot hold.
    #[error(
        "equality {row}, of size {size:e}, isn't known exactly: its entries leave the range of double precision"
    )]
    InvalidEquality {
        /// The row.
        row: usize,
        /// Its computed size.
        size: f64,
    },
    /// All labels are the same, so that there is nothing to tell apart.
    #[error("{classes} class among {labels} labels: at least two are needed")]
    OneClass {
        /// Classes found.
        classes: usize,
        /// Labels given.
        labels: usize,
    },
    /// The price of a row that isn't positive and finite.
    #[error("row {row} has the price {value}: prices must be positive and finite")]
    InvalidPrice {
        /// The row.
        row: usize,
        /// Its price.
        value: f64,
    },
    /// A problem whose smaller side is larger than what may be factored.
    #[error("a matrix of {size} rows would have to be factored, and max_factor_rows is {most}")]
    TooLarge {
        /// Rows of the matrix.
        size: usize,
        /// The setting.
        most: usize,
    },
    /// Sizes that don't agree, entries that aren't finite, labels other than 1 and -1.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// An exponent of no norm.
    #[error(transparent)]
    InvalidExponent(#[from] InvalidExponent),
    /// A setting outside its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
}

impl From<Infallible> for SvmError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
