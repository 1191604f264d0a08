//! What a path costs.

use serde::{Deserialize, Serialize};

/// What a path cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathWork {
    /// Newton iterations, each with a factorization and as many gradients as unknowns.
    pub newton_iterations: u64,
    /// Steps of descent, each with one gradient.
    pub descent_steps: u64,
    /// Stretches between two radii that had to be divided.
    pub divisions: u64,
    /// Radii that continuation did not reach and descent did: folds of the path.
    pub jumps: u64,
}
