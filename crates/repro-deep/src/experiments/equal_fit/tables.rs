//! The numbers of runs at equal fit, and their tables.

use mirrorhead_harness::{Quantity, Table, TableEntry, statistics};

use super::comparison::{Comparison, Outcome};
use super::profile::{KEPT, MILESTONES};
use crate::experiments::shared::sign_flips::sign_flips;
use crate::measures::weight_census::WeightCensus;
use crate::training::method::Method;
use crate::training::train::{End, Epoch};

/// Test accuracy at the stop.
pub fn stop_accuracy(outcome: &Outcome) -> f64 {
    outcome.last.test.accuracy()
}

/// Test accuracy at the best validation epoch.
pub fn best_accuracy(outcome: &Outcome) -> f64 {
    outcome.best.test.accuracy()
}

/// Test accuracy at the stop with this share of keys, queries and values.
pub fn pruned_accuracy(outcome: &Outcome, kept: f64) -> f64 {
    let pruned = outcome.last.pruned.iter().find(|pruned| pruned.kept == kept);
    pruned.map_or(f64::NAN, |pruned| pruned.test.accuracy())
}

/// The share of keys, queries and values that are not zero at the stop, to a size of `$10^{-12}$`.
fn present(outcome: &Outcome) -> f64 {
    let weights = &outcome.last.weights;
    let sum = |count: fn(&WeightCensus) -> usize| weights.iter().map(count).sum::<usize>();
    1.0 - sum(|map| map.below) as f64 / sum(|map| map.n).max(1) as f64
}

/// The test accuracies of the runs that have passed a training accuracy, at its first passing.
pub fn tested(outcomes: &[&Outcome], milestone: f64) -> Vec<f64> {
    let first = |outcome: &&Outcome| {
        let passed = |epoch: &&Epoch| epoch.train.accuracy() >= milestone;
        Some(outcome.epochs.iter().find(passed)?.test?.accuracy())
    };
    outcomes.iter().filter_map(first).collect()
}

fn percent(values: &[f64], decimals: usize) -> TableEntry {
    let percents: Vec<f64> = values.iter().map(|value| 100.0 * value).collect();
    TableEntry::Obtained { obtained: Quantity::mean(&percents, decimals) }
}

fn number(values: &[f64], decimals: usize) -> TableEntry {
    TableEntry::Obtained { obtained: Quantity::mean(values, decimals) }
}

fn columns(names: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once("method".to_owned()).chain(names).collect()
}

/// A row for each method, from its outcomes.
fn rows(
    comparison: &Comparison,
    row: impl Fn(Method, &[&Outcome]) -> Vec<TableEntry>,
) -> Vec<Vec<TableEntry>> {
    let of = |method: &Method| {
        let outcomes = comparison.outcomes(*method);
        std::iter::once(TableEntry::text(method.to_string()))
            .chain(row(*method, &outcomes))
            .collect()
    };
    comparison.methods.iter().map(of).collect()
}

/// Test accuracies, and how long they took.
pub fn accuracies(comparison: &Comparison) -> Table {
    let row = |method: Method, outcomes: &[&Outcome]| {
        let of = |number: fn(&Outcome) -> f64| -> Vec<f64> {
            outcomes.iter().map(|o| number(o)).collect()
        };
        let step = comparison.step_size(method);
        let step = step.map_or_else(String::new, |step| format!("{step:e}"));
        let fitted = outcomes.iter().filter(|outcome| outcome.end == End::Fitted).count();
        let mut row = vec![
            TableEntry::text(step),
            TableEntry::text(format!("{fitted} of {}", outcomes.len())),
            number(&of(|outcome| outcome.epochs.len() as f64), 0),
            percent(&of(stop_accuracy), 2),
            percent(&of(best_accuracy), 2),
            number(&of(|outcome| outcome.best.epoch as f64), 0),
        ];
        row.extend(MILESTONES.iter().map(|milestone| percent(&tested(outcomes, *milestone), 1)));
        row
    };
    let names = [
        "step size",
        "runs fitted",
        "epochs",
        "test accuracy at the stop (%)",
        "at the best validation epoch (%)",
        "best epoch",
    ];
    let milestones =
        MILESTONES.iter().map(|milestone| format!("at {} of training (%)", 100.0 * milestone));
    Table {
        key: "accuracy".into(),
        title: "Test accuracy at equal fit".into(),
        caption: "Mean and standard deviation over the seeds. The last columns: after the epoch that first reaches this \
                  training accuracy."
            .into(),
        columns: columns(names.map(String::from).into_iter().chain(milestones)),
        rows: rows(comparison, row),
    }
}

