//! What the Python package `mirrorhead` is made of: functions over arrays, each a call of the Rust crates.
//!
//! | file | noun |
//! |---|---|
//! | `arrays` | numpy arrays in and out |
//! | `errors` | which exception an error becomes |
//! | `worker` | a pool that survives a fork, Ctrl-C and progress while it works |
//! | `settings` | what Python's keyword arguments become |
//! | `svm/` | rows, solves, classifiers, proofs |
//! | `attention/` | data, training, certificates, flow, path, basins |
//! | `mirror` | mirror descent over arrays |
//!
//! All classes and all documentation are in Python.

mod arrays;
mod attention;
mod errors;
mod mirror;
mod settings;
mod svm;
mod worker;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::attention::certify::{
        certify, certify_selection, max_margin_decoder, max_margin_key_query,
    };
    #[pymodule_export]
    use crate::attention::dataset::{
        Dataset, attention_weights, gaussian_matrix, sphere_tokens, token_scores, toy_pair,
    };
    #[pymodule_export]
    use crate::attention::proof::{verify_selection, verify_selection_farkas};
    #[pymodule_export]
    use crate::attention::selections::{basins, enumerate_selections};
    #[pymodule_export]
    use crate::attention::trails::{mirror_flow, regularization_path};
    #[pymodule_export]
    use crate::attention::training::train;
    #[pymodule_export]
    use crate::mirror::{MirrorDescent, directional_bregman, inverse_mirror_map, mirror_map};
    #[pymodule_export]
    use crate::svm::classifier::fit_separators;
    #[pymodule_export]
    use crate::svm::equalities::{
        max_margin_under_equalities, verify_equality_farkas, verify_under_equalities,
    };
    #[pymodule_export]
    use crate::svm::hard::{max_margin, max_margin_path};
    #[pymodule_export]
    use crate::svm::proof::{margin_interval, verify_farkas, verify_interval};
    #[pymodule_export]
    use crate::svm::separator_proof::verify_separators;
    #[pymodule_export]
    use crate::worker::n_threads;
}
