//! The bytes of a file that somebody names: a file, or a pipe that is already open.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::limits::MOST_BYTES;
use super::{DataError, DataProblem};

/// The contents of a file, not looked at yet; at most [`MOST_BYTES`] of them.
///
/// # Errors
/// A file that can't be read or is too large. A folder; a named pipe, which would be waited for
/// until somebody writes to it. (What the shell hands over, under `/dev`, is open already.)
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, DataError> {
    let refuse = |problem| Err(DataError::new(path, problem));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return refuse(DataProblem::Unreadable(error)),
    };
    if metadata.is_dir() {
        let (what, remedy) = ("a folder", "give the file in it that holds the data");
        return refuse(DataProblem::NotAFile { what, remedy });
    }
    if is_named_pipe(&metadata) && !path.starts_with("/dev") && !path.starts_with("/proc") {
        let (what, remedy) = ("a named pipe", "give a file, or pipe its contents to /dev/stdin");
        return refuse(DataProblem::NotAFile { what, remedy });
    }
    if metadata.len() > MOST_BYTES {
        return refuse(DataProblem::TooManyBytes);
    }
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Err(error) => refuse(DataProblem::Unreadable(error)),
        Ok(bytes) if bytes.len() as u64 > MOST_BYTES => refuse(DataProblem::TooManyBytes),
        Ok(bytes) => Ok(bytes),
    }
}

#[cfg(unix)]
fn is_named_pipe(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_named_pipe(_: &fs::Metadata) -> bool {
    false
}
