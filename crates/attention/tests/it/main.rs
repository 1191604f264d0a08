//! The tests of this crate, in one program: linking one costs less than linking many.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod att_svm;
mod dataset;
mod difficult;
mod enclosed;
mod gradients;
mod loss;
mod many;
mod next_token;
mod reference;
mod samples;
mod saturation;
mod synthetic;
mod threads;
mod triples;
