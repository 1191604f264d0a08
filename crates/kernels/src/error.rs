//! What a caller of the kernels can get wrong.

use thiserror::Error;

/// Misuse of a constructor in this crate. The message names the place and the expectation.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// Nothing to work on.
    #[error("{what} is empty: at least one entry is needed")]
    Empty {
        /// The argument concerned.
        what: &'static str,
    },
    /// Two sizes that must agree do not.
    #[error("{what}: expected {expected} entries, found {found}")]
    ShapeMismatch {
        /// The argument concerned.
        what: String,
        /// The size that fits.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// A label of a classification problem that is neither +1 nor -1.
    #[error("label {index} is {value}: labels are +1 or -1")]
    NotALabel {
        /// The point concerned.
        index: usize,
        /// The offending label.
        value: f64,
    },
    /// A NaN or an infinity.
    #[error("{what}: entry {index} is {value}, every entry must be finite")]
    NotFinite {
        /// The argument concerned.
        what: String,
        /// Position within it.
        index: usize,
        /// The offending value.
        value: f64,
    },
}

/// Checks that every entry is finite.
pub(crate) fn require_finite(
    what: impl FnOnce() -> String,
    values: &[f64],
) -> Result<(), KernelError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(KernelError::NotFinite { what: what(), index, value: values[index] }),
    }
}