/// The differences between the methods of each pair.
pub fn pairs(comparison: &Comparison, pairs: &[[Method; 2]]) -> Table {
    let row = |pair: &[Method; 2]| {
        let mut row = vec![TableEntry::text(format!("{} minus {}", pair[0], pair[1]))];
        for number in [stop_accuracy as fn(&Outcome) -> f64, best_accuracy] {
            let differences = comparison.differences(*pair, number);
            row.extend([interval(&differences), p_value(&differences)].map(TableEntry::text));
        }
        row
    };
    Table {
        key: "pairs".into(),
        title: "Differences in pairs".into(),
        caption: "Points of test accuracy over the seeds whose two runs have both reached the stopping rule: the mean with \
                  its 95% confidence interval (Student's), and the p-value of the exact test that flips the signs of the \
                  differences, two-sided."
            .into(),
        columns: ["pair", "at the stop", "p-value", "at the best validation epoch", "p-value, best"]
            .map(String::from)
            .into(),
        rows: pairs.iter().map(row).collect(),
    }
}

fn interval(differences: &[f64]) -> String {
    let points: Vec<f64> = differences.iter().map(|difference| 100.0 * difference).collect();
    let Some(mean) = statistics::confidence("", &points) else {
        return "fewer than two pairs".into();
    };
    let ends =
        mean.spread.map_or_else(String::new, |s| format!(" ({:+.2} to {:+.2})", s.low, s.high));
    format!("{:+.2}{ends}, n = {}", mean.value, mean.n)
}

fn p_value(differences: &[f64]) -> String {
    sign_flips(differences).map_or_else(|| "none".into(), |p| format!("{p:.3}"))
}

/// Sparseness, and what pruning leaves.
pub fn sparseness(comparison: &Comparison) -> Table {
    let row = |_: Method, outcomes: &[&Outcome]| {
        let hoyer = |map: usize| {
            let values: Vec<f64> =
                outcomes.iter().map(|outcome| outcome.last.weights[map].hoyer).collect();
            number(&values, 2)
        };
        let kept = |kept: &f64| {
            let values: Vec<f64> = outcomes.iter().map(|o| pruned_accuracy(o, *kept)).collect();
            percent(&values, 1)
        };
        let present: Vec<f64> = outcomes.iter().map(|o| present(o)).collect();
        let present = std::iter::once(percent(&present, 1));
        (0..3).map(hoyer).chain(present).chain(KEPT.iter().map(kept)).collect()
    };
    let maps = ["keys", "queries", "values"].map(|map| format!("sparseness of {map}"));
    let shares = KEPT.iter().map(|kept| format!("test accuracy, {}% kept", 100.0 * kept));
    Table {
        key: "pruning".into(),
        title: "Sparseness, and what it is worth".into(),
        caption: "At the stop: Hoyer's sparseness, how many entries of keys, queries and values are larger than 1e-12, and \
                  the test accuracy with only the largest entries of each. Mean and standard deviation over the seeds."
            .into(),
        columns: columns(maps.into_iter().chain(["not zero (%)".to_owned()]).chain(shares)),
        rows: rows(comparison, row),
    }
}
