//! Checkpoints: versioned, checked, atomic, resumable to the bitwise same trajectory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use base16ct::lower::encode_string;
use mirrorhead_kernels::Matrix;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{Iteration, Observer, TrainError, TrainingState};

/// The version of the format; a checkpoint of another is refused.
const VERSION: u32 = 2;

/// How the name of a file begins that is being written. One that nobody renamed is a leftover.
const UNFINISHED: &str = ".unfinished-";

/// What stands before the checksum, which ends the file.
const BEFORE_CHECKSUM: &str = ",\"sha256\":\"";

/// Hexadecimal digits of the checksum.
const DIGITS: usize = 64;

/// A training state on disk: JSON that round-trips every bit of every `f64`. Behind its fields comes
/// one more, `sha256`, the digest of all that is before it in the file.
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
) -> io::Result<()> {
    require_finite(checkpoint.state)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut named = tempfile::Builder::new();
    named.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the umask leaves of it, as for any file.
        named.permissions(fs::Permissions::from_mode(0o666));
    }
    // Locked, so that nobody takes it for a leftover; where there are no locks, nobody looks for one. Who
    // sweeps may come between a file's creation and its lock.
    let file = loop {
        let file = named.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        let taken = matches!(file.as_file().try_lock(), Err(fs::TryLockError::WouldBlock));
        if !taken && file.path().exists() {
            break file;
        }
    };
    let mut writer = Summed { inner: BufWriter::new(file), digest: Sha256::new() };
    write_without_end(&mut writer, checkpoint)?;
    let Summed { mut inner, digest } = writer;
    write!(inner, "{BEFORE_CHECKSUM}{}\"}}", encode_string(&digest.finalize()))?;
    let mut file = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Writes the JSON object but for its closing brace.
fn write_without_end<S: Serialize>(
    writer: &mut impl Write,
    checkpoint: &Checkpoint<&str, &TrainingState<S>>,
) -> io::Result<()> {
    let Checkpoint { version, run, state } = checkpoint;
    write!(writer, "{{\"version\":{version},\"run\":")?;
    serde_json::to_writer(&mut *writer, run)?;
    writer.write_all(b",\"state\":")?;
    serde_json::to_writer(writer, state)?;
    Ok(())
}

/// A writer that digests what passes through.
struct Summed<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Whether the file ends with the digest of what is before it, and with nothing else.
fn is_whole(bytes: &[u8]) -> bool {
    let tail = BEFORE_CHECKSUM.len() + DIGITS + 2;
    let Some(middle) = bytes.len().checked_sub(tail) else { return false };
    let (body, end) = bytes.split_at(middle);
    *end == *format!("{BEFORE_CHECKSUM}{}\"}}", encode_string(&Sha256::digest(body))).as_bytes()
}

/// Checks that the parameters have a JSON form: NaN and infinities have none.
fn require_finite<S>(state: &TrainingState<S>) -> io::Result<()> {
    let finite = |w: &Matrix| w.as_slice().iter().all(|x| x.is_finite());
    match state.parameters.iter().position(|w| !finite(w)) {
        None => Ok(()),
        Some(tensor) => {
            let message = format!("tensor {tensor} has an entry that is not finite");
            Err(io::Error::new(io::ErrorKind::InvalidData, message))
        }
    }
}

/// Reads the state that [`save_checkpoint`] wrote for `run`.
///
/// # Errors
/// A file that cannot be read, is cut short, of another version, or of another run;
/// [`TrainError::CheckpointDamaged`] if any bit of it has changed since it was written.
pub fn load_checkpoint<S: DeserializeOwned>(
    path: &Path,
    run: &str,
) -> Result<TrainingState<S>, TrainError> {
    let bytes = read_whole(path)
        .map_err(|source| TrainError::CheckpointRead { path: path.to_owned(), source })?;
    let damaged = |source| TrainError::CheckpointFormat { path: path.to_owned(), source };
    let mismatch = |expected: String, found: String| {
        Err(TrainError::CheckpointMismatch { path: path.to_owned(), expected, found })
    };
    // The version first: the rest may mean something else in another one.
    let raw: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
    let version = raw.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        let found = version.map_or("no version".into(), |v| format!("format version {v}"));
        return mismatch(format!("format version {VERSION}"), found);
    }
    if !is_whole(&bytes) {
        return Err(TrainError::CheckpointDamaged { path: path.to_owned() });
    }
    let checkpoint: Checkpoint<String, TrainingState<S>> =
        serde_json::from_value(raw).map_err(damaged)?;
    if checkpoint.run != run {
        return mismatch(format!("run {run:?}"), format!("run {:?}", checkpoint.run));
    }
    Ok(checkpoint.state)
}

/// The contents of a file; of nothing else, which might never end.
fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The run that a checkpoint says it is of, if it is whole: what [`load_checkpoint`] insists on.
pub fn run_of_checkpoint(path: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Of {
        run: String,
    }
    let bytes = read_whole(path).ok().filter(|bytes| is_whole(bytes))?;
    serde_json::from_slice::<Of>(&bytes).ok().map(|of| of.run)
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
