//! How a command ends, and what it prints.

use std::error::Error;
use std::io::Write;

use crate::exit::ExitStatus;

/// How a command ends: with a status, or with misuse that is told to the user.
pub type Ended = Result<ExitStatus, Box<dyn Error>>;

/// Prints to standard output; a reader that has gone away is no error.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
