//! `reproduce`: runs experiments and writes the report.

use std::path::PathBuf;
use std::time::Instant;

use super::arguments::ReproduceArgs;
use super::closing::closing;
use super::estimate::estimate;
use super::interrupt::stop_cells_on_interrupt;
use super::plan::Plan;
use super::{Ended, listing, section};
use crate::cells::{AfterFailure, CellStatus, CellStore, OutputFolder, Run, run_cells};
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::experiment::{Cell, Verdict};
use crate::on_demand::OnDemand;
use crate::output::{note, say};
use crate::registry::{Registry, Selection};
use crate::report::{Provenance, Report, RunFacts, SCHEMA_VERSION, draw, page};

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
            note(&elsewhere(&rows));
            return Ok(ExitStatus::Elsewhere);
        }
    };
    let scope = args.scope();
    let plan = Plan::of(&entries, &scope);
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.map_or_else(processors, std::num::NonZero::get);
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

    let folder = OutputFolder::open(&args.out)?;
    let store = CellStore::new(folder.clone());
    if args.fresh {
        plan.experiments
            .iter()
            .try_for_each(|planned| store.discard(planned.entry.experiment.kept_as()))?;
    }
    let interruption = stop_cells_on_interrupt(
        "finished cells and checkpoints are kept; give the same command again to go on from there",
    );
    let settings =
        Run { store: &store, scope: &scope, jobs, after_failure, interruption: &interruption };
    let report = run(&plan, registry, &settings)?;
    let page = write(&report, &folder)?;
    say(&(closing(&report, &page) + &listing::also(&plan, registry)));
    Ok(status(&report, &plan))
}

/// What is said of experiments that another binary has.
fn elsewhere(rows: &[&OnDemand]) -> String {
    let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
    format!(
        "{}: built on demand, with a deep-learning framework, as mirrorhead-repro-deep; \
         `cargo xtask reproduce` builds and runs it",
        names.join(", ")
    )
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
    let mut cells = plan.cells();
    let mut statuses = run_cells(&cells, settings)?;
    let further = plan.further(settings.scope, &cells, &statuses);
    let failed = statuses.iter().any(|status| matches!(status, CellStatus::Failed(_)));
    statuses.extend(if failed && settings.after_failure == AfterFailure::Stop {
        vec![CellStatus::Skipped; further.len()]
    } else {
        run_cells(&further, settings)?
    });
    cells.extend(further);
    let count = |wanted: bool| {
        let reused =
            |s: &&CellStatus| matches!(s, CellStatus::Finished { reused, .. } if *reused == wanted);
        statuses.iter().filter(reused).count()
    };
    let (cells_reused, cells_run) = (count(true), count(false));

    let (mut claims, mut experiments) = (Vec::new(), Vec::new());
    for entry in registry.all() {
        let name = entry.experiment.about().name;
        let (rows, report) = match plan.find(name).map(|planned| &planned.cells) {
            None => {
                let why = format!("not asked for; run it by `cargo xtask reproduce {name}`");
                claims.extend(section::not_run(entry.experiment, &why));
                continue;
            }
            Some(Err(refusal)) => section::refused(*entry, refusal),
            Some(Ok(_)) => {
                let all = cells.iter().map(|(_, cell)| cell).zip(&statuses);
                let own: Vec<(&Cell, &CellStatus)> =
                    all.filter(|(cell, _)| cell.experiment == name).collect();
                section::section(*entry, &own)
            }
        };
        claims.extend(rows);
        experiments.push(report);
    }
    let wall_seconds = start.elapsed().as_secs_f64();
    let scope = settings.scope.clone();
    let facts = RunFacts { scope, threads: settings.jobs, wall_seconds, cells_run, cells_reused };
    let provenance = Provenance::of(registry.build(), facts);
    Ok(Report { schema_version: SCHEMA_VERSION, provenance, claims, experiments })
}

/// Writes `report.json`, every figure as an SVG file, and `index.html`; returns the page's path.
fn write(report: &Report, folder: &OutputFolder) -> Result<PathBuf, ReproError> {
    let json = serde_json::to_vec(report)
        .map_err(|source| ReproError::Json { what: "the report".into(), source })?;
    folder.write("report.json", &json)?;
    let mut drawings = Vec::new();
    for experiment in &report.experiments {
        let mut drawn = Vec::new();
        for figure in &experiment.figures {
            let svg = draw(figure)?;
            let name = format!("figures/{}-{}.svg", experiment.about.name, figure.key);
            folder.write(name, svg.as_bytes())?;
            drawn.push(svg);
        }
        drawings.push(drawn);
    }
    folder.write("index.html", page(report, &drawings).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Interruption;
    use crate::cells::toy::Toy;
    use crate::experiment::{Profile, Scope};
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
        let registry =
            toys.iter().fold(Registry::new(BUILD, "toys"), |r, toy| r.with(&[*toy], "code"));
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
