//! The stages of a run: cells, and then those that follow from them.

use super::plan::{Further, Plan};
use super::shard::Shard;
use crate::cells::{AfterFailure, CellStatus, CellStore, Lookup, Run, run_cells};
use crate::error::ReproError;
use crate::experiment::{AnyExperiment, Cell, CellError, Scope};

/// Cells with what became of them.
pub struct Stages<'a> {
    /// The cells, with their experiments.
    pub cells: Vec<(&'a dyn AnyExperiment, Cell)>,
    /// What became of each.
    pub statuses: Vec<CellStatus>,
    /// The experiments that can't say which cells follow, and why.
    pub refusals: Vec<(&'static str, CellError)>,
}

impl<'a> Stages<'a> {
    /// Runs every cell of a plan.
    ///
    /// # Errors
    /// The store can't be written, or threads can't be started.
    pub fn run(plan: &'a Plan, settings: &Run<'_>) -> Result<Self, ReproError> {
        let mut cells = plan.cells();
        let mut statuses = run_cells(&cells, settings)?;
        let Further { cells: further, refusals } = plan.further(settings.scope, &cells, &statuses);
        let failed = statuses.iter().any(|status| matches!(status, CellStatus::Failed(_)));
        statuses.extend(if failed && settings.after_failure == AfterFailure::Stop {
            vec![CellStatus::Skipped; further.len()]
        } else {
            run_cells(&further, settings)?
        });
        cells.extend(further);
        Ok(Self { cells, statuses, refusals })
    }

    /// Runs the cells of a shard. Those that follow from others are run too where the store has all of
    /// these: what other shards have not finished yet is left to a later run.
    ///
    /// # Errors
    /// The store can't be written, or threads can't be started.
    pub fn run_shard(plan: &'a Plan, shard: Shard, settings: &Run<'_>) -> Result<Self, ReproError> {
        let first = plan.cells();
        let mut cells = own(shard, &first);
        let mut statuses = run_cells(&cells, settings)?;
        // What other shards have finished matters only where something follows from it: with many cells and many
        // shards, looking all of them up would take longer than running them.
        let followed = plan.followed(settings.scope);
        let before: Vec<_> =
            first.into_iter().filter(|(_, cell)| followed.contains(&cell.experiment)).collect();
        let known = look_up(&before, settings.store);
        let Further { cells: further, refusals } = plan.further(settings.scope, &before, &known);
        // Shared out experiment by experiment: it must not matter which others are as far.
        for planned in &plan.experiments {
            let of = further.iter().filter(|(_, cell)| cell.experiment == planned.name());
            let following = own(shard, &of.cloned().collect::<Vec<_>>());
            statuses.extend(run_cells(&following, settings)?);
            cells.extend(following);
        }
        Ok(Self { cells, statuses, refusals })
    }

    /// Looks every cell of a plan up, and runs none.
    pub fn look_up(plan: &'a Plan, scope: &Scope, store: &CellStore) -> Self {
        let mut cells = plan.cells();
        let mut statuses = look_up(&cells, store);
        let Further { cells: further, refusals } = plan.further(scope, &cells, &statuses);
        statuses.extend(look_up(&further, store));
        cells.extend(further);
        Self { cells, statuses, refusals }
    }

    /// The number of cells that have a result, and of those that were found to have one already.
    pub fn finished(&self) -> (usize, usize) {
        let count = |wanted: bool| {
            let is = |status: &&CellStatus| matches!(status, CellStatus::Finished { reused, .. } if *reused == wanted);
            self.statuses.iter().filter(is).count()
        };
        let (new, reused) = (count(false), count(true));
        (new + reused, reused)
    }

    /// The cells without a result.
    pub fn lacking(&self) -> impl Iterator<Item = &(&'a dyn AnyExperiment, Cell)> {
        let without = self.cells.iter().zip(&self.statuses);
        without
            .filter(|(_, status)| !matches!(status, CellStatus::Finished { .. }))
            .map(|(cell, _)| cell)
    }

    /// The cells without a result, as `experiment, label`.
    pub fn missing(&self) -> impl Iterator<Item = String> {
        self.lacking().map(|(_, cell)| format!("{}, {}", cell.experiment, cell.label))
    }
}

/// A shard's own of these cells.
fn own<'a>(
    shard: Shard,
    cells: &[(&'a dyn AnyExperiment, Cell)],
) -> Vec<(&'a dyn AnyExperiment, Cell)> {
    let costs: Vec<&Cell> = cells.iter().map(|(_, cell)| cell).collect();
    shard.positions(&costs).into_iter().map(|position| cells[position].clone()).collect()
}

/// What the store has for these cells.
fn look_up(cells: &[(&dyn AnyExperiment, Cell)], store: &CellStore) -> Vec<CellStatus> {
    let status = |(_, cell): &(&dyn AnyExperiment, Cell)| match store.load(cell) {
        Lookup::Finished(result) => CellStatus::Finished { result, reused: true },
        Lookup::Missing => CellStatus::Failed(CellError::new("no folder has it")),
        Lookup::Damaged { path, reason } => {
            CellStatus::Failed(CellError::new(format!("{}: {reason}", path.display())))
        }
    };
    cells.iter().map(status).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::toy::{Toy, origin};
    use crate::cells::{Interruption, OutputFolder};
    use crate::experiment::Profile;
    use crate::registry::Entry;

    #[test]
    fn shards_run_together_what_one_machine_runs_and_every_cell_once() {
        static TOY: Toy = Toy { continuing: true, ..Toy::named("continuing", "toys") };
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let open = |at: usize| OutputFolder::open(folders[at].path()).unwrap();
        let (store, scope) = (CellStore::new(open(0)), Scope::new(Profile::Quick));
        let (interruption, after_failure) = (&Interruption::new(|| ()), AfterFailure::Stop);
        let (store, scope, origin) = (&store, &scope, &origin());
        let settings = Run { store, scope, origin, jobs: 1, after_failure, interruption };
        let plan = Plan::of(&[Entry { experiment: &TOY, fingerprint: "code" }], scope);
        assert_eq!(Stages::look_up(&plan, scope, store).missing().count(), 2);
        // The cell that follows from the others is run once all of these are finished.
        for _ in 0..2 {
            for shard in ["1/3", "2/3", "3/3"] {
                Stages::run_shard(&plan, shard.parse().unwrap(), &settings).unwrap();
            }
        }
        assert_eq!(TOY.runs(), 3);
        let collected = Stages::look_up(&plan, scope, &CellStore::over([open(1), open(0)]));
        assert_eq!((collected.finished(), collected.missing().count()), ((3, 3), 0));
        assert_eq!(Stages::run(&plan, &settings).unwrap().statuses, collected.statuses);
        assert_eq!(TOY.runs(), 3);
    }
}
