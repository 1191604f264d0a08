//! What can be wrong with the settings of the optimizer.

use mirrorhead_kernels::InvalidSetting;
use mirrorhead_mirror::{InvalidExponent, MirrorError};
use thiserror::Error;

/// A setting that is none of mirror descent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeepError {
    /// An exponent that is none of a mirror map.
    #[error(transparent)]
    InvalidExponent(#[from] InvalidExponent),
    /// A setting that is out of its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// A method that doesn't act on one tensor, or is none.
    #[error(transparent)]
    Method(#[from] MirrorError),
}
