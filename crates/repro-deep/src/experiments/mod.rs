//! The experiments on real data: a folder and a unit struct each.

mod cifar10;
mod imdb;
mod shared;
mod single_head_imdb;
mod token_selection;
mod weights;

use mirrorhead_harness::AnyExperiment;

/// Every experiment, in the order of the paper.
pub const ALL: &[&dyn AnyExperiment] = &[
    &imdb::Imdb,
    &cifar10::Cifar10,
    &weights::Weights,
    &token_selection::TokenSelection,
    &single_head_imdb::SingleHeadImdb,
];
