//! A folder that one process works in at a time: an advisory lock that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use crate::error::ReproError;

/// The name of the file that is locked; it stays behind, and means nothing then.
const FILE: &str = ".lock";

/// A locked folder, until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder that exists. Where the file system has no locks, nothing is locked.
    ///
    /// # Errors
    /// [`ReproError::Busy`] if another process has it; the file can't be written.
    pub fn take(folder: &Path) -> Result<Self, ReproError> {
        let path = folder.join(FILE);
        let unwritable = |source| ReproError::Unwritable { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(20).read_to_string(&mut holder);
                return Err(ReproError::Busy { folder: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let busy = FolderLock::take(folder.path()).unwrap_err().to_string();
        assert!(busy.contains(&std::process::id().to_string()) && busy.contains("--out"), "{busy}");
        drop(lock);
        FolderLock::take(folder.path()).unwrap();
    }
}
