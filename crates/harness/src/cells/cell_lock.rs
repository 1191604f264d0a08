//! The right to run a cell: an advisory lock that dies with its process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::error::ReproError;
use crate::machine::host;

/// The right to run a cell, until this is dropped or the process ends, however it ends.
///
/// Whoever gets it looks the cell up once more before running it: its result may have been kept since.
#[derive(Debug)]
pub struct CellLock {
    path: PathBuf,
    file: File,
    /// Whether the cell's result is kept, after which nobody needs the file.
    done: bool,
}

/// How often a folder is created that somebody else removes.
const TRIES: usize = 20;

/// What came of asking for the right to run a cell.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(CellLock),
    /// Another process has it: `PID on HOST`, as far as it is known.
    Theirs(String),
}

impl CellLock {
    /// Asks for the lock in this file. Where the file system has no locks, everybody gets it.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn claim(path: PathBuf) -> Result<Claimed, ReproError> {
        let unwritable = |source| ReproError::Unwritable { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let open = || options.open(&path);
        // Somebody who tidies may remove the empty folder just before.
        let in_new_folder = |_| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            open()
        };
        let again = (0..TRIES).fold(open(), |file, _| file.or_else(in_new_folder));
        let mut file = again.map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {
                let holder = format!("{} on {}", std::process::id(), host());
                let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(300).read_to_string(&mut holder);
                return Ok(Claimed::Theirs(holder));
            }
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Claimed::Ours(Self { path, file, done: false }))
    }

    /// Removes the file of a cell whose result is kept, if nobody holds its lock.
    pub fn sweep(path: &Path) {
        let Ok(file) = File::open(path) else { return };
        if file.try_lock().is_ok() {
            // Whoever opened it before looks the cell up, and finds the result.
            let _ = fs::remove_file(path);
        }
    }

    /// The cell's result is kept: the lock is over, and its file goes. As long as there is no result, the
    /// file stays, so that all who ask agree on it.
    pub fn done(mut self) {
        self.done = true;
    }
}

impl Drop for CellLock {
    fn drop(&mut self) {
        if self.done {
            // Before the lock ends: whoever waits for it finds the result.
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(path: &std::path::Path) -> Claimed {
        CellLock::claim(path.to_owned()).unwrap()
    }

    #[test]
    fn a_cell_is_claimed_once_and_free_again_without_a_result() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("running/toy/key");
        let Claimed::Ours(lock) = claim(&path) else { panic!("nobody has it") };
        let Claimed::Theirs(holder) = claim(&path) else { panic!("claimed twice") };
        assert!(holder.contains(&format!("{} on {}", std::process::id(), host())), "{holder}");
        drop(lock);
        let Claimed::Ours(lock) = claim(&path) else { panic!("it was given back") };
        assert!(path.exists());
        lock.done();
        assert!(!path.exists());
    }
}
