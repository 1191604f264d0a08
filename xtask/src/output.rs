//! What a command says: never a panic where nobody takes it.

use std::io::{self, Write};

/// Prints a line to standard output; whoever has gone away doesn't want to know more.
pub fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line to standard error, where there is one that takes it.
pub fn note(line: &str) {
    let mut errors = io::stderr().lock();
    let _ = errors.write_all(format!("{line}\n").as_bytes()).and_then(|()| errors.flush());
}
