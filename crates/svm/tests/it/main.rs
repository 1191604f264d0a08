//! The tests of this crate, in one program: linking one costs less than linking many.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod attention_sizes;
mod certified;
mod classifier;
mod common;
mod contradictions;
mod equalities;
mod every_exponent;
mod exact;
mod exchanges;
mod golden;
mod hard_data;
mod intercept;
mod many_digits;
mod misuse;
mod nasty;
mod objectives;
mod paths;
mod properties;
mod range;
mod schatten;
mod soft;
mod soft_units;
mod sparse;
