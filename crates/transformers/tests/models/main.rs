//! The models, against PyTorch and in training.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod pytorch;
mod training;
