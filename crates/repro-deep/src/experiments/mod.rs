//! The experiments on real data: one unit struct each.

use mirrorhead_repro::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] = &[];
