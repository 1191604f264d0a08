//! The output folder: checked before work begins, written atomically.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::ReproError;

/// Bytes written and removed again to see that the folder takes a report.
static PROBE: [u8; 1 << 18] = [0x5a; 1 << 18];

/// A folder that was written to successfully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFolder {
    path: PathBuf,
}

impl OutputFolder {
    /// Creates the folder where needed, and writes and removes a file in it.
    ///
    /// # Errors
    /// It can't be created or written.
    pub fn open(path: &Path) -> Result<Self, ReproError> {
        fs::create_dir_all(path).map_err(|e| unwritable(path, e))?;
        write_then_rename(path, &path.join(".probe"), &PROBE)?;
        fs::remove_file(path.join(".probe")).map_err(|e| unwritable(path, e))?;
        Ok(Self { path: path.to_owned() })
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

/// A reader sees the old file or the whole new one, even if this process stops in between.
fn write_then_rename(folder: &Path, target: &Path, contents: &[u8]) -> Result<(), ReproError> {
    let attempt = || {
        let mut file = NamedTempFile::with_prefix_in(".unfinished-", folder)?;
        file.write_all(contents)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.persist(target).map_err(|e| e.error)
    };
    attempt().map(drop).map_err(|e| unwritable(target, e))
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
    fn a_folder_under_a_file_is_refused_with_its_path_and_a_remedy() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let error = OutputFolder::open(&temp.path().join("out")).unwrap_err().to_string();
        assert!(error.contains("out") && error.contains("--out"), "{error}");
    }
}
