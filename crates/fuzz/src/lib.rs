//! Mutated inputs for every reader, constructor and solver: none may panic, hang, or believe nonsense.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Target`] | what is tried: seeds, and what is done with an input |
//! | [`TARGETS`] | all of them |
//! | [`Campaign`] | inputs drawn from a seed, kept where they show something new |
//! | [`SplitMix`] | random numbers that follow from a seed |
//! | [`Found`] | an input that broke its target |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod campaign;
mod mutation;
mod numbers;
mod readers;
mod solvers;
mod splitmix;
mod target;

pub use campaign::{Campaign, Found, hush_panics, try_one};
pub use splitmix::SplitMix;
pub use target::{TARGETS, Target};
