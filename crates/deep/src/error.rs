//! What can be wrong with the settings of the optimizer.

use mirrorhead_mirror::MirrorError;
use thiserror::Error;

/// A setting that is none of mirror descent.
#[derive(Debug, Error)]
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
