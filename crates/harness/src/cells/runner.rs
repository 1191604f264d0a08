//! Running cells: side by side, each kept as soon as it is finished.

use std::collections::HashMap;

use super::queue::Queue;
use super::run::{CellStatus, Run};
use super::store::{CellStore, Lookup};
use crate::error::ReproError;
use crate::experiment::{AnyExperiment, Cell};
use crate::output::note;

/// Runs the cells that the store doesn't have, and returns what became of each, in order.
///
/// # Errors
/// The store can't be written, or threads can't be started. That a cell fails is a status, not an
/// error.
pub fn run_cells(
    cells: &[(&dyn AnyExperiment, Cell)],
    run: &Run<'_>,
) -> Result<Vec<CellStatus>, ReproError> {
    let mut statuses = Vec::with_capacity(cells.len());
    for (_, cell) in cells {
        statuses.push(finished(cell, run.store)?);
    }
    let missing: Vec<usize> = (0..cells.len()).filter(|i| statuses[*i].is_none()).collect();
    // What several experiments look at is run once.
    let mut first = HashMap::new();
    for index in &missing {
        first.entry(run.store.path(&cells[*index].1)).or_insert(*index);
    }
    let once = missing.iter().copied().filter(|i| first[&run.store.path(&cells[*i].1)] == *i);
    for (index, status) in Queue::new(run, cells, once.collect()).work()? {
        statuses[index] = Some(status);
    }
    for index in missing {
        let same = first[&run.store.path(&cells[index].1)];
        if same != index {
            statuses[index] = statuses[same].clone().map(CellStatus::seen_again);
        }
    }
    Ok(statuses.into_iter().map(|status| status.unwrap_or(CellStatus::Skipped)).collect())
}

