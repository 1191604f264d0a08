//! The experiments: one unit struct each.

mod descent;
mod series;

use crate::experiment::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] = &[&descent::Descent];
