//! The queue of cells and its workers, each with a thread pool of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Value;

use super::cell_lock::{CellLock, Claimed};
use super::progress::Progress;
use super::run::{AfterFailure, CellStatus, Run};
use super::running_cell::RunningCell;
use super::store::{FinishedCell, Lookup};
use crate::error::ReproError;
use crate::experiment::{AnyExperiment, Cell, CellContext, CellError};
use crate::output::note;

/// Cells that wait to be run, with what their workers share.
///
/// Every worker is a plain thread that takes one cell after the other, and runs it in a thread pool of
/// its own: while a cell waits for its own parallel work, it can't be made to run another cell first.
pub struct Queue<'a> {
    run: &'a Run<'a>,
    cells: &'a [(&'a dyn AnyExperiment, Cell)],
    /// Positions of the cells, the longest first, so that no worker is left with a long one at the end.
    order: Vec<usize>,
    /// The number of cells that have been taken.
    taken: AtomicUsize,
    /// Cells that other processes were running when it was their turn, in the order in which they are asked for
    /// again.
    elsewhere: Mutex<VecDeque<usize>>,
    stopped: AtomicBool,
    /// Whether it was said that others are waited for.
    said: AtomicBool,
    progress: Progress,
}

/// How long to wait before cells that other processes are running are asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What became of cells, by position.
pub type Outcomes = Result<Vec<(usize, CellStatus)>, ReproError>;

impl<'a> Queue<'a> {
    /// The cells at these positions.
    pub fn new(
        run: &'a Run<'a>,
        cells: &'a [(&'a dyn AnyExperiment, Cell)],
        mut positions: Vec<usize>,
    ) -> Self {
        positions.sort_by(|a, b| cells[*b].1.cost_seconds.total_cmp(&cells[*a].1.cost_seconds));
        Self {
            run,
            cells,
            progress: Progress::over(positions.iter().map(|i| &cells[*i].1)),
            order: positions,
            taken: AtomicUsize::new(0),
            elsewhere: Mutex::default(),
            stopped: AtomicBool::new(false),
            said: AtomicBool::new(false),
        }
    }

    /// Runs the cells.
    ///
    /// # Errors
    /// The store can't be written, or threads can't be started.
    pub fn work(&self) -> Outcomes {
        let pools = pools(self.run.jobs, self.order.len())?;
        let outcomes = self.work_in(&pools);
        self.run.store.tidy();
        self.progress.clear();
        outcomes
    }

    /// Runs the cells, with a worker for every pool.
    fn work_in(&self, pools: &[ThreadPool]) -> Outcomes {
        thread::scope(|scope| {
            let start = |pool| {
                let worker = thread::Builder::new();
                worker.spawn_scoped(scope, move || self.run_one_after_the_other(pool)).map_err(
                    |error| {
                        self.stop();
                        too_many(self.run.jobs, &error)
                    },
                )
            };
            let workers: Result<Vec<_>, _> = pools.iter().map(start).collect();
            let mut outcomes = Vec::new();
            for worker in workers? {
                outcomes.extend(
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                );
            }
            Ok(outcomes)
        })
    }

    /// The work of one worker.
    fn run_one_after_the_other(&self, pool: &ThreadPool) -> Outcomes {
        let mut outcomes = Vec::new();
        loop {
            let taken = self.take().inspect_err(|_| self.stop())?;
            let Some((index, lock)) = taken else { return Ok(outcomes) };
            let (experiment, cell) = &self.cells[index];
            let status =
                self.run_and_keep(*experiment, cell, lock, pool).inspect_err(|_| self.stop())?;
            outcomes.push((index, status));
        }
    }

    /// The next cell that nobody else is running, with the right to run it; nothing if there is none left, or if
    /// none shall be run. Those that other processes are running come last, and are waited for.
    fn take(&self) -> Result<Option<(usize, CellLock)>, ReproError> {
        let mut in_vain = 0;
        while !self.stopped.load(Ordering::Relaxed) && !self.run.interruption.is_raised() {
            let Some(index) = self.next() else { break };
            let cell = &self.cells[index].1;
            match self.run.store.claim(cell)? {
                Claimed::Ours(lock) => return Ok(Some((index, lock))),
                Claimed::Theirs(holder) => {
                    in_vain += 1;
                    self.leave_to(index, cell, &holder, in_vain);
                }
            }
        }
        Ok(None)
    }

    /// The position of the next cell to ask for.
    fn next(&self) -> Option<usize> {
        let first = self.order.get(self.taken.fetch_add(1, Ordering::Relaxed)).copied();
        first.or_else(|| self.elsewhere().pop_front())
    }

    /// Another process is running this cell: asked for again, later, and after a while if there is nothing else.
    fn leave_to(&self, index: usize, cell: &Cell, holder: &str, in_vain: usize) {
        let waiting = {
            let mut elsewhere = self.elsewhere();
            elsewhere.push_back(index);
            elsewhere.len()
        };
        if self.taken.load(Ordering::Relaxed) < self.order.len() || in_vain < waiting {
            return;
        }
        if !self.said.swap(true, Ordering::Relaxed) {
            note(&format!(
                "waiting for cells that another process is running: {}, {} (process {holder}){}",
                cell.experiment,
                cell.label,
                if waiting > 1 { format!(", and {} more", waiting - 1) } else { String::new() }
            ));
        }
        thread::sleep(ASK_AGAIN);
    }

    fn elsewhere(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Runs a cell, and keeps its result before an interruption can end the run.
    fn run_and_keep(
        &self,
        experiment: &dyn AnyExperiment,
        cell: &Cell,
        lock: CellLock,
        pool: &ThreadPool,
    ) -> Result<CellStatus, ReproError> {
        let Run { store, scope, origin, after_failure, interruption, .. } = *self.run;
        let progress = self.progress.start(cell);
        // Another process may have finished it since it was looked up.
        if let Lookup::Finished(result) = store.load(cell) {
            lock.done();
            progress.finish();
            return Ok(CellStatus::Finished { result, reused: true });
        }
        let context = RunningCell::of_run(scope, store.checkpoints(cell), &progress, interruption);
        let status = match pool.install(|| run_cell(experiment, cell, &context)) {
            Ok((outcome, seconds)) => {
                let result = FinishedCell::now(outcome, seconds, origin);
                store.save(cell, &result)?;
                store.discard_checkpoints(cell)?;
                lock.done();
                CellStatus::Finished { result, reused: false }
            }
            Err(error) => {
                if interruption.is_raised() && !error.is_interrupted() {
                    note(&format!("warning: {} ended with an error: {error}", cell.label));
                } else if after_failure == AfterFailure::Stop {
                    self.stop();
                }
                CellStatus::Failed(error)
            }
        };
        progress.finish();
        Ok(status)
    }
}

