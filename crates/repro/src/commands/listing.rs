//! What can be run, and how long it would take.

use std::fmt::Write;

use crate::experiment::{AnyExperiment, Scope};
use crate::progress::duration;
use crate::registry;
use crate::store::{CellStore, Lookup};

/// Every group and experiment, with the claims that it checks.
pub fn list() -> String {
    let mut text = String::new();
    for group in registry::groups() {
        let default = if group == registry::DEFAULT_GROUP { " (runs by default)" } else { "" };
        let _ = writeln!(text, "group {group}{default}");
        for experiment in registry::all().iter().filter(|e| e.about().group == group) {
            let claims: Vec<_> = experiment.claims().iter().map(|claim| claim.key).collect();
            let _ =
                writeln!(text, "  {:<22} {}", experiment.about().name, experiment.about().title);
            let _ = writeln!(text, "  {:<22} checks {}", "", claims.join(", "));
        }
    }
    text
}

/// How many cells each experiment has, how many the store has finished, and how long the others would
/// take.
pub fn estimate(
    experiments: &[&'static dyn AnyExperiment],
    scope: &Scope,
    store: Option<&CellStore>,
    jobs: usize,
) -> String {
    let mut text =
        format!("{:<22} {:>7} {:>9} {:>12}\n", "experiment", "cells", "finished", "time left");
    let mut total = 0.0;
    for experiment in experiments {
        let cells = experiment.cells(scope);
        let finished =
            |cell| store.is_some_and(|store| matches!(store.load(cell), Lookup::Finished(_)));
        let missing: Vec<_> = cells.iter().filter(|cell| !finished(cell)).collect();
        let seconds = missing.iter().map(|cell| cell.cost_seconds).sum::<f64>() / jobs as f64;
        total += seconds;
        let _ = writeln!(
            text,
            "{:<22} {:>7} {:>9} {:>12}",
            experiment.about().name,
            cells.len(),
            cells.len() - missing.len(),
            duration(seconds)
        );
    }
    let threads = if jobs == 1 { "1 thread".into() } else { format!("{jobs} threads") };
    let _ = writeln!(text, "about {} on {threads}; nothing was run", duration(total));
    text
}

/// What a run of these experiments leaves out.
pub fn also(experiments: &[&'static dyn AnyExperiment]) -> String {
    let ran: Vec<_> = experiments.iter().map(|experiment| experiment.about().name).collect();
    let mut others = Vec::new();
    for group in registry::groups() {
        let names =
            registry::all().into_iter().map(AnyExperiment::about).filter(|a| a.group == group);
        let left: Vec<_> = names.clone().map(|a| a.name).filter(|n| !ran.contains(n)).collect();
        if left.len() == names.count() {
            others.push(group);
        } else {
            others.extend(left);
        }
    }
    let more = if others.is_empty() { String::new() } else { format!(" {}", others.join(", ")) };
    format!(
        "More:{} --list shows every experiment; `cargo xtask attgd FILE --p P` runs on your own data.\n",
        if more.is_empty() {
            String::new()
        } else {
            format!("{more} (`cargo xtask reproduce NAME`, or --all);")
        }
    )
}
