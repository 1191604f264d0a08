//! The rows that are solved for, for others to be cancelled.

use serde::{Deserialize, Serialize};

/// What has to change for rows to cancel exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basis {
    /// The rows whose multipliers change, each by less than itself.
    pub rows: Vec<usize>,
    /// What columns are replaced by before, one after another.
    pub reduced_columns: Vec<ReducedColumn>,
}

/// A column less a combination of others: `$A_{\cdot k} \leftarrow d A_{\cdot k} - \sum_l c_l A_{\cdot l}$` with `$d \ne 0$` and
/// `$l \ne k$`. Rows cancel after it just if they do before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReducedColumn {
    /// `$k$`.
    pub column: usize,
    /// `$d$`.
    pub factor: f64,
    /// `$(l, c_l)$`.
    pub terms: Vec<(usize, f64)>,
}
