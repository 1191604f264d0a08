//! How long a run would take: what is finished already, and the cost of the rest.

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::Value;

use super::plan::{Plan, Planned};
use crate::cells::{CellStore, FinishedCell, Lookup, key};
use crate::duration::duration;
use crate::experiment::{Cell, CellError, Scope};

/// How many cells each experiment has, how many the store has finished, and how long the others would
/// take. What several experiments look at counts once in the sum.
pub fn estimate(plan: &Plan, scope: &Scope, store: Option<&CellStore>, jobs: usize) -> String {
    let mut text =
        format!("{:<22} {:>7} {:>9} {:>12}\n", "experiment", "cells", "finished", "time left");
    let (mut total, mut counted) = (0.0, HashSet::new());
    for planned in &plan.experiments {
        let expected = planned.cells.as_ref().ok().map(|own| expected(planned, own, scope, store));
        let Some(Ok(cells)) = expected else {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{:<22} {:>30}", planned.name(), "can't run");
            continue;
        };
        let missing = || cells.iter().filter(|(_, finished)| finished.is_none());
        let seconds = missing().map(|(cell, _)| cell.cost_seconds).sum::<f64>() / jobs as f64;
        let new = missing().filter(|(cell, _)| counted.insert((cell.store_name, key(cell))));
        total += new.map(|(cell, _)| cell.cost_seconds).sum::<f64>() / jobs as f64;
        let _ = writeln!(
            text,
            "{:<22} {:>7} {:>9} {:>12}",
            planned.name(),
            cells.len(),
            cells.len() - missing().count(),
            duration(seconds)
        );
    }
    let threads = if jobs == 1 { "1 thread".into() } else { format!("{jobs} threads") };
    let _ = writeln!(text, "about {} on {threads}; nothing was run", duration(total));
    text
}

/// The cells of an experiment and those that follow from them, each with its result if it has one.
/// Until the former are finished, cells of the same number and cost stand for the latter.
///
/// # Errors
/// The experiment can't say which cells follow.
fn expected(
    planned: &Planned,
    own: &[Cell],
    scope: &Scope,
    store: Option<&CellStore>,
) -> Result<Vec<(Cell, Option<FinishedCell>)>, CellError> {
    let look_up = |cell: Cell| match store.map(|store| store.load(&cell)) {
        Some(Lookup::Finished(finished)) => (cell, Some(finished)),
        _ => (cell, None),
    };
    let mut cells: Vec<_> = own.iter().cloned().map(look_up).collect();
    let outcome = |(cell, finished): &(Cell, Option<FinishedCell>)| {
        Some((cell.config.clone(), finished.as_ref()?.outcome.clone()))
    };
    let outcomes: Option<Vec<(Value, Value)>> = cells.iter().map(outcome).collect();
    let experiment = planned.entry.experiment;
    let fingerprint = planned.entry.fingerprint;
    if let Some(outcomes) = outcomes {
        let further = experiment.further_cells(scope, fingerprint, &outcomes)?;
        cells.extend(further.into_iter().map(look_up));
    } else {
        let expected = experiment.expected_further_cells(scope, fingerprint)?;
        cells.extend(expected.into_iter().map(|cell| (cell, None)));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::OutputFolder;
    use crate::cells::toy::{Toy, origin};
    use crate::experiment::{Profile, Seeds};
    use crate::registry::Entry;

    /// The row of the first toy, its numbers and its time, and the last line.
    fn estimated(toys: &[&'static Toy], store: &CellStore) -> (Vec<String>, String) {
        let entries: Vec<_> =
            toys.iter().map(|toy| Entry { experiment: *toy, fingerprint: "code" }).collect();
        let scope = Scope::new(Profile::Quick);
        let text = estimate(&Plan::of(&entries, &scope), &scope, Some(store), 1);
        let lines: Vec<&str> = text.lines().collect();
        let row = lines[1].split_whitespace().map(Into::into).collect();
        (row, lines[lines.len() - 1].to_owned())
    }

    fn keep(store: &CellStore, toy: &'static Toy, seeds: &[u64]) {
        let scope =
            Scope { seeds: seeds.last().copied().map(Seeds::first), ..Scope::new(Profile::Quick) };
        let cells = Entry { experiment: toy, fingerprint: "code" }.cells(&scope).unwrap();
        for seed in seeds {
            let outcome = Value::from((seed * seed) as f64);
            let at = usize::try_from(*seed).unwrap() - 1;
            store.save(&cells[at], &FinishedCell::now(outcome, 0.1, &origin())).unwrap();
        }
    }

    #[test]
    fn cells_that_are_not_known_yet_are_foreseen_and_later_looked_up() {
        static CONTINUING: Toy = Toy { continuing: true, ..Toy::named("continuing", "toys") };
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let row = |store: &CellStore| estimated(&[&CONTINUING], store).0[1..3].join(" of ");
        assert_eq!(row(&store), "3 of 0");
        keep(&store, &CONTINUING, &[1]);
        assert_eq!(row(&store), "3 of 1");
        keep(&store, &CONTINUING, &[2]);
        assert_eq!(row(&store), "3 of 2");
        // The third seed follows from the first two.
        keep(&store, &CONTINUING, &[3]);
        assert_eq!(row(&store), "3 of 3");
    }

    #[test]
    fn what_two_experiments_look_at_counts_once() {
        static SLOW: Toy = Toy { cost_seconds: 50.0, ..Toy::named("slow", "toys") };
        static LOOKING: Toy = Toy { cost_seconds: 50.0, ..Toy::looking_at("slow") };
        static OTHER: Toy = Toy { cost_seconds: 50.0, ..Toy::named("other", "toys") };
        let temp = tempfile::tempdir().unwrap();
        let store = CellStore::new(OutputFolder::open(temp.path()).unwrap());
        let sum = |toys: &[&'static Toy]| estimated(toys, &store).1;
        assert!(sum(&[&SLOW]).starts_with("about 1 min 40 s on 1 thread"));
        assert!(sum(&[&SLOW, &LOOKING]).starts_with("about 1 min 40 s on 1 thread"));
        assert!(sum(&[&SLOW, &OTHER]).starts_with("about 3 min 20 s on 1 thread"));
    }
}