/// The status of a cell that the store has.
fn finished(cell: &Cell, store: &CellStore) -> Result<Option<CellStatus>, ReproError> {
    match store.load(cell) {
        Lookup::Finished(result) => {
            // They are still there if the process was killed just after the result was kept.
            store.discard_checkpoints(cell)?;
            Ok(Some(CellStatus::Finished { result, reused: true }))
        }
        Lookup::Missing => Ok(None),
        Lookup::Damaged { path, reason } => {
            note(&format!("warning: running {} again: {}: {reason}", cell.label, path.display()));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::cells::OutputFolder;
    use crate::cells::interruption::Interruption;
    use crate::cells::run::AfterFailure;
    use crate::cells::toy::{InContext, Toy, cells, first_cells, origin};
    use crate::experiment::{CellContext, CellError, Profile, Scope};

    fn run_with(
        cells: &[(&dyn AnyExperiment, Cell)],
        folder: &OutputFolder,
        after_failure: AfterFailure,
        jobs: usize,
    ) -> Vec<CellStatus> {
        let (store, scope) = (CellStore::new(folder.clone()), Scope::new(Profile::Quick));
        let (origin, interruption) = (&origin(), &Interruption::new(|| ()));
        let run = Run { store: &store, scope: &scope, origin, jobs, after_failure, interruption };
        run_cells(cells, &run).unwrap()
    }

    fn run(toy: &Toy, folder: &OutputFolder, after: AfterFailure) -> Vec<CellStatus> {
        run_with(&cells(toy), folder, after, 2)
    }

    #[test]
    fn finished_cells_are_kept_and_never_run_again() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy::new(4);
        let first = run(&toy, &folder, AfterFailure::Stop);
        assert!(first.iter().all(|s| matches!(s, CellStatus::Finished { reused: false, .. })));
        let left_behind = CellStore::new(folder.clone()).checkpoints(&cells(&toy)[0].1);
        fs::create_dir_all(&left_behind).unwrap();
        let second = run(&toy, &folder, AfterFailure::Stop);
        assert!(second.iter().all(|s| matches!(s, CellStatus::Finished { reused: true, .. })));
        assert!(toy.runs() == 4 && !left_behind.exists());
    }

    #[test]
    fn what_two_experiments_look_at_is_run_once() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let (toy, looking) = (Toy::new(3), Toy::looking_at("toy"));
        let cells = [cells(&toy), cells(&looking)].concat();
        let statuses = run_with(&cells, &folder, AfterFailure::Stop, 2);
        let (own, seen) = statuses.split_at(3);
        assert!(own.iter().all(|s| matches!(s, CellStatus::Finished { reused: false, .. })));
        assert!(seen.iter().all(|s| matches!(s, CellStatus::Finished { reused: true, .. })));
        assert_eq!((toy.runs(), looking.runs()), (3, 0));
    }

    #[test]
    fn a_cell_that_fails_or_panics_takes_no_other_with_it_when_asked_to_keep_going() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy { failing: Some(1), panicking: Some(2), ..Toy::new(5) };
        let statuses = run(&toy, &folder, AfterFailure::KeepGoing);
        let failed = statuses.iter().filter(|s| matches!(s, CellStatus::Failed(_))).count();
        assert_eq!((failed, statuses.len()), (2, 5));
        assert!(
            matches!(&statuses[1], CellStatus::Failed(e) if e.to_string().contains("panicked"))
        );
    }

    #[test]
    fn otherwise_the_remaining_cells_are_skipped_and_the_finished_ones_kept() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy { failing: Some(1), ..Toy::new(30) };
        let statuses = run_with(&cells(&toy), &folder, AfterFailure::Stop, 1);
        assert!(matches!(statuses[0], CellStatus::Failed(_)));
        assert_eq!(statuses[1..], vec![CellStatus::Skipped; 29]);
    }

    #[test]
    fn cells_that_another_process_is_running_are_waited_for_and_not_run_twice() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let toy = Toy::new(6);
        let runs = AtomicU64::new(0);
        let slow = InContext(|seed, _: &dyn CellContext| {
            runs.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(20));
            Ok(seed as f64)
        });
        // Locks of one process exclude each other as those of two do.
        let statuses: Vec<_> = std::thread::scope(|scope| {
            let run = || run_with(&first_cells(&slow, 12), &folder, AfterFailure::Stop, 2);
            let both = [scope.spawn(run), scope.spawn(run)];
            both.map(|process| process.join().unwrap()).into()
        });
        assert_eq!(runs.load(Ordering::Relaxed), 12);
        let reused =
            |status: &&CellStatus| matches!(status, CellStatus::Finished { reused: true, .. });
        let new =
            |status: &&CellStatus| matches!(status, CellStatus::Finished { reused: false, .. });
        let all = || statuses.iter().flatten();
        assert_eq!((all().filter(reused).count(), all().filter(new).count()), (12, 12));
        assert_eq!(run(&toy, &folder, AfterFailure::Stop).len(), 6);
        assert!(!temp.path().join("running").exists());
    }

    #[test]
    fn a_cell_of_a_process_that_has_died_is_run_by_the_next() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let (toy, store) = (Toy::new(2), CellStore::new(folder.clone()));
        // Its lock is gone with it; the file stays.
        drop(store.claim(&cells(&toy)[0].1).unwrap());
        assert!(temp.path().join("running/toy").exists());
        run(&toy, &folder, AfterFailure::Stop);
        assert!(toy.runs() == 2 && !temp.path().join("running").exists());
    }

    /// The sum of the squares of `1..=5`, with a checkpoint after every term; panics after one of them.
    fn sum(
        context: &dyn CellContext,
        crash_after: Option<u64>,
        terms: &AtomicU64,
    ) -> Result<f64, CellError> {
        let file = context.checkpoints()?.join("sum");
        let saved = fs::read_to_string(&file).unwrap_or_else(|_| "0 0".into());
        let (done, sum) = saved.split_once(' ').unwrap();
        let (done, mut sum): (u64, f64) = (done.parse().unwrap(), sum.parse().unwrap());
        for k in done + 1..=5 {
            terms.fetch_add(1, Ordering::Relaxed);
            sum += (k * k) as f64;
            fs::write(&file, format!("{k} {sum}"))?;
            assert!(Some(k) != crash_after, "asked to");
        }
        Ok(sum)
    }

    #[test]
    fn a_cell_that_crashed_goes_on_from_its_checkpoint_which_is_gone_in_the_end() {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let terms = AtomicU64::new(0);
        let run = |crash_after| {
            let summing =
                InContext(|_, context: &dyn CellContext| sum(context, crash_after, &terms));
            run_with(&first_cells(&summing, 1), &folder, AfterFailure::Stop, 1).remove(0)
        };
        assert!(matches!(run(Some(3)), CellStatus::Failed(_)));
        assert!(temp.path().join("checkpoints/in-context").is_dir());
        let CellStatus::Finished { result, .. } = run(None) else { panic!("no result") };
        assert_eq!((result.outcome, terms.load(Ordering::Relaxed)), (55.0.into(), 5));
        assert!(!temp.path().join("checkpoints").exists());
    }

    #[test]
    fn no_cell_is_started_once_the_run_is_interrupted() {
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let (toy, scope) = (Toy::new(3), Scope::new(Profile::Quick));
        let interruption = &Interruption::new(|| ());
        interruption.raise();
        let (origin, after_failure) = (&origin(), AfterFailure::KeepGoing);
        let (store, scope) = (&store, &scope);
        let run = Run { store, scope, origin, jobs: 2, after_failure, interruption };
        assert_eq!(run_cells(&cells(&toy), &run).unwrap(), vec![CellStatus::Skipped; 3]);
        assert_eq!(toy.runs(), 0);
    }
}
