//! Why one cell of an experiment has no result.

use thiserror::Error;

/// Why one cell of an experiment has no result, or why an experiment refuses a scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CellError {
    /// What should never happen, or a file that is missing.
    #[error("{reason}")]
    Failed {
        /// A sentence.
        reason: String,
    },
    /// The cell was asked to stop ([`Workbench::interrupted`](crate::Workbench::interrupted)), and its
    /// checkpoint is saved.
    #[error("stopped at a checkpoint; the same command again goes on from there")]
    Interrupted,
}

impl CellError {
    /// A failure, for any displayable reason.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self::Failed { reason: reason.to_string() }
    }
}
