//! `reproduce`: runs experiments and writes the report.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::interrupt::say_on_interrupt;
use super::{Ended, listing, say};
use crate::claim::{ClaimResult, Verdict};
use crate::cli::ReproduceArgs;
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::experiment::{AnyExperiment, Cell, Scope, Summary};
use crate::folder::OutputFolder;
use crate::registry;
use crate::report::{
    CellReport, CellState, ExperimentReport, FINGERPRINT, Provenance, Report, RunFacts,
    SCHEMA_VERSION, draw, page,
};
use crate::runner::{AfterFailure, CellStatus, run_cells};
use crate::store::CellStore;

type Chosen = [&'static dyn AnyExperiment];

/// Runs the command.
///
/// # Errors
/// An unknown name, a folder that can't be written, threads that can't be started.
pub fn reproduce(args: &ReproduceArgs) -> Ended {
    let experiments = match &args.names[..] {
        _ if args.all => registry::all(),
        [] => registry::select(&[registry::DEFAULT_GROUP.into()])?,
        names => registry::select(names)?,
    };
    if args.list {
        say(&listing::list());
        return Ok(ExitStatus::Certified);
    }
    let scope =
        Scope { profile: args.profile.into(), seeds: args.seeds.map(std::num::NonZeroU64::get) };
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.map_or_else(processors, std::num::NonZero::get);
    if args.dry_run {
        let store = CellStore::new(OutputFolder::for_reading(&args.out), FINGERPRINT);
        let store = (!args.fresh).then_some(&store);
        say(&listing::estimate(&experiments, &scope, store, jobs));
        return Ok(ExitStatus::Certified);
    }

    let folder = OutputFolder::open(&args.out)?;
    let store = CellStore::new(folder.clone(), FINGERPRINT);
    if args.fresh {
        experiments.iter().try_for_each(|e| store.discard(e.about().name))?;
    }
    say_on_interrupt("finished cells are kept; give the same command again to go on from there");
    let after_failure = if args.keep_going { AfterFailure::KeepGoing } else { AfterFailure::Stop };
    let report = run(&experiments, scope, &store, after_failure, jobs)?;
    let page = write(&report, &folder)?;
    say(&closing(&report, &page, &experiments));
    let failed = report.experiments.iter().any(|experiment| experiment.failure.is_some());
    Ok(if failed || report.count(Verdict::Differs) > 0 {
        ExitStatus::Differs
    } else {
        ExitStatus::Certified
    })
}

/// Runs the cells and summarises each experiment.
fn run(
    experiments: &Chosen,
    scope: Scope,
    store: &CellStore,
    after_failure: AfterFailure,
    jobs: usize,
) -> Result<Report, ReproError> {
    let start = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .map_err(|e| ReproError::Threads { jobs, reason: e.to_string() })?;
    let cells: Vec<(&dyn AnyExperiment, Cell)> = experiments
        .iter()
        .flat_map(|e| e.cells(&scope).into_iter().map(|cell| (*e as &dyn AnyExperiment, cell)))
        .collect();
    let statuses = pool.install(|| run_cells(&cells, store, after_failure))?;
    let count = |wanted: bool| {
        let reused =
            |s: &&CellStatus| matches!(s, CellStatus::Finished { reused, .. } if *reused == wanted);
        statuses.iter().filter(reused).count()
    };
    let (cells_reused, cells_run) = (count(true), count(false));

    let (mut claims, mut reports) = (Vec::new(), Vec::new());
    for experiment in registry::all() {
        let name = experiment.about().name;
        if !experiments.iter().any(|e| e.about().name == name) {
            let reason = format!("not asked for; run it by `cargo xtask reproduce {name}`");
            let rows = experiment.claims().into_iter();
            claims.extend(rows.map(|claim| ClaimResult::not_run(name, claim, reason.clone())));
            continue;
        }
        let own: Vec<(&Cell, &CellStatus)> = cells
            .iter()
            .zip(&statuses)
            .filter(|((_, cell), _)| cell.experiment == name)
            .map(|((_, cell), status)| (cell, status))
            .collect();
        let (rows, report) = summarise(experiment, &own);
        claims.extend(rows);
        reports.push(report);
    }
    let wall_seconds = start.elapsed().as_secs_f64();
    let facts = RunFacts { scope, threads: jobs, wall_seconds, cells_run, cells_reused };
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        provenance: Provenance::of(facts),
        claims,
        experiments: reports,
    })
}

