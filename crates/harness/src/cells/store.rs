//! The cell store: finished cells, kept by configuration and code.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::cell_lock::{CellLock, Claimed};
use super::folder::OutputFolder;
use super::kept_file::read_kept;
use crate::error::ReproError;
use crate::experiment::Cell;
use crate::origin::Origin;
use crate::time::now;

/// The folder of all checkpoints.
const CHECKPOINTS: &str = "checkpoints";

/// The folder of the locks of cells that are running.
const RUNNING: &str = "running";

/// Version of the format of a cell's file.
const FORMAT: u32 = 1;

/// A finished cell.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedCell {
    /// What it produced.
    pub outcome: Value,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Where it was run; nothing of cells of earlier versions.
    pub origin: Option<Arc<Origin>>,
    /// When it was kept, in seconds since 1970 by the clock of that machine.
    pub finished_at: Option<u64>,
}

impl FinishedCell {
    /// A cell that ends now.
    pub fn now(outcome: Value, seconds: f64, origin: &Arc<Origin>) -> Self {
        Self { outcome, seconds, origin: Some(Arc::clone(origin)), finished_at: Some(now()) }
    }
}

/// What the store has for a cell.
#[derive(Debug, PartialEq)]
pub enum Lookup {
    /// Its result.
    Finished(FinishedCell),
    /// Nothing.
    Missing,
    /// A file that isn't what was once written there.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Finished cells under `OUT/cells/EXPERIMENT/KEY.json`, where the key is the SHA-256 of the
/// configuration and the fingerprint of the code.
#[derive(Debug, Clone)]
pub struct CellStore {
    folder: OutputFolder,
    /// Other folders that cells are looked up in.
    others: Vec<OutputFolder>,
}

#[derive(Serialize, Deserialize)]
struct CellFile {
    format: u32,
    fingerprint: String,
    config: Value,
    seconds: f64,
    outcome_sha256: String,
    outcome: Value,
    #[serde(default)]
    origin: Option<Origin>,
    #[serde(default)]
    finished_at: Option<u64>,
}

impl CellStore {
    /// The store in an output folder.
    pub fn new(folder: OutputFolder) -> Self {
        Self { folder, others: Vec::new() }
    }

    /// The cells of several output folders, for reading.
    ///
    /// # Panics
    /// There is none.
    pub fn over(folders: impl IntoIterator<Item = OutputFolder>) -> Self {
        let mut folders = folders.into_iter();
        let folder = folders.next().expect("a store has a folder");
        Self { folder, others: folders.collect() }
    }

    /// Looks a cell up, and checks that its file is what was written.
    pub fn load(&self, cell: &Cell) -> Lookup {
        let others = self.others.iter().map(|folder| folder.path().join(Self::name(cell)));
        let mut found = Self::load_from(self.path(cell), cell);
        for path in others {
            if !matches!(found, Lookup::Finished(_)) {
                match Self::load_from(path, cell) {
                    Lookup::Missing => {}
                    other => found = other,
                }
            }
        }
        found
    }

    fn load_from(path: PathBuf, cell: &Cell) -> Lookup {
        let bytes = match read_kept(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Lookup::Missing,
            Err(e) => return Lookup::Damaged { path, reason: e.to_string() },
        };
        match decode(cell, &bytes) {
            Ok(finished) => Lookup::Finished(finished),
            Err(reason) => Lookup::Damaged { path, reason },
        }
    }

    /// Keeps a finished cell.
    ///
    /// # Errors
    /// Its file can't be written.
    pub fn save(&self, cell: &Cell, finished: &FinishedCell) -> Result<(), ReproError> {
        let file = CellFile {
            format: FORMAT,
            fingerprint: cell.fingerprint.to_owned(),
            config: cell.config.clone(),
            seconds: finished.seconds,
            outcome_sha256: sha256(finished.outcome.to_string()),
            outcome: finished.outcome.clone(),
            origin: finished.origin.as_deref().cloned(),
            finished_at: finished.finished_at,
        };
        let json = serde_json::to_vec(&file)
            .map_err(|source| ReproError::Json { what: cell.label.clone(), source })?;
        self.folder.write(Self::name(cell), &json).map(drop)
    }

