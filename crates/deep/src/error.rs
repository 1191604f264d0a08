//! What a caller of this crate can get wrong.

use mirrorhead_mirror::MirrorError;
use thiserror::Error;

/// Misuse of an optimizer, a model or a training run.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DeepError {
    /// An exponent that is none of a mirror map.
    #[error(transparent)]
    Geometry(#[from] MirrorError),
    /// A setting that is out of its range.
    #[error("{name} = {value} is out of range: it must be {expected}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
}