/// The claims and the section of one experiment. With a cell missing, its claims are not judged.
fn summarise(
    experiment: &dyn AnyExperiment,
    cells: &[(&Cell, &CellStatus)],
) -> (Vec<ClaimResult>, ExperimentReport) {
    let about = experiment.about();
    let finished: Vec<(Value, Value)> = cells
        .iter()
        .filter_map(|(cell, status)| match status {
            CellStatus::Finished { result, .. } => {
                Some((cell.config.clone(), result.outcome.clone()))
            }
            _ => None,
        })
        .collect();
    let missing = cells.len() - finished.len();
    let first = cells.iter().find_map(|(cell, status)| match status {
        CellStatus::Failed(error) => Some(format!("{}: {error}", cell.label)),
        _ => None,
    });
    let mut failure = (missing > 0).then(|| {
        let why = first.unwrap_or_else(|| "another experiment failed before".into());
        format!("{missing} of {} cells have no result ({why})", cells.len())
    });
    let summary = experiment.summarise(&finished).unwrap_or_else(|error| {
        failure.get_or_insert(error.reason);
        Summary::default()
    });
    let claims = match &failure {
        None => ClaimResult::table(about.name, &experiment.claims(), &summary.findings),
        Some(why) => {
            let rows = experiment.claims().into_iter();
            rows.map(|claim| ClaimResult::not_run(about.name, claim, why.clone())).collect()
        }
    };
    let state = |status: &CellStatus| match status {
        CellStatus::Finished { result, .. } => {
            CellState::Finished { seconds: result.seconds, outcome: result.outcome.clone() }
        }
        CellStatus::Failed(error) => CellState::Failed { reason: error.reason.clone() },
        CellStatus::Skipped => CellState::Skipped,
    };
    let cells = cells.iter().map(|(cell, status)| CellReport {
        label: cell.label.clone(),
        config: cell.config.clone(),
        state: state(status),
    });
    let report = ExperimentReport {
        about,
        figures: summary.figures,
        excluded: summary.excluded,
        failure,
        cells: cells.collect(),
    };
    (claims, report)
}

/// Writes `report.json`, every figure as an SVG file, and `index.html`; returns the page's path.
fn write(report: &Report, folder: &OutputFolder) -> Result<std::path::PathBuf, ReproError> {
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

/// What the command says at its end.
fn closing(report: &Report, page: &Path, experiments: &Chosen) -> String {
    let mut text = String::from("\n");
    for experiment in &report.experiments {
        let _ = writeln!(text, "{}: {}", experiment.about.name, experiment.about.title);
        for row in report.claims.iter().filter(|row| row.experiment == experiment.about.name) {
            let obtained = row.obtained.as_ref().map(|obtained| obtained.text.as_str());
            let said = obtained.or(row.reason.as_deref()).unwrap_or_default();
            let _ = writeln!(text, "  {:<10}  {:<17}  {said}", row.verdict.words(), row.claim.key);
        }
        for excluded in &experiment.excluded {
            let _ = writeln!(text, "  left out: {} x {}", excluded.cells.len(), excluded.reason);
        }
        if let Some(failure) = &experiment.failure {
            let _ = writeln!(text, "  FAILED: {failure}");
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} reproduced, {} differ, {} not run. Report: {}",
        report.count(Verdict::Reproduced),
        report.count(Verdict::Differs),
        report.count(Verdict::NotRun),
        std::path::absolute(page).unwrap_or_else(|_| page.to_owned()).display(),
    );
    if report.count(Verdict::Differs) > 0 {
        text.push_str("A claim was NOT reproduced: what was obtained differs from the paper.\n");
    }
    text + &listing::also(experiments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CellError;
    use crate::store::FinishedCell;
    use crate::toy::{Toy, cells};

    fn summarised(last: CellStatus) -> (Vec<ClaimResult>, ExperimentReport) {
        let toy = Toy::new(3);
        let finished = |outcome: f64| CellStatus::Finished {
            result: FinishedCell { outcome: outcome.into(), seconds: 0.1 },
            reused: false,
        };
        let statuses = [finished(1.0), finished(4.0), last];
        let cells = cells(&toy);
        let own: Vec<_> = cells.iter().map(|(_, cell)| cell).zip(&statuses).collect();
        summarise(&toy, &own)
    }

    #[test]
    fn claims_are_judged_when_every_cell_has_a_result() {
        let result = FinishedCell { outcome: 9.0.into(), seconds: 0.1 };
        let (claims, report) = summarised(CellStatus::Finished { result, reused: true });
        assert_eq!((claims[0].verdict, &report.failure), (Verdict::Reproduced, &None));
        let result = FinishedCell { outcome: 2.0.into(), seconds: 0.1 };
        let (claims, _) = summarised(CellStatus::Finished { result, reused: true });
        assert_eq!(claims[0].verdict, Verdict::Differs);
    }

    #[test]
    fn with_a_cell_missing_no_claim_is_judged_and_the_figures_remain() {
        let (claims, report) = summarised(CellStatus::Failed(CellError::new("asked to")));
        assert_eq!(claims[0].verdict, Verdict::NotRun);
        let failure = report.failure.unwrap();
        assert!(failure.contains("1 of 3 cells") && failure.contains("seed 3: asked to"));
        assert_eq!(report.figures.len(), 1);
        let (claims, _) = summarised(CellStatus::Skipped);
        assert!(claims[0].reason.as_ref().unwrap().contains("another experiment failed"));
    }

    #[test]
    fn the_page_escapes_what_experiments_say() {
        let (claims, experiment) = summarised(CellStatus::Skipped);
        let scope = Scope { profile: crate::experiment::Profile::Quick, seeds: Some(3) };
        let facts =
            RunFacts { scope, threads: 1, wall_seconds: 1.0, cells_run: 2, cells_reused: 0 };
        let drawings = vec![experiment.figures.iter().map(|f| draw(f).unwrap()).collect()];
        let report = Report {
            schema_version: SCHEMA_VERSION,
            provenance: Provenance::of(facts),
            claims,
            experiments: vec![experiment],
        };
        let page = page(&report, &drawings);
        assert!(page.contains("Squares &lt;of&gt; seeds &amp; &quot;more&quot;"));
        assert!(!page.contains("<of>"));
    }
}
