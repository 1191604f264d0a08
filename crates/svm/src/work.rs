//! What a solve cost, in operations that do not depend on the machine.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Operations done by a solve. Unlike seconds they are the same on every machine, so that a test
/// can pin them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkCounters {
    /// Interior-point iterations.
    pub iterations: usize,
    /// Cholesky factorizations.
    pub factorizations: usize,
    /// Triangular solves with such a factor (one forward, one backward).
    pub solves: usize,
    /// Steps of conjugate gradients, where more rows were in play than are factored.
    pub conjugate_gradients: usize,
    /// Rounds over the working set of rows: 1 when every row was in it from the start.
    pub rounds: usize,
    /// Rows in the largest matrix factored.
    pub largest_factor: usize,
}

impl AddAssign for WorkCounters {
    fn add_assign(&mut self, other: Self) {
        self.iterations += other.iterations;
        self.factorizations += other.factorizations;
        self.solves += other.solves;
        self.conjugate_gradients += other.conjugate_gradients;
        self.rounds += other.rounds;
        self.largest_factor = self.largest_factor.max(other.largest_factor);
    }
}
