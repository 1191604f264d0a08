//! `reproduce`: runs experiments and writes the report.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::arguments::ReproduceArgs;
use super::closing::closing;
use super::conclusion::{report, write};
use super::ended::Ended;
use super::estimate::estimate;
use super::interrupt::stop_cells_on_interrupt;
use super::plan::Plan;
use super::shard::Shard;
use super::stages::Stages;
use super::{listing, machines};
use crate::cells::{AfterFailure, CellStatus, CellStore, OutputFolder, Run};
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::experiment::{Scope, Verdict};
use crate::on_demand::OnDemand;
use crate::output::{note, say};
use crate::registry::{Registry, Selection};
use crate::report::{Provenance, Report, RunFacts};

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
    let shard = match args.shard {
        _ if !args.collect.is_empty() => None,
        None => Shard::of_job_array(|name| std::env::var(name).ok())?,
        given => given,
    };
    if shard.is_some() && args.fresh {
        return Err("--fresh would discard what other shards have finished; remove the folder, or leave it out"
            .into());
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

    if !args.collect.is_empty() {
        return collect(&plan, registry, &scope, args);
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
    let settings =
        Run { store: &store, scope: &scope, jobs, after_failure, interruption: &interruption };
    if let Some(shard) = shard {
        return run_shard(&plan, registry, shard, &settings, &folder);
    }
    let report = run(&plan, registry, &settings)?;
    conclude(&report, &plan, registry, &folder)
}

/// Writes the report, says what is in it, and how the command ends.
fn conclude(report: &Report, plan: &Plan, registry: &Registry, folder: &OutputFolder) -> Ended {
    let page = write(report, folder)?;
    say(&(closing(report, &page) + &listing::also(plan, registry)));
    Ok(status(report, plan))
}

/// Runs the cells of a shard, and writes no report.
fn run_shard(
    plan: &Plan,
    registry: &Registry,
    shard: Shard,
    settings: &Run<'_>,
    folder: &OutputFolder,
) -> Ended {
    let start = Instant::now();
    let stages = Stages::run_shard(plan, shard, settings)?;
    machines::keep(shard, &provenance(registry, &stages, settings, start), folder)?;
    let (finished, reused) = stages.finished();
    say(&format!(
        "shard {shard}: {finished} of its {} cells are kept in {} ({reused} of them were already); once every \
         shard has ended, --collect writes the report\n",
        stages.cells.len(),
        folder.path().display()
    ));
    for (experiment, why) in &stages.refusals {
        note(&format!("error: {experiment} can't say which cells follow: {why}"));
    }
    for ((_, cell), status) in stages.cells.iter().zip(&stages.statuses) {
        if let CellStatus::Failed(error) = status {
            note(&format!("error: {}, {}: {error}", cell.experiment, cell.label));
        }
    }
    let whole = finished == stages.cells.len() && stages.refusals.is_empty();
    Ok(if whole { ExitStatus::Certified } else { ExitStatus::Differs })
}

/// Writes the report of cells that were finished before, in these folders and that of the report.
fn collect(plan: &Plan, registry: &Registry, scope: &Scope, args: &ReproduceArgs) -> Ended {
    let folders: Vec<&Path> =
        args.collect.iter().map(PathBuf::as_path).chain([args.out.as_path()]).collect();
    if let Some(none) = args.collect.iter().find(|folder| !folder.is_dir()) {
        return Err(format!("there is no folder {}", none.display()).into());
    }
    let store = CellStore::over(folders.iter().map(|path| OutputFolder::for_reading(path)));
    let stages = Stages::look_up(plan, scope, &store);
    let machines = machines::collect(&folders);
    for difference in machines::differences(&machines) {
        note(&format!("warning: {difference}"));
    }
    let missing: Vec<String> = stages.missing().collect();
    for cell in missing.iter().take(SHOWN) {
        note(&format!("missing: {cell}"));
    }
    if missing.len() > SHOWN {
        note(&format!("and {} more", missing.len() - SHOWN));
    }
    let folder = OutputFolder::open(&args.out)?;
    let (_, cells_reused) = stages.finished();
    let facts = RunFacts {
        scope: scope.clone(),
        threads: 0,
        wall_seconds: 0.0,
        cells_run: 0,
        cells_reused,
    };
    let provenance = Provenance::of(registry.build(), facts);
    conclude(&report(plan, registry, &stages, provenance, machines), plan, registry, &folder)
}

/// How many missing cells are named.
const SHOWN: usize = 10;

/// What is said of experiments that another binary has.
fn elsewhere(rows: &[&OnDemand], registry: &Registry) -> String {
    let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
    format!("{}: built on demand, {}", names.join(", "), registry.larger_binary())
}

/// How the command ends. An experiment that couldn't run is misuse, whatever the others found.
fn status(report: &Report, plan: &Plan) -> ExitStatus {
    let failed = report.experiments.iter().any(|experiment| experiment.failure.is_some());
    if plan.refusal().is_some() {
        ExitStatus::Misuse
    } else if failed || report.count(Verdict::Differs) > 0 {
        ExitStatus::Differs
    } else {
        ExitStatus::Certified
    }
}

/// Runs the cells and summarises each experiment.
fn run(plan: &Plan, registry: &Registry, settings: &Run<'_>) -> Result<Report, ReproError> {
    let start = Instant::now();
    let stages = Stages::run(plan, settings)?;
    let provenance = provenance(registry, &stages, settings, start);
    Ok(report(plan, registry, &stages, provenance, Vec::new()))
}

/// The provenance of a run that ends now.
fn provenance(
    registry: &Registry,
    stages: &Stages<'_>,
    settings: &Run<'_>,
    start: Instant,
) -> Provenance {
    let (finished, cells_reused) = stages.finished();
    let facts = RunFacts {
        scope: settings.scope.clone(),
        threads: settings.jobs,
        wall_seconds: start.elapsed().as_secs_f64(),
        cells_run: finished - cells_reused,
        cells_reused,
    };
    Provenance::of(registry.build(), facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Interruption;
    use crate::cells::toy::Toy;
    use crate::experiment::Profile;
    use crate::registry::Entry;
    use crate::report::{Build, CellState};

    const BUILD: Build =
        Build { version: "1.0.0", git_revision: None, code_fingerprint: "code", rustc: "rustc 1" };

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
        let interruption = &Interruption::new(|| ());
        let settings = Run { store: &store, scope: &scope, jobs: 2, after_failure, interruption };
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
