//! The run of one of several machines: cells, and no report.

use std::time::Instant;

use super::conclusion::provenance;
use super::ended::Ended;
use super::machines;
use super::plan::Plan;
use super::shard::Shard;
use super::stages::Stages;
use crate::cells::{CellStatus, OutputFolder, Run};
use crate::exit::ExitStatus;
use crate::output::{note, say};
use crate::registry::Registry;

/// Runs the cells of a shard, and writes no report.
///
/// # Errors
/// The folder can't be written, or threads can't be started.
pub fn run_shard(
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
