//! `reproduce`: runs experiments and writes the report.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use super::arguments::ReproduceArgs;
use super::array_task::shard_of_array_task;
use super::collect::collect;
use super::conclusion::{conclude, provenance, report};
use super::ended::Ended;
use super::engine::Engine;
use super::estimate::estimate;
use super::interrupt::stop_cells_on_interrupt;
use super::listing;
use super::plan::Plan;
use super::shard::{Shard, ShardError};
use super::shard_run::run_shard;
use super::stages::Stages;
use super::submission::{check_shared, submit_study};
use crate::cells::{AfterFailure, CellStore, OutputFolder, Run};
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::on_demand::OnDemand;
use crate::origin::Origin;
use crate::output::{note, say};
use crate::registry::{Registry, Selection};
use crate::report::Report;

/// Runs the command.
///
/// # Errors
/// An unknown name, an experiment that refuses, a folder that can't be written, threads that can't
/// be started.
pub fn reproduce(args: &ReproduceArgs, registry: &Registry) -> Ended {
    let selection = match &args.names[..] {
        _ if args.all => Selection::Here(registry.core_experiments()),
        [] => registry.select(&[registry.default_group().into()])?,
        names => registry.select(names)?,
    };
    if args.list {
        say(&listing::list(registry));
        return Ok(ExitStatus::Certified);
    }
    let entries = match selection {
        Selection::Here(entries) => entries,
        Selection::Elsewhere(rows) => {
            note(&elsewhere(&rows, registry));
            return Ok(ExitStatus::Elsewhere);
        }
    };
    let scope = args.scope();
    let plan = Plan::of(&entries, &scope);
    let shard = shard(args)?;
    if shard.is_some() && args.fresh {
        return Err(ReproError::FreshShard.into());
    }
    let jobs = args.jobs();
    if args.dry_run {
        let store = CellStore::new(OutputFolder::for_reading(&args.out));
        say(&estimate(&plan, &scope, (!args.fresh).then_some(&store), jobs));
        return plan.refusal().map_or(Ok(ExitStatus::Certified), |refusal| Err(refusal.into()));
    }
    let after_failure = if args.keep_going { AfterFailure::KeepGoing } else { AfterFailure::Stop };
    if let Some(refusal) = plan.refusal()
        && !(plan.can_run() && after_failure == AfterFailure::KeepGoing)
    {
        return Err(refusal.into());
    }

    if args.submit == Some(Engine::Slurm) {
        return submit_study(&plan, &scope, args);
    }
    if let Some(study) = &args.study {
        check_shared(&args.out, study)?;
    }
    if let Some(folders) = &args.collect {
        return collect(&plan, registry, &scope, args, folders);
    }
    let folder = OutputFolder::open(&args.out)?;
    let store = CellStore::new(folder.clone());
    if args.fresh {
        plan.experiments
            .iter()
            .try_for_each(|planned| store.discard(planned.entry.experiment.store_name()))?;
    }
    let interruption = stop_cells_on_interrupt(
        "finished cells and checkpoints are kept; give the same command again to go on from there",
    );
    let origin = Arc::new(Origin::here(registry.build()));
    let settings = Run {
        store: &store,
        scope: &scope,
        origin: &origin,
        jobs,
        after_failure,
        interruption: &interruption,
    };
    if let Some(shard) = shard {
        return run_shard(&plan, registry, shard, &settings, &folder);
    }
    let report = run(&plan, registry, &settings)?;
    conclude(&report, &plan, registry, &folder, args.tables)
}

/// The shard that is asked for, by the command or by the engine of a cluster.
fn shard(args: &ReproduceArgs) -> Result<Option<Shard>, ShardError> {
    let no_task = args.collect.is_some() || args.submit.is_some() || args.shard.is_some();
    if no_task {
        return Ok(args.shard);
    }
    shard_of_array_task(args.shards.map(NonZeroUsize::get), |name| std::env::var(name).ok())
}

/// What is said of experiments that another binary has.
fn elsewhere(rows: &[&OnDemand], registry: &Registry) -> String {
    let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
    format!("{}: built on demand, {}", names.join(", "), registry.larger_binary())
}

