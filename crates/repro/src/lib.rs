//! Experiments that reproduce the paper, and the commands for your own data.
//!
//! | noun | what it is |
//! |---|---|
//! | [`registry`] | the core experiments, which need no deep-learning framework and no data |
//! | [`ON_DEMAND`] | the names of those that `mirrorhead-repro-deep` adds |
//! | [`certified`] | the SVMs of a selection, solved to a certified gap |
//! | [`DataFile`] | bring your own data: JSON or NPZ |
//! | [`Cli`] | the command line of the `mirrorhead-repro` binary |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]
// Tests compare with the system's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod build;
mod cli;
mod experiments;
mod on_demand;
mod own_data;
mod registry;
mod shared;
mod study;

pub use cli::{Cli, Command};
pub use on_demand::{ON_DEMAND, REAL_DATA};
pub use own_data::{DataError, DataFile, DataProblem, DataWarning, Foreign, parse_selection};
pub use registry::registry;
pub use shared::certified;

/// How to add an experiment: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-an-experiment.md")]
struct AddAnExperiment;
