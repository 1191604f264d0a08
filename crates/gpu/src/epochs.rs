//! As many epochs of the experiment `imdb` as fit into some time.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use mirrorhead_harness::{CellError, Device, Profile, Scope};
use mirrorhead_repro_deep::registry;
use serde::Serialize;
use serde_json::Value;

use crate::error::GpuError;
use crate::time_limit::TimeLimited;

/// Which run, and for how long.
#[derive(Debug, Args)]
pub struct Budget {
    /// The exponent.
    #[arg(long)]
    pub p: f64,
    /// Seconds of training.
    #[arg(long)]
    seconds: u64,
    /// The profile: the paper's model and reviews, or generated ones.
    #[arg(long, value_enum, default_value = "paper")]
    profile: Profile,
    /// Blocks of the model.
    #[arg(long, default_value_t = 3)]
    blocks: usize,
    /// Reviews whose gradients are computed at once; a whole batch's by default.
    #[arg(long)]
    micro_batch: Option<NonZeroUsize>,
    /// The folder of the reviews and of BERT's vocabulary.
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
    /// The folder of checkpoints: a later call goes on from there.
    #[arg(long, default_value = "work")]
    work: PathBuf,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Trained {
    device: Device,
    /// The run as the experiment has it.
    config: Value,
    /// Of this call, reading the data included.
    seconds: f64,
    /// Whether the run has come to its own end.
    finished: bool,
    /// Loss and accuracy of every whole epoch, on training and validation reviews.
    epochs: Value,
}

/// Trains until the time is over, or the run.
///
/// # Errors
/// No such device, no such run, data that can't be read, a device that fails.
pub fn train(device: Device, budget: &Budget) -> Result<Trained, GpuError> {
    let scope = Scope {
        device,
        micro_batch: budget.micro_batch,
        data_dir: budget.data_dir.clone(),
        ..Scope::new(budget.profile)
    };
    let (registry, start) = (registry(), Instant::now());
    let imdb = registry.all().iter().find(|entry| entry.experiment.about().name == "imdb");
    let missing = || GpuError::NoSuchRun { blocks: budget.blocks, p: budget.p };
    let imdb = imdb.ok_or_else(missing)?;
    let is_it = |config: &Value| {
        config["model"]["n_blocks"] == budget.blocks
            && config["method"]["mirror_descent"]["p"] == budget.p
    };
    let mut configs = imdb.cells(&scope)?.into_iter().map(|cell| cell.config);
    let config = configs.find(is_it).ok_or_else(missing)?;
    let work = budget.work.join(format!("imdb-{}-{}", budget.blocks, budget.p));
    let context = TimeLimited::new(&scope, &work, Duration::from_secs(budget.seconds));
    let outcome = match imdb.experiment.run_cell(&config, &context) {
        Ok(outcome) => Some(outcome),
        Err(CellError::Interrupted) => None,
        Err(error) => return Err(error.into()),
    };
    let epochs = match &outcome {
        Some(outcome) => outcome["epochs"].clone(),
        None => epochs_of_checkpoint(&work)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(Trained { device, config, seconds, finished: outcome.is_some(), epochs })
}

/// The epochs that the latest checkpoint remembers; none before the first.
fn epochs_of_checkpoint(folder: &Path) -> Result<Value, GpuError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| GpuError::File { path, source }
    };
    let number = |path: &Path| -> Option<usize> {
        path.file_name()?.to_str()?.strip_prefix("epoch-")?.parse().ok()
    };
    let entries = fs::read_dir(folder).map_err(failed(folder))?;
    let latest = entries
        .flatten()
        .map(|entry| entry.path())
        .filter_map(|path| Some((number(&path)?, path)))
        .max();
    let Some((_, latest)) = latest else { return Ok(Value::Array(Vec::new())) };
    let path = latest.join("record.json");
    let text = fs::read(&path).map_err(failed(&path))?;
    let record: Value =
        serde_json::from_slice(&text).map_err(|error| failed(&path)(error.into()))?;
    Ok(record["record"][1].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(folder: &Path, seconds: u64) -> Budget {
        Budget {
            p: 1.1,
            seconds,
            profile: Profile::Quick,
            blocks: 1,
            micro_batch: None,
            data_dir: folder.to_owned(),
            work: folder.to_owned(),
        }
    }

    #[test]
    fn a_run_out_of_time_tells_its_epochs_and_goes_on_later() {
        let temp = tempfile::tempdir().unwrap();
        let none = train(Device::Cpu, &budget(temp.path(), 0)).unwrap();
        assert!(!none.finished && none.epochs == Value::Array(Vec::new()));
        let whole = train(Device::Cpu, &budget(temp.path(), 3_600)).unwrap();
        assert!(whole.finished && whole.epochs.as_array().is_some_and(|epochs| epochs.len() == 4));
        assert_eq!(epochs_of_checkpoint(&temp.path().join("imdb-1-1.1")).unwrap(), whole.epochs);
        let other = Budget { p: 7.0, ..budget(temp.path(), 1) };
        assert!(matches!(train(Device::Cpu, &other), Err(GpuError::NoSuchRun { .. })));
    }
}