/// Runs the cells and summarises each experiment.
fn run(plan: &Plan, registry: &Registry, settings: &Run<'_>) -> Result<Report, ReproError> {
    let start = Instant::now();
    let stages = Stages::run(plan, settings)?;
    let provenance = provenance(registry, &stages, settings, start);
    Ok(report(plan, registry, &stages, provenance, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Interruption;
    use crate::cells::toy::{BUILD, Toy, origin};
    use crate::command::conclusion::{status, write};
    use crate::experiment::{Profile, Scope, Verdict};
    use crate::registry::Entry;
    use crate::report::CellState;

    /// Runs toys in a folder of their own.
    fn reproduced(toys: &[&'static Toy]) -> (Plan, Report, String) {
        reproduced_with(toys, AfterFailure::KeepGoing)
    }

    fn reproduced_with(
        toys: &[&'static Toy],
        after_failure: AfterFailure,
    ) -> (Plan, Report, String) {
        let temp = tempfile::tempdir().unwrap();
        let folder = OutputFolder::open(temp.path()).unwrap();
        let entries: Vec<_> =
            toys.iter().map(|toy| Entry { experiment: *toy, fingerprint: "code" }).collect();
        let registry = Registry::new(BUILD, "toys").with(&entries);
        let names: Vec<String> = toys.iter().map(|toy| toy.name.into()).collect();
        let Ok(Selection::Here(entries)) = registry.select(&names) else { panic!("not here") };
        let scope = Scope::new(Profile::Quick);
        let plan = Plan::of(&entries, &scope);
        let store = CellStore::new(folder.clone());
        let (origin, interruption) = (&origin(), &Interruption::new(|| ()));
        let (store, scope) = (&store, &scope);
        let settings = Run { store, scope, origin, jobs: 2, after_failure, interruption };
        let report = run(&plan, &registry, &settings).unwrap();
        let page = std::fs::read_to_string(write(&report, &folder).unwrap()).unwrap();
        (plan, report, page)
    }

    #[test]
    fn the_page_escapes_what_experiments_say() {
        static TOY: Toy = Toy::named("toy", "toys");
        let (_, _, page) = reproduced(&[&TOY]);
        assert!(page.contains("Squares &lt;of&gt; seeds &amp; &quot;more&quot;"));
        assert!(!page.contains("<of>"));
    }

    #[test]
    fn cells_that_follow_from_finished_ones_are_run_and_summarised_with_them() {
        static CONTINUING: Toy = Toy { continuing: true, ..Toy::named("continuing", "toys") };
        let (_, report, _) = reproduced(&[&CONTINUING]);
        let labels: Vec<_> = report.experiments[0].cells.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["seed 1", "seed 2", "seed 3"]);
        assert_eq!(CONTINUING.runs(), 3);
    }

    #[test]
    fn cells_that_follow_are_not_started_either_once_another_has_failed() {
        static CONTINUING: Toy = Toy { continuing: true, ..Toy::named("continuing", "toys") };
        static FAILING: Toy = Toy { failing: Some(2), ..Toy::named("failing", "toys") };
        let (_, report, _) = reproduced_with(&[&CONTINUING, &FAILING], AfterFailure::Stop);
        assert_eq!(CONTINUING.runs(), 2);
        let (states, failure) = (&report.experiments[0].cells, &report.experiments[0].failure);
        assert_eq!(states[2].state, CellState::Skipped);
        assert!(failure.as_ref().unwrap().contains("1 of 3 cells have no result"));
    }

    #[test]
    fn an_experiment_that_refuses_takes_no_other_with_it_silently() {
        static REFUSING: Toy = Toy { refusing: true, ..Toy::named("refusing", "toys") };
        static WILLING: Toy = Toy::named("willing", "toys");
        let (plan, report, page) = reproduced(&[&REFUSING, &WILLING]);
        let refusal = plan.refusal().unwrap().to_string();
        for part in
            ["`refusing` can't run: there are no squares", "the other experiment", "--keep-going"]
        {
            assert!(refusal.contains(part), "{part}: {refusal}");
        }
        assert!(plan.can_run() && WILLING.runs() > 0);
        assert_eq!(status(&report, &plan), ExitStatus::Misuse);
        assert_eq!(report.count(Verdict::Reproduced), 1);
        assert!(page.contains("it can&#39;t run: there are no squares"));
    }

    #[test]
    fn an_experiment_that_differs_has_a_status_of_its_own() {
        static TOY: Toy = Toy::named("toy", "toys");
        static FAILING: Toy = Toy { failing: Some(1), ..Toy::named("failing", "toys") };
        let (plan, report, _) = reproduced(&[&FAILING]);
        assert_eq!(status(&report, &plan), ExitStatus::Differs);
        let (plan, report, _) = reproduced(&[&TOY]);
        assert_eq!(status(&report, &plan), ExitStatus::Certified);
    }
}
