//! Running cells: in parallel, each kept as soon as it is finished.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::error::{CellError, ReproError};
use crate::experiment::{AnyExperiment, Cell};
use crate::progress::Progress;
use crate::store::{CellStore, FinishedCell, Lookup};

/// What to do with the remaining cells once one has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Start no more.
    Stop,
    /// Run them all the same.
    KeepGoing,
}

/// What became of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum CellStatus {
    /// It has a result.
    Finished {
        /// The result.
        result: FinishedCell,
        /// Whether the result was already there.
        reused: bool,
    },
    /// It ended with an error.
    Failed(CellError),
    /// It was never started, because another one failed.
    Skipped,
}

/// Runs the cells that the store doesn't have, on the threads of the current pool, and returns
/// what became of each, in order.
///
/// # Errors
/// The store can't be written. That a cell fails is a status, not an error.
pub fn run_cells(
    cells: &[(&dyn AnyExperiment, Cell)],
    store: &CellStore,
    after_failure: AfterFailure,
) -> Result<Vec<CellStatus>, ReproError> {
    let mut statuses: Vec<Option<CellStatus>> = cells
        .iter()
        .map(|(_, cell)| match store.load(cell) {
            Lookup::Finished(result) => Some(CellStatus::Finished { result, reused: true }),
            Lookup::Missing => None,
            Lookup::Damaged { path, reason } => {
                eprintln!("warning: running {} again: {}: {reason}", cell.label, path.display());
                None
            }
        })
        .collect();
    // The longest first, so that no thread is left with a long cell at the end.
    let mut missing: Vec<usize> = (0..cells.len()).filter(|i| statuses[*i].is_none()).collect();
    missing.sort_by(|a, b| cells[*b].1.cost_seconds.total_cmp(&cells[*a].1.cost_seconds));

    let progress = Progress::over(&missing.iter().map(|i| &cells[*i].1).collect::<Vec<_>>());
    let stopped = AtomicBool::new(false);
    let run = |index: usize| -> Result<(usize, CellStatus), ReproError> {
        let (experiment, cell) = &cells[index];
        if stopped.load(Ordering::Relaxed) {
            return Ok((index, CellStatus::Skipped));
        }
        let status = match run_cell(*experiment, cell) {
            Ok(result) => {
                store
                    .save(cell, &result)
                    .inspect_err(|_| stopped.store(true, Ordering::Relaxed))?;
                CellStatus::Finished { result, reused: false }
            }
            Err(error) => {
                stopped.fetch_or(after_failure == AfterFailure::Stop, Ordering::Relaxed);
                CellStatus::Failed(error)
            }
        };
        progress.finish(cell);
        Ok((index, status))
    };
    let finished: Result<Vec<_>, _> =
        missing.par_iter().with_max_len(1).map(|index| run(*index)).collect();
    progress.clear();
    for (index, status) in finished? {
        statuses[index] = Some(status);
    }
    Ok(statuses.into_iter().map(|status| status.unwrap_or(CellStatus::Skipped)).collect())
}

/// Runs and times one cell; a panic is that cell's error.
fn run_cell(experiment: &dyn AnyExperiment, cell: &Cell) -> Result<FinishedCell, CellError> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| experiment.run_cell(&cell.config)))
        .unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err(CellError::new(format!("panicked: {}", message.unwrap_or("without a message"))))
        })?;
    Ok(FinishedCell { outcome, seconds: start.elapsed().as_secs_f64() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::OutputFolder;
    use crate::toy::{Toy, cells};

    fn run(toy: &Toy, folder: &OutputFolder, after: AfterFailure) -> Vec<CellStatus> {
        let store = CellStore::new(folder.clone());
        run_cells(&cells(toy), &store, after).unwrap()
    }

    #[test]
    fn finished_cells_are_kept_and_never_run_again() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy::new(4);
        let first = run(&toy, &folder, AfterFailure::Stop);
        assert!(first.iter().all(|s| matches!(s, CellStatus::Finished { reused: false, .. })));
        let second = run(&toy, &folder, AfterFailure::Stop);
        assert!(second.iter().all(|s| matches!(s, CellStatus::Finished { reused: true, .. })));
        assert_eq!(toy.runs(), 4);
    }

    #[test]
    fn a_cell_that_fails_or_panics_takes_no_other_with_it_when_asked_to_keep_going() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy { failing: Some(1), panicking: Some(2), ..Toy::new(5) };
        let statuses = run(&toy, &folder, AfterFailure::KeepGoing);
        let failed = statuses.iter().filter(|s| matches!(s, CellStatus::Failed(_))).count();
        assert_eq!((failed, statuses.len()), (2, 5));
        assert!(matches!(&statuses[1], CellStatus::Failed(e) if e.reason.contains("panicked")));
    }

    #[test]
    fn otherwise_the_remaining_cells_are_skipped_and_the_finished_ones_kept() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy { failing: Some(1), ..Toy::new(30) };
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let statuses = one_thread.install(|| run(&toy, &folder, AfterFailure::Stop));
        assert!(statuses.contains(&CellStatus::Skipped));
        assert!(matches!(statuses[0], CellStatus::Failed(_)));
    }
}
