//! The `reproduce` command.

mod arguments;
mod closing;
mod estimate;
pub mod interrupt;
mod listing;
mod plan;
mod reproduce;
mod section;

pub use arguments::ReproduceArgs;
pub use reproduce::reproduce;

use crate::exit::ExitStatus;

/// How a command ends: with a status, or with misuse that is told to the user.
pub type Ended = Result<ExitStatus, Box<dyn std::error::Error>>;

/// Prints to standard output; a reader that has gone away is no error.
pub fn say(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
