//! How cells are run, and what becomes of them.

use std::sync::Arc;

use super::interruption::Interruption;
use super::store::{CellStore, FinishedCell};
use crate::experiment::{CellError, Scope};
use crate::origin::Origin;

/// What to do with the remaining cells once one has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Start no more.
    Stop,
    /// Run them all the same.
    KeepGoing,
}

/// What became of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum CellStatus {
    /// It has a result.
    Finished {
        /// The result.
        result: FinishedCell,
        /// Whether the result was already there.
        reused: bool,
    },
    /// It ended with an error.
    Failed(CellError),
    /// It was never started, because another one failed or the run was interrupted.
    Skipped,
}

impl CellStatus {
    /// The status of another cell with the same result.
    pub(super) fn seen_again(self) -> Self {
        match self {
            Self::Finished { result, .. } => Self::Finished { result, reused: true },
            other => other,
        }
    }
}

/// How cells are run.
pub struct Run<'a> {
    /// Where finished cells are kept.
    pub store: &'a CellStore,
    /// What was asked for.
    pub scope: &'a Scope,
    /// Where this runs, which each cell keeps.
    pub origin: &'a Arc<Origin>,
    /// Number of threads.
    pub jobs: usize,
    /// What to do with the remaining cells once one has failed.
    pub after_failure: AfterFailure,
    /// What may end the run early.
    pub interruption: &'a Interruption,
}
