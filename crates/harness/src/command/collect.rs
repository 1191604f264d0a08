//! `--collect`: the report of cells that other machines have run.

use std::path::{Path, PathBuf};

use super::arguments::ReproduceArgs;
use super::conclusion::{conclude, report};
use super::ended::Ended;
use super::machines;
use super::plan::Plan;
use super::stages::Stages;
use super::strangers::Strangers;
use crate::cells::{CellStore, OutputFolder};
use crate::error::ReproError;
use crate::experiment::Scope;
use crate::output::note;
use crate::registry::Registry;
use crate::report::{Provenance, RunFacts};
use crate::time::now;

/// How many missing cells are named.
const SHOWN: usize = 10;

/// Writes the report of cells that were finished before, in these folders and that of the report.
///
/// # Errors
/// A folder that isn't there, or folders that hold cells of other code only; the report can't be written.
pub fn collect(
    plan: &Plan,
    registry: &Registry,
    scope: &Scope,
    args: &ReproduceArgs,
    given: &[PathBuf],
) -> Ended {
    if let Some(none) = given.iter().find(|folder| !folder.is_dir()) {
        return Err(ReproError::NoFolder { folder: none.clone() }.into());
    }
    let folders = distinct(given.iter().chain([&args.out]));
    let store = CellStore::over(folders.iter().map(|path| OutputFolder::for_reading(path)));
    let stages = Stages::look_up(plan, scope, &store);
    let missing: Vec<String> = stages.missing().collect();
    let (_, cells_reused) = stages.finished();
    if !missing.is_empty() {
        let strangers = Strangers::in_folders(&folders, &stages, &registry.build());
        if cells_reused == 0 {
            strangers.refuse()?;
        }
        strangers.warnings().iter().for_each(|warning| note(warning));
    }
    let machines = machines::collect(&folders);
    let clocks = machines::skewed(&stages.statuses, now());
    for difference in machines::differences(&machines).into_iter().chain(clocks) {
        note(&format!("warning: {difference}"));
    }
    for cell in missing.iter().take(SHOWN) {
        note(&format!("missing: {cell}"));
    }
    if missing.len() > SHOWN {
        note(&format!("and {} more", missing.len() - SHOWN));
    }
    let folder = OutputFolder::open(&args.out)?;
    let facts = RunFacts {
        scope: scope.clone(),
        threads: 0,
        wall_seconds: 0.0,
        cells_run: 0,
        cells_reused,
    };
    let provenance = Provenance::of(registry.build(), facts);
    let report = report(plan, registry, &stages, provenance, machines);
    conclude(&report, plan, registry, &folder, args.tables)
}

/// These folders, each once.
fn distinct<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Vec<&'a Path> {
    let mut seen = Vec::new();
    let mut distinct = Vec::new();
    for folder in folders {
        let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if !seen.contains(&place) {
            seen.push(place);
            distinct.push(folder.as_path());
        }
    }
    distinct
}
