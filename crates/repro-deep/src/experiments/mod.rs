//! The experiments on real data: a folder and a unit struct each.

mod cifar10;
mod cifar10_equal_fit;
mod equal_fit;
mod imdb;
mod imdb_equal_fit;
mod recipe;
mod shared;
mod single_head_imdb;
mod token_selection;
mod view_of_imdb;
mod weights;

use mirrorhead_harness::Entry;

use view_of_imdb::ViewOfImdb;

/// SHA-256 of the code that cells on reviews depend on: three experiments look at the same ones.
const REVIEWS: &str = env!("FINGERPRINT_imdb");

/// Every experiment, in the order of the paper.
pub const ALL: &[Entry] = &[
    Entry { experiment: &imdb::Imdb, fingerprint: REVIEWS },
    Entry {
        experiment: &imdb_equal_fit::ImdbEqualFit,
        fingerprint: env!("FINGERPRINT_imdb_equal_fit"),
    },
    Entry { experiment: &cifar10::Cifar10, fingerprint: env!("FINGERPRINT_cifar10") },
    Entry {
        experiment: &cifar10_equal_fit::Cifar10EqualFit,
        fingerprint: env!("FINGERPRINT_cifar10_equal_fit"),
    },
    Entry { experiment: &recipe::Recipe, fingerprint: env!("FINGERPRINT_recipe") },
    Entry { experiment: &ViewOfImdb(weights::Weights), fingerprint: REVIEWS },
    Entry { experiment: &ViewOfImdb(token_selection::TokenSelection), fingerprint: REVIEWS },
    Entry {
        experiment: &single_head_imdb::SingleHeadImdb,
        fingerprint: env!("FINGERPRINT_single_head_imdb"),
    },
];
