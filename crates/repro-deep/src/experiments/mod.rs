//! The experiments on real data: one unit struct each.

mod cifar10;
mod cifar10_findings;
mod cifar10_profile;
mod cifar10_steps;
mod imdb;
mod imdb_findings;
mod imdb_profile;
mod imdb_steps;
mod over_seeds;
mod step_grid;

use mirrorhead_repro::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] =
    &[&imdb_steps::ImdbSteps, &imdb::Imdb, &cifar10_steps::Cifar10Steps, &cifar10::Cifar10];
