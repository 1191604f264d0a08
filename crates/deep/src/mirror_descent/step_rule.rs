//! How long the steps of mirror descent are.

use serde::{Deserialize, Serialize};

/// The direction `$d$` that a step makes of the gradient `$g$` of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepRule {
    /// `$d = g$`: the paper's real-data experiments.
    Unnormalized,
    /// `$d = g / \lVert g\rVert_q$`, `$q = p/(p-1)$`, every tensor by the dual norm of its own gradient;
    /// a zero gradient stays zero. The paper's synthetic experiments.
    DualNormalized,
}
