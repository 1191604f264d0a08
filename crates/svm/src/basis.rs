//! The rows that are solved for, for others to be cancelled.

use serde::{Deserialize, Serialize};

use crate::dependent_columns::DependentColumn;

/// What has to change for rows to cancel exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basis {
    /// The rows whose multipliers change, each by less than itself.
    pub rows: Vec<usize>,
    /// The columns that need no row, since they cancel where the others do.
    pub dependent_columns: Vec<DependentColumn>,
}
