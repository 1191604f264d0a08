//! The paper's experiments on real data.
//!
//! | noun | what it is |
//! |---|---|
//! | [`processor`] | the framework's name of a device |
//! | [`registry`] | the core's experiments and those on real data, for the `mirrorhead-repro-deep` binary |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod data;
mod experiments;
mod measures;
mod registry;
mod training;

pub use registry::registry;
pub use training::processor::processor;
