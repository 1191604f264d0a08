//! The domain of a potential, and what lies outside of it.

use thiserror::Error;

/// Why a tensor is no point of the domain of a [`Potential`](crate::Potential).
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OutsideDomain {
    /// A matrix of another shape than the potential's.
    #[error("it is {found:?} (rows, columns), the potential is one of {expected:?} matrices")]
    Shape {
        /// Rows and columns of the potential's matrices.
        expected: (usize, usize),
        /// Rows and columns found.
        found: (usize, usize),
    },
    /// An entry that is zero or negative where the domain has positive ones only.
    #[error("entry {index} is {value}, every entry must be positive")]
    NotPositive {
        /// Position, column after column.
        index: usize,
        /// The entry.
        value: f64,
    },
    /// An entry that is too large where the domain is bounded.
    #[error("entry {index} is {value}, every entry must be below {bound} in size")]
    NotBelow {
        /// Position, column after column.
        index: usize,
        /// The entry.
        value: f64,
        /// What bounds its size.
        bound: f64,
    },
    /// Entries that do not sum to one.
    #[error("its entries sum to {sum}, not to 1")]
    SumNotOne {
        /// What they sum to.
        sum: f64,
    },
}
