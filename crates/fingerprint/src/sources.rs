//! Source files, hashed by their names and contents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::Digest;

/// Adds every file below `folder` that passes, in the order of their paths, each with its path from
/// `root`; and remembers the files and folders that were looked at.
///
/// # Errors
/// A file can't be read.
pub fn add(
    digest: &mut Digest,
    root: &Path,
    folder: &Path,
    passes: &dyn Fn(&Path) -> bool,
    watched: &mut BTreeSet<PathBuf>,
) -> Result<(), String> {
    let unreadable = |path: &Path, error| format!("can't read {}: {error}", path.display());
    watched.insert(folder.to_owned());
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add(digest, root, &path, passes, watched)?;
        } else if passes(&path) {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            digest.add(name.replace('\\', "/"));
            digest.add(fs::read(&path).map_err(|error| unreadable(&path, error))?);
            watched.insert(path);
        }
    }
    Ok(())
}
