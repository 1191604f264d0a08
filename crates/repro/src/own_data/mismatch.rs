//! A result and data that don't belong together.

use std::error::Error;
use std::path::Path;

/// What is wrong with a `file` of other data than those of the `result`.
pub fn other_data(file: &Path, result: &Path) -> Box<dyn Error> {
    let (file, result) = (file.display(), result.display());
    format!("{file}: these aren't the data of {result}: the SHA-256 differs").into()
}
