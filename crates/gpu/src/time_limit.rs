//! A cell that is interrupted after some time.

use std::path::Path;
use std::time::{Duration, Instant};

use mirrorhead_harness::{CellContext, CellError, RunningCell, Scope, note};

/// A cell outside a run that saves a checkpoint and ends when its time is over.
pub struct TimeLimited<'a> {
    cell: RunningCell<'a>,
    end: Instant,
}

impl<'a> TimeLimited<'a> {
    /// A cell with its checkpoints in this folder.
    pub fn new(scope: &'a Scope, checkpoints: &Path, time: Duration) -> Self {
        let end = Instant::now() + time;
        Self { cell: RunningCell::outside_a_run(scope, checkpoints), end }
    }
}

impl CellContext for TimeLimited<'_> {
    fn scope(&self) -> &Scope {
        self.cell.scope()
    }

    fn checkpoints(&self) -> Result<&Path, CellError> {
        self.cell.checkpoints()
    }

    fn save(&self, name: &str, contents: &[u8]) -> Result<(), CellError> {
        self.cell.save(name, contents)
    }

    fn saved(&self, name: &str) -> Result<Option<Vec<u8>>, CellError> {
        self.cell.saved(name)
    }

    fn report(&self, done: f64, message: &str) {
        note(&format!("{:.2}%: {message}", 100.0 * done));
    }

    fn interrupted(&self) -> bool {
        Instant::now() >= self.end
    }
}
