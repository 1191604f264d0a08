//! Files that were kept here, read back.

use std::path::Path;
use std::{fs, io};

/// The contents of a file; of nothing else, which might never end: a pipe that nobody writes to, a device.
///
/// # Errors
/// It can't be read, or is no file.
pub fn read_kept(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let kind = fs::metadata(path)?.file_type();
    // Folders have a word of their own.
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    fs::read(path)
}
