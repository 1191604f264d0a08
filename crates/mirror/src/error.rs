//! What a caller of this crate can get wrong.

use thiserror::Error;

/// Misuse, or an iterate that left the range of `f64`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// An exponent outside $(1, \infty)$.
    #[error("p = {p} is no exponent of a mirror map: it must be finite and greater than 1")]
    InvalidExponent {
        /// The exponent given.
        p: f64,
    },
}
