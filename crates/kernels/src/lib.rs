//! Domain-free `f64` numerics: what attention, mirror maps and the SVM solver all stand on.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Matrix`] | a dense, contiguous, column-major matrix: one slice for entrywise geometry, one faer view for products |
//! | [`TokenBatch`] | sequences of tokens of different lengths |
//! | [`softmax`], [`log_softmax`], [`softmax_jacobian`] | saturation-proof softmax, and its Jacobian applied to scores without cancellation |
//! | [`elementary`] | exponentials, logarithms and powers without the system's mathematics library |
//! | [`softplus`] | `$\log(1 + e^x)$` |
//! | [`LogScaled`] | a value carried as `$e^{m} G$`, so that an exponentially small gradient never underflows |
//! | [`SignedPower`] | `$x \mapsto \operatorname{sign}(x)\,\lvert x\rvert^{e}$`, exact and fast for the exponents that matter |
//! | [`lp_norm`], [`max_abs`] | norms that neither overflow nor underflow |
//! | [`Svd`], [`singular_values`] | singular values, and functions of them |
//! | [`dense`] | products and factorizations of dense matrices, faer's, compiled once |
//! | [`LinearOperator`], [`DenseRows`] | constraint matrices `$A$` that need not be stored |
//! | [`Watched`] | settings, and functions of the caller that may interrupt what they are for |
//! | [`GramMut`] | the lower triangle of `$A D A^\top$`, to be filled in |
//!
//! [`Matrix`] converts from and to the matrices of [`faer`], and with the features `ndarray` and `nalgebra`
//! those of these libraries.
//!
//! Nothing here knows what a token means, prints, reads a clock or opens a file. Every result is
//! bitwise the same whatever the number of threads.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod compensated_sums;
mod conversions;
pub mod dense;
pub mod elementary;
mod enclosed_dot;
mod enclosure;
mod error;
mod exponential;
mod gram;
mod labelled_rows;
mod lanes;
mod log_scaled;
mod matrix;
mod norms;
mod operator;
mod operator_reference;
mod power;
mod products;
mod roots;
mod signed_power;
mod softmax;
mod svd;
mod tokens;
mod twofold;
mod watched;

pub use compensated_sums::{CompensatedSums, EXACT_PRODUCT};
pub use enclosed_dot::enclosed_dot;
pub use enclosure::{Enclosure, two_product, two_sum};
pub use error::{InvalidSetting, KernelError};
pub use exponential::softplus;
pub use gram::GramMut;
pub use lanes::simd_dispatch;
pub use log_scaled::LogScaled;
pub use matrix::Matrix;
pub use norms::{lp_norm, max_abs};
pub use operator::{DenseRows, LinearOperator};
pub use products::{PARALLEL_WORK, add_scaled, dot, product, rows_times, weighted_rows};
pub use signed_power::SignedPower;
pub use softmax::{
    SoftmaxJacobian, log_softmax, log_sum_exp, position_of_max, softmax, softmax_jacobian,
};
pub use svd::{Svd, singular_values};
pub use tokens::TokenBatch;
pub use twofold::{Twofold, TwofoldVector};
pub use watched::Watched;

/// The example of the crate's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
