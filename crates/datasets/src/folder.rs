//! Folders that published data lie in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::DataError;

/// A name that a data set may have in the folder.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Candidate {
    /// A file.
    File(&'static str),
    /// A folder.
    Folder(&'static str),
}

/// The first candidate that is there.
///
/// `expected` says what would have been, and where it comes from.
pub(crate) fn find(
    data_dir: &Path,
    candidates: &[Candidate],
    expected: &'static str,
) -> Result<PathBuf, DataError> {
    candidates
        .iter()
        .find_map(|candidate| {
            let (path, is_there): (_, fn(&Path) -> bool) = match candidate {
                Candidate::File(name) => (data_dir.join(name), Path::is_file),
                Candidate::Folder(name) => (data_dir.join(name), Path::is_dir),
            };
            is_there(&path).then_some(path)
        })
        .ok_or_else(|| DataError::NotFound {
            folder: data_dir.to_owned(),
            expected,
            found: contents(data_dir),
        })
}

/// The paths of what a folder holds.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|source| DataError::Read { path: folder.to_owned(), source })
}

/// What a folder holds, as a phrase.
fn contents(folder: &Path) -> String {
    const MOST_NAMES: usize = 12;
    let paths = match list(folder) {
        Ok(paths) => paths,
        Err(error) => return error.to_string(),
    };
    let mut names: Vec<_> = paths
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    match names.len() {
        0 => "nothing".into(),
        n if n > MOST_NAMES => {
            format!("{} and {} more", names[..MOST_NAMES].join(", "), n - MOST_NAMES)
        }
        _ => names.join(", "),
    }
}
