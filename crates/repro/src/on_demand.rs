//! The experiments that are built on demand: what `mirrorhead-repro-deep` adds to the registry.

use mirrorhead_harness::OnDemand;

/// The group of the experiments on real data.
pub const REAL_DATA: &str = "real-data";

/// Every experiment that is built on demand, in the order of the paper; a test of the larger binary holds
/// this against its registry.
pub const ON_DEMAND: &[OnDemand] = &[
    on_real_data("imdb", "Smaller p generalizes better: IMDb reviews"),
    on_real_data("imdb-equal-fit", "Smaller p at equal fit: IMDb reviews"),
    on_real_data("cifar10", "Mirror descent beside Adam: CIFAR-10 images"),
    on_real_data("cifar10-equal-fit", "Mirror descent beside Adam at equal fit: CIFAR-10 images"),
    on_real_data("recipe", "Which p, which start, which rate: a recipe on three models"),
    on_real_data("weights", "Smaller p makes sparser keys, queries and values"),
    on_real_data("token-selection", "Smaller p attends more to the decisive word"),
    on_real_data("single-head-imdb", "A single head on IMDb reviews beside its AttSVM"),
];

const fn on_real_data(name: &'static str, title: &'static str) -> OnDemand {
    OnDemand { name, group: REAL_DATA, title }
}
