//! The report of a run: what experiments make of their cells, and the files that say so.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use super::closing::closing;
use super::ended::Ended;
use super::plan::Plan;
use super::stages::Stages;
use super::{listing, machines, section};
use crate::cells::{CellStatus, OutputFolder, Run};
use crate::error::ReproError;
use crate::exit::ExitStatus;
use crate::experiment::{Cell, ClaimResult, Verdict};
use crate::output::{note, say};
use crate::registry::Registry;
use crate::report::{
    Elsewhere, Links, Provenance, Report, RunFacts, SCHEMA_VERSION, TableFormat, csv, draw,
    extents, page, with_ground,
};
use crate::study::Source;

/// Summarises each experiment.
pub fn report(
    plan: &Plan,
    registry: &Registry,
    stages: &Stages<'_>,
    provenance: Provenance,
    machines: Vec<Value>,
) -> Report {
    let (mut claims, mut experiments) = (Vec::new(), Vec::new());
    for entry in registry.all() {
        let name = entry.experiment.about().name;
        let (rows, report) = match plan.find(name).map(|planned| &planned.cells) {
            None => {
                claims.extend(section::not_run(entry.experiment, "not asked for"));
                continue;
            }
            Some(Err(refusal)) => section::refused(*entry, refusal),
            Some(Ok(_)) => {
                let all = stages.cells.iter().map(|(_, cell)| cell).zip(&stages.statuses);
                let own: Vec<(&Cell, &CellStatus)> =
                    all.filter(|(cell, _)| cell.experiment == name).collect();
                let refusal = stages.refusals.iter().find(|(experiment, _)| *experiment == name);
                section::section(*entry, &own, refusal.map(|(_, why)| why))
            }
        };
        claims.extend(rows);
        experiments.push(report);
    }
    let study = *registry.study();
    let claims = claims.into_iter().map(|row: ClaimResult| {
        let source = study.source(row.experiment, row.claim.key);
        row.of(source)
    });
    let elsewhere = registry.elsewhere().map(|row| {
        let reason = "needs data and the larger binary";
        Elsewhere { name: row.name, title: row.title, reason }
    });
    Report {
        schema_version: SCHEMA_VERSION,
        study,
        provenance,
        machines,
        ran_on: machines::ran_on(&stages.statuses),
        claims: claims.collect(),
        experiments,
        elsewhere: elsewhere.collect(),
    }
}

/// Writes `report.json`, every figure as a drawing and as numbers, and `index.html`; returns the page's path.
pub fn write(report: &Report, folder: &OutputFolder) -> Result<PathBuf, ReproError> {
    let json = serde_json::to_vec(report)
        .map_err(|source| ReproError::Json { what: "the report".into(), source })?;
    folder.write("report.json", &json)?;
    let mut drawings = Vec::new();
    for experiment in &report.experiments {
        let extents = extents(&experiment.figures);
        let mut drawn = Vec::new();
        for (figure, extent) in experiment.figures.iter().zip(&extents) {
            let svg = draw(figure, extent)?;
            let name = format!("figures/{}-{}", experiment.about.name, figure.key);
            // What was made of an earlier drawing is none of this one.
            folder.remove(format!("{name}.pdf"))?;
            folder.remove(format!("{name}.png"))?;
            folder.write(format!("{name}.svg"), with_ground(&svg).as_bytes())?;
            folder.write(format!("{name}.csv"), csv(figure).as_bytes())?;
            drawn.push(svg);
        }
        drawings.push(drawn);
    }
    let links = Links::of_page_in(folder.path());
    folder.write("index.html", page(report, &drawings, &links).as_bytes())
}

/// Writes every table, and that of the claims, as text.
fn write_tables(
    report: &Report,
    format: TableFormat,
    folder: &OutputFolder,
) -> Result<(), ReproError> {
    for (name, text) in format.tables(report) {
        folder.write(format!("tables/{name}.{}", format.extension()), text.as_bytes())?;
    }
    Ok(())
}

/// Writes the report, says what is in it, and how the command ends.
///
/// # Errors
/// A file can't be written.
pub fn conclude(
    report: &Report,
    plan: &Plan,
    registry: &Registry,
    folder: &OutputFolder,
    tables: Option<TableFormat>,
) -> Ended {
    for mixture in machines::mixtures(&report.ran_on) {
        note(&format!("warning: {mixture}"));
    }
    let page = write(report, folder)?;
    if let Some(format) = tables {
        write_tables(report, format, folder)?;
    }
    say(&(closing(report, &page) + &listing::also(plan, registry)));
    Ok(status(report, plan))
}

/// How the command ends: a claim of the paper that differs, or an experiment that failed, has a status of its
/// own; claims beyond the paper have not. An experiment that couldn't run is misuse, whatever the others found.
pub fn status(report: &Report, plan: &Plan) -> ExitStatus {
    let failed = report.experiments.iter().any(|experiment| experiment.failure.is_some());
    if plan.refusal().is_some() {
        ExitStatus::Misuse
    } else if failed || report.count_of(Source::Paper, Verdict::Differs) > 0 {
        ExitStatus::Differs
    } else {
        ExitStatus::Certified
    }
}

/// The provenance of a run that ends now.
pub fn provenance(
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
