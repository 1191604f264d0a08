//! The tests of this crate, in one program: linking one costs less than linking eight.

// Tests compare with the system's functions.
#![allow(clippy::disallowed_methods)]

mod conversions;
mod elementary;
mod jacobian;
mod labelled_rows;
mod matrix;
mod norms;
mod operator_reference;
mod products;
mod reference;
mod signed_power;
mod softmax;
mod svd;
mod tokens;
