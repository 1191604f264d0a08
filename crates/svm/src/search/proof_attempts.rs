//! When a proof that there is no solution is looked for.

use crate::farkas_certificate::FEW_UNKNOWNS;
use crate::interior_point::Ending;

/// When to look for a Farkas certificate: in vain it takes longer than an iteration where unknowns are many, and the margin
/// may vanish a hundred times over.
pub(super) struct ProofAttempts {
    are_cheap: bool,
    made: usize,
    passed: usize,
}

impl ProofAttempts {
    pub fn over(unknowns: usize) -> Self {
        Self { are_cheap: unknowns <= FEW_UNKNOWNS, made: 0, passed: 0 }
    }

    /// Whether it is time: each time after one more that the margin vanished than before, and at the end.
    pub fn is_next(&mut self, ending: Ending) -> bool {
        let waits = !self.are_cheap && ending == Ending::Vanishing && self.passed < self.made;
        if waits {
            self.passed += 1;
        } else {
            (self.made, self.passed) = (self.made + 1, 0);
        }
        !waits
    }
}
