//! What a flow costs.

use serde::{Deserialize, Serialize};

/// What a flow cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowWork {
    /// Steps taken.
    pub steps: u64,
    /// Steps that were too inaccurate.
    pub rejected: u64,
    /// Steps with a stage that could not be solved.
    pub unsolved: u64,
    /// Newton matrices, each with one factorization and as many gradients as unknowns.
    pub jacobians: u64,
    /// Newton iterations, each with one gradient.
    pub newton_iterations: u64,
    /// Gradients in all.
    pub gradients: u64,
}

impl FlowWork {
    /// Steps tried, whatever became of them.
    pub(super) fn tried(&self) -> u64 {
        self.steps + self.rejected + self.unsolved
    }
}