    /// Asks for the right to run a cell, which one process has at a time.
    ///
    /// # Errors
    /// The file of the lock can't be written.
    pub fn claim(&self, cell: &Cell) -> Result<Claimed, ReproError> {
        let folder = self.folder.path().join(RUNNING).join(cell.store_name);
        CellLock::claim(folder.join(key(cell)))
    }

    /// Removes the locks of cells whose results are kept, which a process that was killed in between leaves, and the
    /// folders of locks that are empty by now.
    pub fn tidy(&self) {
        let running = self.folder.path().join(RUNNING);
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        for experiment in entries(&running) {
            let kept = self.folder.path().join("cells").join(experiment.file_name());
            for lock in entries(&experiment.path()) {
                let result = Path::new(&lock.file_name()).with_extension("json");
                if kept.join(result).is_file() {
                    CellLock::sweep(&lock.path());
                }
            }
            // Refused, as it should be, where other processes are at work.
            let _ = fs::remove_dir(experiment.path());
        }
        let _ = fs::remove_dir(running);
    }

    /// Discards every finished cell and every checkpoint of an experiment.
    ///
    /// # Errors
    /// A file can't be removed.
    pub fn discard(&self, experiment: &str) -> Result<(), ReproError> {
        for folder in ["cells", CHECKPOINTS] {
            remove_all(self.folder.path().join(folder).join(experiment))?;
        }
        Ok(())
    }

    /// The folder of a cell's checkpoints, which may not exist: `OUT/checkpoints/EXPERIMENT/KEY`.
    pub fn checkpoints(&self, cell: &Cell) -> PathBuf {
        self.folder.path().join(CHECKPOINTS).join(cell.store_name).join(key(cell))
    }

    /// Discards the checkpoints of a cell, and the folders around them that are empty then.
    ///
    /// # Errors
    /// A file can't be removed.
    pub fn discard_checkpoints(&self, cell: &Cell) -> Result<(), ReproError> {
        let path = self.checkpoints(cell);
        if path.exists() {
            remove_all(path.clone())?;
            // Refused, as it should be, while other cells have checkpoints there.
            let _ = path.ancestors().skip(1).take(2).try_for_each(fs::remove_dir);
        }
        Ok(())
    }

    /// Where the result of a cell is kept: two cells with the same path have the same result.
    pub fn path(&self, cell: &Cell) -> PathBuf {
        self.folder.path().join(Self::name(cell))
    }

    fn name(cell: &Cell) -> PathBuf {
        ["cells", cell.store_name, &format!("{}.json", key(cell))].iter().collect()
    }
}

/// Removes a folder with all that is in it, if it is there.
fn remove_all(path: PathBuf) -> Result<(), ReproError> {
    match fs::remove_dir_all(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(ReproError::Unwritable { path, source })
        }
        _ => Ok(()),
    }
}

/// The cell's result, if these bytes are what was written for it.
fn decode(cell: &Cell, bytes: &[u8]) -> Result<FinishedCell, String> {
    let file: CellFile = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    if file.format != FORMAT {
        return Err(format!("format {} instead of {FORMAT}", file.format));
    }
    if file.fingerprint != cell.fingerprint || file.config != cell.config {
        return Err("it belongs to another cell".into());
    }
    if sha256(file.outcome.to_string()) != file.outcome_sha256 {
        return Err("its checksum doesn't match".into());
    }
    let CellFile { outcome, seconds, origin, finished_at, .. } = file;
    Ok(FinishedCell { outcome, seconds, origin: origin.map(Arc::new), finished_at })
}

/// The SHA-256 of a cell's code and configuration: what its files are named by.
pub fn key(cell: &Cell) -> String {
    sha256(format!("{}\n{}", cell.fingerprint, cell.config))
}

