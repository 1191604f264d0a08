//! The folder of one run: locked while the run is at work, and with nothing of another run in its way.

use std::fs;
use std::path::{Path, PathBuf};

use mirrorhead_harness::{FolderLock, OutputFolder, ReproError, note, read_kept, sha256};
use mirrorhead_trainer::run_of_checkpoint;
use serde_json::Value;

use super::readers::read_arrays;

/// What a run keeps in its folder.
const FILES: [&str; 9] = [
    CHECKPOINT,
    TRACE,
    TRACE_TABLE,
    RESULT,
    PAGE,
    "loss.svg",
    "norm.svg",
    "divergence.svg",
    "probability.svg",
];

/// The training state.
pub const CHECKPOINT: &str = "checkpoint.json";
/// What was recorded along the run, as arrays.
pub const TRACE: &str = "trace.npz";
/// The same as a table.
pub const TRACE_TABLE: &str = "trace.csv";
/// What came out.
pub const RESULT: &str = "result.json";

/// The page that shows it.
pub const PAGE: &str = "index.html";

/// A folder that holds one run, named by all that its trajectory depends on.
pub struct RunFolder {
    folder: OutputFolder,
    identity: String,
    _lock: FolderLock,
}

impl RunFolder {
    /// Opens and locks the folder. What it holds of another run is kept in a folder of its own below
    /// it; what was so kept of this run is taken back.
    ///
    /// # Errors
    /// Another process has it, or it can't be written.
    pub fn open(path: &Path, identity: String) -> Result<Self, ReproError> {
        fs::create_dir_all(path).map_err(|source| unwritable(path, source))?;
        let lock = FolderLock::take(path)?;
        let folder = OutputFolder::open(path)?;
        let run = Self { folder, identity, _lock: lock };
        run.set_others_aside()?;
        run.take_back()?;
        Ok(run)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The run.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Where its training state is kept.
    pub fn checkpoint(&self) -> PathBuf {
        self.path().join(CHECKPOINT)
    }

    /// Writes a file, all of it or nothing; returns its path.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<PathBuf, ReproError> {
        self.folder.write(name, contents)
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn remove(&self, name: &str) -> Result<(), ReproError> {
        self.folder.remove(name)
    }

    fn set_others_aside(&self) -> Result<(), ReproError> {
        let mut moved: Vec<(PathBuf, Vec<&str>)> = Vec::new();
        let present = |name: &&str| self.path().join(name).is_file();
        let owners: Vec<_> =
            FILES.into_iter().filter(present).map(|name| (name, self.owner(name))).collect();
        for (name, owner) in owners {
            if owner == self.identity {
                continue;
            }
            let folder = self.path().join(earlier(&owner));
            fs::create_dir_all(&folder).map_err(|source| unwritable(&folder, source))?;
            let target = free_name(&folder, name);
            fs::rename(self.path().join(name), &target)
                .map_err(|source| unwritable(&target, source))?;
            match moved.last_mut() {
                Some((last, names)) if *last == folder => names.push(name),
                _ => moved.push((folder, vec![name])),
            }
        }
        for (folder, names) in moved {
            note(&format!(
                "note: {} in {} {} of another run, damaged, or of another version, and {} kept in {}",
                names.join(", "),
                self.path().display(),
                if names.len() == 1 { "is" } else { "are" },
                if names.len() == 1 { "is" } else { "are" },
                folder.display()
            ));
        }
        Ok(())
    }

    fn take_back(&self) -> Result<(), ReproError> {
        let folder = self.path().join(earlier(&self.identity));
        for name in FILES {
            let (kept, target) = (folder.join(name), self.path().join(name));
            if kept.is_file() && !target.exists() {
                fs::rename(&kept, &target).map_err(|source| unwritable(&target, source))?;
            }
        }
        // Where more is left, it stays.
        let _ = fs::remove_dir(&folder);
        // A name says little: what was taken back is looked at like what was there.
        self.set_others_aside()
    }

    /// The run that a file says it is of; of what doesn't say, the digest of its contents.
    fn owner(&self, name: &str) -> String {
        let path = self.path().join(name);
        let says = match name {
            CHECKPOINT => run_of_checkpoint(&path),
            RESULT => run_of_result(&path),
            TRACE => run_of_trace(&path),
            _ => run_of_trace(&self.path().join(TRACE)),
        };
        says.unwrap_or_else(|| sha256(read_kept(&path).unwrap_or_default()))
    }
}

/// The name of the folder for what is there of an earlier run.
fn earlier(identity: &str) -> String {
    let end = identity.char_indices().nth(12).map_or(identity.len(), |(at, _)| at);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("earlier-{}", identity[..end].chars().map(plain).collect::<String>())
}

/// The path of this name, or of one with a number where the name is taken.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let numbered = (2..).map(|k| folder.join(format!("{stem}-{k}.{extension}")));
    std::iter::once(folder.join(name))
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(name))
}

fn run_of_result(path: &Path) -> Option<String> {
    let result: Value = serde_json::from_slice(&read_kept(path).ok()?).ok()?;
    Some(result.get("run")?.as_str()?.to_owned())
}

fn run_of_trace(path: &Path) -> Option<String> {
    let ([], comment) = read_arrays(&read_kept(path).ok()?, []).ok()?;
    Some(comment)
}

fn unwritable(path: &Path, source: std::io::Error) -> ReproError {
    ReproError::Unwritable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, run: &str) -> RunFolder {
        RunFolder::open(path, sha256(run)).unwrap()
    }

    fn result(run: &str) -> Vec<u8> {
        format!("{{\"run\": \"{}\"}}", sha256(run)).into_bytes()
    }

    #[test]
    fn what_is_of_another_run_is_kept_and_taken_back() {
        let temp = tempfile::tempdir().unwrap();
        let there = |name: &str| temp.path().join(name);
        let one = open(temp.path(), "one");
        one.write(RESULT, &result("one")).unwrap();
        drop(one);
        drop(open(temp.path(), "one"));
        assert_eq!(fs::read(there(RESULT)).unwrap(), result("one"));

        let two = open(temp.path(), "two");
        assert!(!there(RESULT).exists());
        let kept = there(&earlier(&sha256("one"))).join(RESULT);
        assert_eq!(fs::read(&kept).unwrap(), result("one"));
        two.write(RESULT, &result("two")).unwrap();
        drop(two);
        drop(open(temp.path(), "one"));
        assert_eq!(fs::read(there(RESULT)).unwrap(), result("one"));
        assert!(!kept.exists());
        assert!(there(&earlier(&sha256("two"))).join(RESULT).exists());
    }

    #[test]
    fn nobodys_files_are_kept_under_names_of_their_own() {
        let temp = tempfile::tempdir().unwrap();
        for contents in ["mine", "mine", "mine"] {
            fs::write(temp.path().join(RESULT), contents).unwrap();
            open(temp.path(), "one");
            assert!(!temp.path().join(RESULT).exists());
        }
        let folder = temp.path().join(earlier(&sha256("mine")));
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["result-2.json", "result-3.json", "result.json"]);
    }

    #[test]
    fn a_run_has_its_folder_for_itself() {
        let temp = tempfile::tempdir().unwrap();
        let one = open(temp.path(), "one");
        let busy = RunFolder::open(temp.path(), sha256("one")).err().unwrap();
        assert!(matches!(busy, ReproError::Busy { .. }), "{busy}");
        drop(one);
        open(temp.path(), "one");
    }
}
