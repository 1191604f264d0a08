//! The report of a run: what experiments make of their cells, and the files that say so.

use std::path::PathBuf;

use serde_json::Value;

use super::plan::Plan;
use super::section;
use super::stages::Stages;
use crate::cells::{CellStatus, OutputFolder};
use crate::error::ReproError;
use crate::experiment::Cell;
use crate::registry::Registry;
use crate::report::{Provenance, Report, SCHEMA_VERSION, draw, page};

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
    Report { schema_version: SCHEMA_VERSION, provenance, machines, claims, experiments }
}

/// Writes `report.json`, every figure as an SVG file, and `index.html`; returns the page's path.
pub fn write(report: &Report, folder: &OutputFolder) -> Result<PathBuf, ReproError> {
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