/// SHA-256 of a text or of bytes, in hexadecimal.
pub fn sha256(contents: impl AsRef<[u8]>) -> String {
    base16ct::lower::encode_string(&Sha256::digest(contents))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(seed: u64) -> Cell {
        let (config, label) = (json!({ "seed": seed }), format!("seed {seed}"));
        let (experiment, store_name) = ("toy", "toy");
        Cell { experiment, store_name, label, config, cost_seconds: 1.0, fingerprint: "code" }
    }

    fn finished() -> FinishedCell {
        let outcome = json!({"x": 0.1 + 0.2, "tiny": 5e-324});
        FinishedCell { outcome, seconds: 0.5, origin: None, finished_at: None }
    }

    #[test]
    fn a_cell_is_found_again_only_for_its_configuration_and_code() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let store = CellStore::new(folder);
        assert_eq!(store.load(&cell(1)), Lookup::Missing);
        store.save(&cell(1), &finished()).unwrap();
        assert_eq!(store.load(&cell(1)), Lookup::Finished(finished()));
        assert_eq!(store.load(&cell(2)), Lookup::Missing);
        let recompiled = Cell { fingerprint: "other code", ..cell(1) };
        assert_eq!(store.load(&recompiled), Lookup::Missing);
        store.discard("toy").unwrap();
        store.discard("toy").unwrap();
        assert_eq!(store.load(&cell(1)), Lookup::Missing);
    }

    #[test]
    fn checkpoints_belong_to_a_cell_and_leave_nothing_behind() {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let [one, two] = [1, 2].map(|seed| store.checkpoints(&cell(seed)));
        assert_ne!(one, store.checkpoints(&Cell { fingerprint: "other code", ..cell(1) }));
        for folder in [&one, &two] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("epoch"), "7").unwrap();
        }
        store.discard_checkpoints(&cell(1)).unwrap();
        store.discard_checkpoints(&cell(1)).unwrap();
        assert!(!one.exists() && two.join("epoch").exists());
        store.discard_checkpoints(&cell(2)).unwrap();
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
        fs::create_dir_all(&one).unwrap();
        store.discard("toy").unwrap();
        assert!(!one.exists());
    }

    #[test]
    fn any_damage_is_noticed() {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        store.save(&cell(1), &finished()).unwrap();
        let path = store.path(&cell(1));
        let whole = fs::read_to_string(&path).unwrap();
        let damaged = |text: &str| {
            fs::write(&path, text).unwrap();
            matches!(store.load(&cell(1)), Lookup::Damaged { .. })
        };
        assert!(damaged(&whole[..whole.len() / 2]));
        assert!(damaged(""));
        assert!(damaged("null"));
        assert!(damaged(&whole.replace("0.30000000000000004", "0.3")));
        assert!(!damaged(&whole));
    }

    #[test]
    fn locks_of_kept_cells_are_swept_unless_somebody_holds_them() {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let claimed = |seed| match store.claim(&cell(seed)).unwrap() {
            Claimed::Ours(lock) => lock,
            Claimed::Theirs(holder) => panic!("{holder}"),
        };
        // One is killed after its result was kept, another before, a third is at work.
        drop([claimed(1), claimed(2)]);
        let third = claimed(3);
        store.save(&cell(1), &finished()).unwrap();
        store.save(&cell(3), &finished()).unwrap();
        let locks =
            || fs::read_dir(temp.path().join(RUNNING).join(cell(1).store_name)).unwrap().count();
        store.tidy();
        assert_eq!(locks(), 2);
        third.done();
        store.tidy();
        assert_eq!(locks(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_damage_and_not_waited_for() {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        store.save(&cell(1), &finished()).unwrap();
        let path = store.path(&cell(1));
        fs::remove_file(&path).unwrap();
        // Without an end.
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(matches!(store.load(&cell(1)), Lookup::Damaged { .. }));
        store.save(&cell(1), &finished()).unwrap();
        assert!(matches!(store.load(&cell(1)), Lookup::Finished(_)));
    }

    #[test]
    fn sha256_of_the_empty_text() {
        assert!(sha256("").starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    }
}
