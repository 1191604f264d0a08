//! Cells in collected folders that this code can't read: those of other versions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::stages::Stages;
use crate::build::Build;
use crate::cells::{key, read_kept};
use crate::error::ReproError;

/// The most files of an experiment that are looked into.
const MOST: usize = 1_000;

/// Cells of other code, in the folders of experiments that lack some.
pub struct Strangers {
    found: Vec<InFolder>,
    ours: String,
}

/// Those of one folder.
struct InFolder {
    folder: PathBuf,
    /// How many, by what they were run with.
    versions: BTreeMap<String, usize>,
}

impl Strangers {
    /// Looks at cells that nobody asked for, of the experiments that lack some.
    pub fn in_folders(folders: &[&Path], stages: &Stages<'_>, build: &Build) -> Self {
        let mut wanted: BTreeMap<&str, (&str, BTreeSet<String>)> = BTreeMap::new();
        for cell in stages.lacking().map(|(_, cell)| cell) {
            wanted.entry(cell.store_name).or_insert((cell.fingerprint, BTreeSet::new()));
        }
        for (_, cell) in &stages.cells {
            if let Some((_, keys)) = wanted.get_mut(cell.store_name) {
                keys.insert(format!("{}.json", key(cell)));
            }
        }
        let mut found = Vec::new();
        for folder in folders {
            let mut versions = BTreeMap::new();
            for (name, (fingerprint, keys)) in &wanted {
                let entries = fs::read_dir(folder.join("cells").join(name));
                let others = entries.into_iter().flatten().flatten().filter(|entry| {
                    entry.file_name().to_str().is_some_and(|name| !keys.contains(name))
                });
                for entry in others.take(MOST) {
                    if let Some(version) = of_other_code(&entry.path(), fingerprint) {
                        *versions.entry(version).or_default() += 1;
                    }
                }
            }
            if !versions.is_empty() {
                found.push(InFolder { folder: (*folder).to_owned(), versions });
            }
        }
        Self { found, ours: version(Some(build.version), build.git_revision) }
    }

    /// An error that names the first folder, if there is one.
    ///
    /// # Errors
    /// There are cells of other code.
    pub fn refuse(&self) -> Result<(), ReproError> {
        let Some(InFolder { folder, versions }) = self.found.first() else { return Ok(()) };
        Err(ReproError::OtherVersion {
            folder: folder.clone(),
            cells: versions.values().sum(),
            theirs: versions.keys().cloned().collect(),
            ours: self.ours.clone(),
        })
    }

    /// A sentence for each folder.
    pub fn warnings(&self) -> Vec<String> {
        let warning = |InFolder { folder, versions }: &InFolder| {
            let cells: usize = versions.values().sum();
            let versions: Vec<&str> = versions.keys().map(String::as_str).collect();
            format!(
                "warning: {} cells in {} are of other code ({}) than this ({}), and not read",
                cells,
                folder.display(),
                versions.join(", "),
                self.ours
            )
        };
        self.found.iter().map(warning).collect()
    }
}

/// What a cell was run with, if it wasn't this code.
fn of_other_code(path: &Path, fingerprint: &str) -> Option<String> {
    let file: Value = serde_json::from_slice(&read_kept(path).ok()?).ok()?;
    let theirs = file["fingerprint"].as_str()?;
    let origin = &file["origin"];
    (theirs != fingerprint)
        .then(|| version(origin["version"].as_str(), origin["git_revision"].as_str()))
}

/// A version with its revision, for people.
fn version(version: Option<&str>, revision: Option<&str>) -> String {
    let version =
        version.map_or("an unknown version".into(), |version| format!("version {version}"));
    revision.map_or(version.clone(), |revision| {
        format!("{version}, revision {}", revision.get(..12).unwrap_or(revision))
    })
}