/// A thread pool for every worker: as many workers as there are jobs or cells, and all jobs shared
/// among them.
fn pools(jobs: usize, cells: usize) -> Result<Vec<ThreadPool>, ReproError> {
    let workers = jobs.min(cells);
    let threads = |worker: usize| jobs / workers + usize::from(worker < jobs % workers);
    let pool = |worker| ThreadPoolBuilder::new().num_threads(threads(worker)).build();
    let pools: Result<_, _> = (0..workers).map(pool).collect();
    pools.map_err(|error| too_many(jobs, &error))
}

fn too_many(jobs: usize, reason: &impl ToString) -> ReproError {
    ReproError::Threads { jobs, reason: reason.to_string() }
}

/// Runs one cell, and returns its outcome and its time in seconds; a panic is that cell's error.
fn run_cell(
    experiment: &dyn AnyExperiment,
    cell: &Cell,
    context: &dyn CellContext,
) -> Result<(Value, f64), CellError> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| experiment.run_cell(&cell.config, context)))
        .unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err(CellError::new(format!("panicked: {}", message.unwrap_or("without a message"))))
        })?;
    Ok((outcome, start.elapsed().as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell as Flag;
    use std::time::Duration;

    use rayon::prelude::*;

    use super::*;
    use crate::cells::CellStore;
    use crate::cells::Interruption;
    use crate::cells::OutputFolder;
    use crate::cells::toy::{InContext, first_cells, origin};
    use crate::experiment::{Profile, Scope};

    /// The outcomes of the first `n` cells.
    fn outcomes(experiment: &dyn AnyExperiment, n: u64, jobs: usize) -> Vec<f64> {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let (scope, interruption) = (Scope::new(Profile::Quick), Interruption::new(|| ()));
        let (interruption, after_failure) = (&interruption, AfterFailure::Stop);
        let origin = &origin();
        let run = Run { store: &store, scope: &scope, origin, jobs, after_failure, interruption };
        let cells = first_cells(experiment, n);
        let finished = Queue::new(&run, &cells, (0..cells.len()).collect()).work().unwrap();
        let outcome = |(_, status)| match status {
            CellStatus::Finished { result, .. } => result.outcome.as_f64().unwrap(),
            other => panic!("{other:?}"),
        };
        finished.into_iter().map(outcome).collect()
    }

    #[test]
    fn a_cell_that_waits_for_its_own_threads_is_not_made_to_run_another_first() {
        thread_local!(static BUSY: Flag<bool> = const { Flag::new(false) });
        let nested = InContext(|_, _: &dyn CellContext| {
            assert!(!BUSY.replace(true), "a cell within a cell");
            (0..16).into_par_iter().for_each(|_| thread::sleep(Duration::from_micros(300)));
            BUSY.set(false);
            Ok(0.0)
        });
        assert_eq!(outcomes(&nested, 40, 4).len(), 40);
    }

    #[test]
    fn all_jobs_are_shared_among_few_cells() {
        let threads = InContext(|_, _: &dyn CellContext| Ok(rayon::current_num_threads() as f64));
        let mut counts = outcomes(&threads, 2, 5);
        counts.sort_by(f64::total_cmp);
        // Either worker may have been fast enough to take both cells.
        assert!([[2.0, 2.0], [2.0, 3.0], [3.0, 3.0]].iter().any(|c| counts == c), "{counts:?}");
        assert_eq!(outcomes(&threads, 1, 5), [5.0]);
    }
}
