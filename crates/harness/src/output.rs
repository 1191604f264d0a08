//! What a command says, to standard output and to standard error: never a panic, and no silent loss.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use crate::exit::ExitStatus;

/// Why something that was said is lost, if it is.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints to standard output, at once. A reader that has gone away doesn't want to know more; any
/// other reason for which the text is lost becomes the [`status_after_output`] of the command.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Prints a line to standard error, where there is one that takes it.
pub fn note(line: &str) {
    let mut errors = io::stderr().lock();
    let _ = errors.write_all(format!("{line}\n").as_bytes()).and_then(|()| errors.flush());
}

/// How a command ends that would end with `status`: as misuse, if something that it said is lost.
pub fn status_after_output(status: ExitStatus) -> ExitStatus {
    match LOST.get() {
        None => status,
        Some(reason) => {
            note(&format!(
                "error: can't write to standard output ({reason}); what was computed is in its \
                 files: give the same command again with another output"
            ));
            ExitStatus::Misuse
        }
    }
}
