//! The figures and verdicts of the stability experiment.

use mirrorhead_harness::{Claim, Summary};

use super::cell::{StabilityConfig, StabilityOutcome};

/// The claims, in order.
pub const CLAIMS: [Claim; 0] = [];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(
    _: &[(StabilityConfig, StabilityOutcome)],
    _: &dyn Fn(&StabilityConfig) -> String,
) -> Summary {
    Summary::default()
}
