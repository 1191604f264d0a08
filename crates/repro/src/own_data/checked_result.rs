//! What is said of a result that is checked, whichever command it is of.

use std::error::Error;
use std::fmt::Display;
use std::path::Path;

use mirrorhead_harness::{ExitStatus, note, say};

/// What is wrong with a `file` of other data than those of the `result`.
pub fn other_data(file: &Path, result: &Path) -> Box<dyn Error> {
    let (file, result) = (file.display(), result.display());
    format!("{file}: these aren't the data of {result}: the SHA-256 differs").into()
}

/// Says whether `what` was proven.
pub fn told(what: &dyn Display, checked: Result<(), impl Display>) -> ExitStatus {
    match checked {
        Ok(()) => {
            say(&format!("proven, from the data alone: {what}\n"));
            ExitStatus::Certified
        }
        Err(refutation) => {
            note(&format!("not proven: {what}: {refutation}"));
            ExitStatus::Differs
        }
    }
}
