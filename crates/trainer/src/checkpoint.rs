//! Checkpoints: versioned, atomic, resumable to the bitwise same trajectory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mirrorhead_kernels::Matrix;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tempfile::NamedTempFile;

use crate::{Iteration, Observer, TrainError, TrainingState};

/// The version of the format; a checkpoint of another is refused.
const VERSION: u32 = 1;

/// A training state on disk: JSON that round-trips every bit of every `f64`.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint<R, S> {
    version: u32,
    run: R,
    state: S,
}

/// Writes `state` to `path`: to a temporary file beside it, flushed to disk, then renamed over it,
/// so that a crash at any moment leaves the old checkpoint or the new one.
///
/// `run` names the run (data, method, settings); [`load_checkpoint`] insists on it.
///
/// # Errors
/// [`TrainError::CheckpointWrite`] if the folder cannot be written, the disk is full, or a parameter
/// is not finite: such a state could not be read again.
pub fn save_checkpoint<S: Serialize>(
    path: &Path,
    run: &str,
    state: &TrainingState<S>,
) -> Result<(), TrainError> {
    write_atomically(path, &Checkpoint { version: VERSION, run, state })
        .map_err(|source| TrainError::CheckpointWrite { path: path.to_owned(), source })
}

fn write_atomically<S: Serialize>(
    path: &Path,
    checkpoint: &Checkpoint<&str, &TrainingState<S>>,
) -> std::io::Result<()> {
    require_finite(checkpoint.state)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, checkpoint)?;
    let mut file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Checks that the parameters have a JSON form: NaN and infinities have none.
fn require_finite<S>(state: &TrainingState<S>) -> std::io::Result<()> {
    let finite = |w: &Matrix| w.as_slice().iter().all(|x| x.is_finite());
    match state.parameters.iter().position(|w| !finite(w)) {
        None => Ok(()),
        Some(tensor) => {
            let message = format!("tensor {tensor} has an entry that is not finite");
            Err(std::io::Error::new(std::io::ErrorKind::InvalidData, message))
        }
    }
}

/// Reads the state that [`save_checkpoint`] wrote for `run`.
///
/// # Errors
/// A file that cannot be read, is damaged or cut short, is of another version, or of another run.
pub fn load_checkpoint<S: DeserializeOwned>(
    path: &Path,
    run: &str,
) -> Result<TrainingState<S>, TrainError> {
    let unreadable = |source| TrainError::CheckpointRead { path: path.to_owned(), source };
    let damaged = |source| TrainError::CheckpointFormat { path: path.to_owned(), source };
    let mismatch = |expected: String, found: String| {
        Err(TrainError::CheckpointMismatch { path: path.to_owned(), expected, found })
    };
    let reader = BufReader::new(File::open(path).map_err(unreadable)?);
    // The version first: the rest may mean something else in another one.
    let raw: serde_json::Value = serde_json::from_reader(reader).map_err(damaged)?;
    let version = raw.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        let found = version.map_or("no version".into(), |v| format!("format version {v}"));
        return mismatch(format!("format version {VERSION}"), found);
    }
    let checkpoint: Checkpoint<String, TrainingState<S>> =
        serde_json::from_value(raw).map_err(damaged)?;
    if checkpoint.run != run {
        return mismatch(format!("run {run:?}"), format!("run {:?}", checkpoint.run));
    }
    Ok(checkpoint.state)
}

/// An observer that saves the state every so many iterations.
#[derive(Debug, Clone)]
pub struct CheckpointEvery {
    period: u64,
    path: PathBuf,
    run: String,
}

impl CheckpointEvery {
    /// Saves to `path` every `period` iterations, for the run named `run`.
    pub fn new(period: u64, path: impl Into<PathBuf>, run: impl Into<String>) -> Self {
        Self { period: period.max(1), path: path.into(), run: run.into() }
    }
}

impl<S: Serialize> Observer<S> for CheckpointEvery {
    fn observe(&mut self, at: &Iteration<'_, S>) -> Result<ControlFlow<()>, TrainError> {
        if at.number() > 0 && at.number().is_multiple_of(self.period) {
            save_checkpoint(&self.path, &self.run, at.state)?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
