//! The numbers of runs at equal fit, and their tables.

use mirrorhead_harness::{Quantity, Table, TableEntry, statistics};

use super::profile::{KEPT, METHODS, MILESTONES};
use crate::experiments::imdb::findings::{compared, runs};
use crate::experiments::shared::sign_flips::sign_flips;
use crate::measures::weight_census::WeightCensus;
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining, Trained};
use crate::training::train::{End, Epoch};

/// Runs with their configurations.
pub type Cells = [(TextTraining, TextOutcome)];

/// Differences between two methods of a number of each run, over the seeds whose two runs have both reached the stopping
/// rule.
pub fn differences(
    cells: &Cells,
    [first, second]: [Method; 2],
    number: impl Fn(&TextOutcome) -> f64,
) -> Vec<f64> {
    let fitted = |method: Method, seed: u64| {
        let mut own =
            compared(cells).filter(|(config, _)| config.method == method && config.seed == seed);
        own.find(|(_, outcome)| outcome.end == End::Fitted).map(|(_, outcome)| number(outcome))
    };
    let of_first = compared(cells).filter(|(config, _)| config.method == first);
    let pair = |(config, _): &(TextTraining, TextOutcome)| {
        Some(fitted(first, config.seed)? - fitted(second, config.seed)?)
    };
    of_first.filter_map(pair).collect()
}

/// Test accuracy at the stop.
pub fn stop_accuracy(outcome: &TextOutcome) -> f64 {
    outcome.last.test.accuracy()
}

/// Test accuracy at the best validation epoch.
pub fn best_accuracy(outcome: &TextOutcome) -> f64 {
    outcome.best.test.accuracy()
}

/// Test accuracy with this share of keys, queries and values.
pub fn pruned_accuracy(trained: &Trained, kept: f64) -> f64 {
    let pruned = trained.pruned.iter().find(|pruned| pruned.kept == kept);
    pruned.map_or(f64::NAN, |pruned| pruned.test.accuracy())
}

/// The share of keys, queries and values that are not zero, to a size of `$10^{-12}$`.
pub fn present(trained: &Trained) -> f64 {
    let sum = |count: fn(&WeightCensus) -> usize| trained.weights.iter().map(count).sum::<usize>();
    1.0 - sum(|map| map.below) as f64 / sum(|map| map.n).max(1) as f64
}

/// The test accuracies of the runs that have passed a training accuracy, at its first passing.
pub fn tested(outcomes: &[&TextOutcome], milestone: f64) -> Vec<f64> {
    let first = |outcome: &&TextOutcome| {
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
    cells: &Cells,
    row: impl Fn(Method, &[&TextOutcome]) -> Vec<TableEntry>,
) -> Vec<Vec<TableEntry>> {
    let of = |method: &Method| {
        let outcomes = runs(cells, 1, *method);
        std::iter::once(TableEntry::text(method.to_string()))
            .chain(row(*method, &outcomes))
            .collect()
    };
    METHODS.iter().map(of).collect()
}

/// Test accuracies, and how long they took.
pub fn accuracies(cells: &Cells) -> Table {
    let row = |method: Method, outcomes: &[&TextOutcome]| {
        let of = |number: fn(&TextOutcome) -> f64| -> Vec<f64> {
            outcomes.iter().map(|o| number(o)).collect()
        };
        let own = compared(cells).find(|(config, _)| config.method == method);
        let step = own.map_or_else(String::new, |(config, _)| format!("{:e}", config.step_size));
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
        rows: rows(cells, row),
    }
}

/// The differences between p = 1.1 and the other methods, between those, and of those with exact zeros from the methods
/// that they are otherwise.
pub fn pairs(cells: &Cells) -> Table {
    let pairs = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [4, 1], [5, 3], [6, 3], [5, 6]];
    let pairs = pairs.map(|pair| pair.map(|place| METHODS[place]));
    let row = |pair: [Method; 2]| {
        let mut row = vec![TableEntry::text(format!("{} minus {}", pair[0], pair[1]))];
        for number in [stop_accuracy as fn(&TextOutcome) -> f64, best_accuracy] {
            let differences = differences(cells, pair, number);
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
        rows: pairs.map(row).into(),
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
pub fn sparseness(cells: &Cells) -> Table {
    let row = |_: Method, outcomes: &[&TextOutcome]| {
        let hoyer = |map: usize| {
            let values: Vec<f64> =
                outcomes.iter().map(|outcome| outcome.last.weights[map].hoyer).collect();
            number(&values, 2)
        };
        let kept = |kept: &f64| {
            let values: Vec<f64> =
                outcomes.iter().map(|o| pruned_accuracy(&o.last, *kept)).collect();
            percent(&values, 1)
        };
        let present: Vec<f64> = outcomes.iter().map(|o| present(&o.last)).collect();
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
        rows: rows(cells, row),
    }
}
