//! The experiments on real data: one unit struct each.

mod cifar10;
mod cifar10_findings;
mod cifar10_profile;
mod imdb;
mod imdb_findings;
mod imdb_profile;
mod over_seeds;
mod run_lines;
mod single_head_imdb;
mod single_head_imdb_exhibits;
mod single_head_imdb_findings;
mod step_sizes;
mod token_selection;
mod weights;

use mirrorhead_repro::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] = &[
    &imdb::Imdb,
    &cifar10::Cifar10,
    &weights::Weights,
    &token_selection::TokenSelection,
    &single_head_imdb::SingleHeadImdb,
];
