//! A training run that survives interruption: its state is saved as it goes, and picked up again.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mirrorhead_harness::OutputFolder;
use mirrorhead_harness::interrupt::raise_on_interrupt;
use mirrorhead_mirror::DualState;
use mirrorhead_trainer::{
    Iteration, Observer, TrainError, TrainingState, load_checkpoint, save_checkpoint,
};

/// At most this much work is lost when the process is killed.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// The checkpoint of one run, named by all that its trajectory depends on.
pub struct SavedRun {
    path: PathBuf,
    identity: String,
    interrupted: Arc<AtomicBool>,
    saved: Instant,
    kept: u64,
}

impl SavedRun {
    /// The checkpoint in `folder` of the run with this identity. From now on an interruption ends
    /// training at the next iteration.
    pub fn new(folder: &OutputFolder, identity: String) -> Self {
        let path = folder.path().join("checkpoint.json");
        Self { path, identity, interrupted: raise_on_interrupt(), saved: Instant::now(), kept: 0 }
    }

    /// Where an earlier run with this identity stands, if it was saved and is not past `limit`. One
    /// that is further along is kept; one that is damaged or of another run will be replaced.
    pub fn state(&mut self, limit: u64) -> Option<TrainingState<DualState>> {
        if !self.path.exists() {
            return None;
        }
        match load_checkpoint(&self.path, &self.identity) {
            Ok(TrainingState { iteration, .. }) if iteration > limit => {
                eprintln!(
                    "note: {} already has {iteration} steps of this run and is kept; training \
                     starts anew, for {limit}",
                    self.path.display()
                );
                self.kept = iteration;
                None
            }
            Ok(state) => {
                self.kept = state.iteration;
                Some(state)
            }
            Err(TrainError::CheckpointMismatch { .. }) => {
                eprintln!(
                    "note: {} is of other data, settings or code, and will be replaced",
                    self.path.display()
                );
                None
            }
            Err(error) => {
                eprintln!("warning: {error}; training starts anew");
                None
            }
        }
    }

    /// Number of steps of this run that are kept.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Saves `state`, unless the checkpoint is further along.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save(&mut self, state: &TrainingState<DualState>) -> Result<(), TrainError> {
        self.saved = Instant::now();
        if state.iteration >= self.kept {
            save_checkpoint(&self.path, &self.identity, state)?;
            self.kept = state.iteration;
        }
        Ok(())
    }
}

impl Observer<DualState> for SavedRun {
    fn observe(&mut self, at: &Iteration<'_, DualState>) -> Result<ControlFlow<()>, TrainError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        // Steps take microseconds where this matters: the clock is not read at every one.
        if at.number().is_multiple_of(64) && self.saved.elapsed() >= SAVE_EVERY {
            self.save(at.state)?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
