//! Checkpoints of a training run: weights in safetensors, the optimizer's memory, and a record of one's
//! own.

use std::fs;
use std::path::{Path, PathBuf};

use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Trainable, TrainingRun};
use crate::error::TransformerError;

const WEIGHTS: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.burnpack";
const RECORD: &str = "record.json";

/// A folder of checkpoints, one at a time: `epoch-N/` holds `model.safetensors`,
/// `optimizer.burnpack` and `record.json`. A checkpoint appears whole or not at all, and the one before
/// goes only then.
///
/// ```
/// use burn::optim::AdamConfig;
/// use burn::tensor::Device;
/// use mirrorhead_transformers::{Checkpoints, TextClassifierConfig, TrainingRun};
/// # let temp = tempfile::tempdir().unwrap();
/// # let folder = temp.path();
/// let sizes = TextClassifierConfig { width: 6, hidden: 8, ..TextClassifierConfig::paper(10, 3) };
/// let model = sizes.init(1, &Device::flex().autodiff())?;
/// let mut run = TrainingRun::new(model, AdamConfig::new().build());
/// let checkpoints = Checkpoints::new(folder);
/// assert_eq!(checkpoints.restore::<_, String>(&mut run)?, None);
/// checkpoints.save(&run, &"what else there is to remember")?;
/// let record = checkpoints.restore::<_, String>(&mut run)?;
/// assert_eq!(record.as_deref(), Some("what else there is to remember"));
/// # Ok::<(), mirrorhead_transformers::TransformerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Saved<R> {
    epoch: usize,
    record: R,
}

impl Checkpoints {
    /// Checkpoints in `folder`, which is made when the first is saved.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Saves a run, with a record of what the caller remembers besides.
    ///
    /// # Errors
    /// A file can't be written; the checkpoint before is kept.
    pub fn save<M: Trainable>(
        &self,
        run: &TrainingRun<M>,
        record: &impl Serialize,
    ) -> Result<(), TransformerError> {
        let target = self.folder.join(format!("epoch-{}", run.epoch));
        let unfinished = self.folder.join("unfinished");
        remove(&unfinished)?;
        fs::create_dir_all(&unfinished).map_err(|e| file(&unfinished, e))?;
        let write = |name: &str, contents: &[u8]| {
            let path = unfinished.join(name);
            fs::write(&path, contents).map_err(|e| file(&path, e))
        };
        save_weights(run.model(), &unfinished.join(WEIGHTS))?;
        let optimizer = run.optimizer.into_bytes();
        write(OPTIMIZER, &optimizer.map_err(|e| damaged(&unfinished.join(OPTIMIZER), e))?)?;
        let json = serde_json::to_vec(&Saved { epoch: run.epoch, record });
        write(RECORD, &json.map_err(|e| damaged(&unfinished.join(RECORD), e))?)?;
        let older = self.epochs()?;
        remove(&target)?;
        fs::rename(&unfinished, &target).map_err(|e| file(&target, e))?;
        older.iter().filter(|(epoch, _)| *epoch != run.epoch).try_for_each(|(_, path)| remove(path))
    }

    /// Continues `run`, built as it was in the beginning, from the latest checkpoint, and returns the
    /// record saved with it; `None` if there is no checkpoint.
    ///
    /// # Errors
    /// A file that can't be read, or is damaged, or belongs to another model.
    pub fn restore<M: Trainable, R: DeserializeOwned>(
        &self,
        run: &mut TrainingRun<M>,
    ) -> Result<Option<R>, TransformerError> {
        let Some((_, folder)) = self.epochs()?.into_iter().max() else { return Ok(None) };
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map(|bytes| (path.clone(), bytes)).map_err(|e| file(&path, e))
        };
        let (path, bytes) = read(RECORD)?;
        let saved: Saved<R> = serde_json::from_slice(&bytes).map_err(|e| damaged(&path, e))?;
        let mut model = run.model().clone();
        load_weights(&mut model, &folder.join(WEIGHTS))?;
        let (path, bytes) = read(OPTIMIZER)?;
        let optimizer = run.optimizer.clone().from_bytes(Bytes::from_bytes_vec(bytes));
        run.optimizer = optimizer.map_err(|e| damaged(&path, e))?;
        run.set_model(model);
        run.epoch = saved.epoch;
        Ok(Some(saved.record))
    }

    /// The checkpoints there, by epoch.
    fn epochs(&self) -> Result<Vec<(usize, PathBuf)>, TransformerError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(file(&self.folder, e)),
        };
        let epoch = |path: PathBuf| {
            let name = path.file_name()?.to_str()?;
            Some((name.strip_prefix("epoch-")?.parse().ok()?, path))
        };
        Ok(entries.filter_map(|entry| epoch(entry.ok()?.path())).collect())
    }
}

/// Writes the weights of a model to a safetensors file, under the names of its modules: all of it or
/// nothing.
///
/// # Errors
/// The file can't be written.
pub fn save_weights<M: Trainable>(model: &M, path: &Path) -> Result<(), TransformerError> {
    let bytes = weights(model).map_err(|e| damaged(path, e))?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, bytes).map_err(|e| file(&unfinished, e))?;
    fs::rename(&unfinished, path).map_err(|e| file(path, e))
}

/// Replaces the weights of a model by those of a safetensors file with the same names and shapes.
///
/// # Errors
/// A file that can't be read, is damaged, or belongs to another model.
pub fn load_weights<M: Trainable>(model: &mut M, path: &Path) -> Result<(), TransformerError> {
    let bytes = fs::read(path).map_err(|e| file(path, e))?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes));
    model.load_from(&mut store).map(drop).map_err(|e| damaged(path, e))
}

fn weights<M: Trainable>(model: &M) -> Result<Vec<u8>, String> {
    let mut store = SafetensorsStore::from_bytes(None);
    model.save_into(&mut store).map_err(|e| e.to_string())?;
    store.get_bytes().map_err(|e| e.to_string())
}

fn remove(path: &Path) -> Result<(), TransformerError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file(path, e)),
        _ => Ok(()),
    }
}

fn file(path: &Path, source: std::io::Error) -> TransformerError {
    TransformerError::File { path: path.to_owned(), source }
}

fn damaged(path: &Path, reason: impl std::fmt::Display) -> TransformerError {
    TransformerError::Checkpoint { path: path.to_owned(), reason: reason.to_string() }
}
