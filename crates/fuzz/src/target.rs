//! What is tried.

use crate::{readers, solvers};

/// Something that takes bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Takes an input; panics if it is mistreated. What is returned says how the input was taken: an
    /// input that is taken in a new way is worth changing further.
    pub run: fn(&[u8]) -> String,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "json", seeds: readers::json_seeds, run: readers::data_file },
    Target { name: "npz", seeds: readers::npz_seeds, run: readers::data_file },
    Target { name: "arrays", seeds: readers::array_seeds, run: readers::archive_of_arrays },
    Target { name: "selection", seeds: readers::selection_seeds, run: readers::selection },
    Target { name: "checkpoint", seeds: readers::checkpoint_seeds, run: readers::checkpoint },
    Target { name: "svmlight", seeds: readers::svmlight_seeds, run: readers::svmlight },
    Target { name: "constructors", seeds: solvers::seeds, run: solvers::constructors },
    Target { name: "training", seeds: solvers::seeds, run: solvers::training },
    Target { name: "svm", seeds: solvers::seeds, run: solvers::svm },
    Target { name: "soft", seeds: solvers::seeds, run: solvers::soft_margin },
    Target { name: "schatten", seeds: solvers::seeds, run: solvers::schatten },
];
