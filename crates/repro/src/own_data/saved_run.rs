//! A training run that survives interruption: its state is saved as it goes, and picked up again.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mirrorhead_harness::note;
use mirrorhead_mirror::DualState;
use mirrorhead_trainer::{
    Iteration, Observer, StopReason, Stopped, TrainError, TrainingState, load_checkpoint,
    save_checkpoint,
};

use super::clock::Clock;
use super::progress::Progress;
use super::recording::Recording;
use super::run_folder::{RunFolder, TRACE};

/// The checkpoint and the recording of one run, and its progress.
pub struct SavedRun<'a> {
    folder: &'a RunFolder,
    interrupted: &'a Arc<AtomicBool>,
    progress: Progress,
    /// At most this much work is lost when the process is killed.
    save_every: Duration,
    recording: Recording,
    clock: Clock,
    start: Instant,
    saved: Instant,
    /// Steps of this run that are on disk.
    kept: u64,
    leg: Leg,
}

/// Where training in this process begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leg {
    /// At the run's start.
    First,
    /// Where an earlier process was.
    Further,
}

impl<'a> SavedRun<'a> {
    /// The run of this folder, on matrices of this dimension; training ends at the next iteration once
    /// `interrupted` is raised.
    pub fn new(
        folder: &'a RunFolder,
        dim: usize,
        interrupted: &'a Arc<AtomicBool>,
        progress: Progress,
        save_every: Duration,
    ) -> Self {
        Self {
            folder,
            interrupted,
            progress,
            save_every,
            recording: Recording::new(dim),
            clock: Clock::start(),
            start: Instant::now(),
            saved: Instant::now(),
            kept: 0,
            leg: Leg::First,
        }
    }

    /// Where this run stands, if it was saved and is not past `limit`. One that is further along is
    /// kept.
    ///
    /// # Errors
    /// A checkpoint that is there and can't be read: it isn't overwritten.
    pub fn state(
        &mut self,
        limit: u64,
        dim: usize,
    ) -> Result<Option<TrainingState<DualState>>, TrainError> {
        let path = self.folder.checkpoint();
        if !path.exists() {
            return Ok(None);
        }
        let state = load_checkpoint(&path, self.folder.identity())?;
        let TrainingState { iteration, .. } = state;
        self.kept = iteration;
        self.recording = Recording::read(self.folder, dim);
        if iteration > limit {
            note(&format!(
                "note: {} already has {iteration} steps of this run and is kept; training starts \
                 anew, for {limit}",
                path.display()
            ));
            return Ok(None);
        }
        self.leg = Leg::Further;
        Ok(Some(state))
    }

    /// Number of steps of this run that are kept.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// What was recorded along the run.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The same, when nothing is saved any more.
    pub fn into_recording(self) -> Recording {
        self.recording
    }

    /// Seconds that training to here took, in this process and before.
    pub fn seconds(&self) -> f64 {
        let before = match self.leg {
            Leg::First => 0.0,
            Leg::Further => self.recording.seconds_before,
        };
        before + self.start.elapsed().as_secs_f64()
    }

    /// Keeps what this process trained, however it ended: of an error, the last good iterate.
    ///
    /// # Errors
    /// A file can't be written, and training itself had no error.
    pub fn end_of_leg(
        &mut self,
        state: &TrainingState<DualState>,
        stopped: &Result<Stopped, TrainError>,
    ) -> Result<(), TrainError> {
        if let Ok(Stopped { risk, reason }) = stopped
            && *reason != StopReason::Interrupted
        {
            self.recording.record_end(state, *risk);
        }
        match (self.save(state), stopped) {
            (Err(error), Ok(_)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Saves `state`, unless the checkpoint is further along.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn save(&mut self, state: &TrainingState<DualState>) -> Result<(), TrainError> {
        self.saved = Instant::now();
        if state.iteration < self.kept {
            return Ok(());
        }
        // The recording first: it may be ahead of the state, but not behind it.
        let path = self.folder.path().join(TRACE);
        let unwritable = |source| TrainError::CheckpointWrite { path, source };
        let archive = self.recording.archive(self.folder.identity(), self.seconds(), &[]);
        let written = archive.and_then(|bytes| {
            self.folder.write(TRACE, &bytes).map_err(|error| match error {
                mirrorhead_harness::ReproError::Unwritable { source, .. } => source,
                other => std::io::Error::other(other),
            })
        });
        written.map_err(unwritable)?;
        save_checkpoint(&self.folder.checkpoint(), self.folder.identity(), state)?;
        self.kept = state.iteration;
        Ok(())
    }
}

impl Observer<DualState> for SavedRun<'_> {
    fn observe(&mut self, at: &Iteration<'_, DualState>) -> Result<ControlFlow<()>, TrainError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        self.recording.observe(at);
        if self.clock.is_time_to_look(at.number()) {
            self.progress.report(at.number(), at.risk);
            if self.saved.elapsed() >= self.save_every {
                self.save(at.state)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
