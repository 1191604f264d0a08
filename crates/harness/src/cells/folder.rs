//! The output folder: checked before work begins, written atomically.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::ReproError;

/// How the name of a file begins that is being written.
const UNFINISHED: &str = ".unfinished-";

/// The same in earlier versions, with six more characters.
const UNFINISHED_BEFORE: &str = ".tmp";

/// Bytes written and removed again to see that the folder takes a report.
static PROBE: [u8; 1 << 18] = [0x5a; 1 << 18];

/// A folder that was written to successfully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFolder {
    path: PathBuf,
}

impl OutputFolder {
    /// Creates the folder where needed, writes and removes a file in it, and removes what other
    /// processes left there half written when they were killed.
    ///
    /// # Errors
    /// It can't be created or written.
    pub fn open(path: &Path) -> Result<Self, ReproError> {
        fs::create_dir_all(path).map_err(|e| unwritable(path, e))?;
        let probe = || unfinished(path)?.write_all(&PROBE);
        probe().map_err(|e| unwritable(path, e))?;
        let folder = Self { path: path.to_owned() };
        folder.sweep();
        Ok(folder)
    }

    /// Removes what was left half written by processes that are no more: those that are still at it
    /// hold a lock on their file.
    fn sweep(&self) {
        sweep(&self.path);
        // What is written below it: a folder of its own for each experiment's cells, and figures.
        for below in ["cells", "figures"].map(|name| self.path.join(name)) {
            sweep(&below);
            for entry in fs::read_dir(&below).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    sweep(&entry.path());
                }
            }
        }
    }

    /// The folder, without a check: enough to look whether something is there.
    pub fn for_reading(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes a file of the folder, if it is there.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn remove(&self, name: impl AsRef<Path>) -> Result<(), ReproError> {
        let target = self.path.join(name);
        match fs::remove_file(&target) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(unwritable(&target, e)),
            _ => Ok(()),
        }
    }

    /// Writes a file in the folder, all of it or nothing; returns its path.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, name: impl AsRef<Path>, contents: &[u8]) -> Result<PathBuf, ReproError> {
        let target = self.path.join(name);
        let parent = target.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent).map_err(|e| unwritable(parent, e))?;
        write_then_rename(parent, &target, contents)?;
        Ok(target)
    }
}

/// Removes what is left half written in one folder.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let before = name.strip_prefix(UNFINISHED_BEFORE).is_some_and(|rest| rest.len() == 6);
        let file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !file || !(before || name.starts_with(UNFINISHED)) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        // The lock is held until the file is gone, so that its writer can tell.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A reader sees the old file or the whole new one, even if this process stops in between.
fn write_then_rename(folder: &Path, target: &Path, contents: &[u8]) -> Result<(), ReproError> {
    let attempt = || {
        let mut file = unfinished(folder)?;
        file.write_all(contents)?;
        file.persist(target).map_err(|e| e.error)
    };
    attempt().map(drop).map_err(|e| unwritable(target, e))
}

/// A file of a name that nobody else has, locked so that nobody takes it for a leftover, and with
/// the permissions that the umask leaves of a file's.
fn unfinished(folder: &Path) -> std::io::Result<NamedTempFile> {
    loop {
        let mut named = Builder::new();
        named.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            named.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = named.tempfile_in(folder)?;
        // Somebody who sweeps may come between a file's creation and its lock.
        match file.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !file.path().exists() => {}
            // No lock where the file system has none.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> ReproError {
    ReproError::Unwritable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_appear_whole_and_nothing_else_is_left() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(&temp.path().join("a/b")).unwrap();
        let written = folder.write("c/file.txt", b"one").unwrap();
        folder.write("c/file.txt", b"two").unwrap();
        assert_eq!(fs::read(&written).unwrap(), b"two");
        assert_eq!(fs::read_dir(written.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_are_swept_and_files_that_are_being_written_are_not() {
        let temp = tempfile::tempdir().unwrap();
        for name in [".unfinished-a1b2c3", ".tmpA1b2C3", ".tmp-mine", "result.json"] {
            fs::write(temp.path().join(name), b"half").unwrap();
        }
        let below = temp.path().join("cells/descent");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join(".unfinished-d4e5f6"), b"half").unwrap();
        let writing = unfinished(temp.path()).unwrap();
        OutputFolder::open(temp.path()).unwrap();
        assert!(writing.path().exists());
        assert_eq!(fs::read_dir(&below).unwrap().count(), 0);
        fs::remove_dir_all(temp.path().join("cells")).unwrap();
        let names = fs::read_dir(temp.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names[..1], [".tmp-mine"]);
        assert_eq!(names[2..], ["result.json"]);
    }

    #[test]
    fn many_processes_may_open_a_folder_at_once() {
        let temp = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for k in 0..20 {
                        let folder = OutputFolder::open(temp.path()).unwrap();
                        folder.write("result.json", &[k]).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_permissions_that_the_umask_leaves() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().unwrap();
        let plain = temp.path().join("plain");
        fs::write(&plain, b"").unwrap();
        let written = OutputFolder::open(temp.path()).unwrap().write("file", b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&written), mode(&plain));
    }

    #[test]
    fn the_remedy_fits_what_is_in_the_way() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        fs::write(temp.path().join("file"), b"").unwrap();
        fs::create_dir(temp.path().join("result.json")).unwrap();
        fs::write(temp.path().join("result.json/inside"), b"").unwrap();
        let long = "x".repeat(300);
        for (error, remedy) in [
            (OutputFolder::open(&temp.path().join("file")).unwrap_err(), "remove or rename"),
            (OutputFolder::open(&temp.path().join("file/below")).unwrap_err(), "remove or rename"),
            (OutputFolder::open(&temp.path().join(&long)).unwrap_err(), "shorter"),
            (folder.write("result.json", b"").unwrap_err(), "remove or rename"),
        ] {
            let message = error.to_string();
            assert!(message.contains(remedy) && !message.contains("space"), "{message}");
        }
    }

    #[test]
    fn a_folder_under_a_file_is_refused_with_its_path_and_a_remedy() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let error = OutputFolder::open(&temp.path().join("out")).unwrap_err().to_string();
        assert!(error.contains("out") && error.contains("--out"), "{error}");
    }
}
