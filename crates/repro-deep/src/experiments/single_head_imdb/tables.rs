//! The figures and tables of a single head on reviews.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use mirrorhead_harness::statistics::band;
use mirrorhead_harness::{Axis, Figure, Quantity, Series, Shape, Table, TableEntry};

use super::cell::{Cells, Draws, Outcomes, Runs, outcomes};
use super::single_head::{EXPONENTS, HeadOutcome};
use crate::measures::separability::{Separable, Separated};

/// How many words of a kind a table shows.
const SHOWN_WORDS: usize = 10;

/// The divergences along the runs of one exponent.
pub fn along(p: f64, runs: &Runs) -> Figure {
    let iterations = runs.first().map_or(&[][..], |(outcome, _)| &outcome.iterations);
    let series = EXPONENTS.iter().enumerate().map(|(hue, other)| {
        let curves: Vec<&[f64]> = runs.iter().map(|(_, c)| &c.divergences[hue][..]).collect();
        Series::new(format!("AttSVM, p = {other}"), hue, band(iterations, &curves))
    });
    Figure {
        key: format!("md-{p}"),
        title: format!("Reviews: mirror descent with p = {p}"),
        caption: format!(
            "Directional Bregman divergence to the AttSVM of each p, for the same selection of words: mean \
             and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::linear("iteration k"),
        y: Axis::log("directional Bregman divergence"),
        series: series.collect(),
    }
}

/// The numbers of reviews, ascending.
pub fn numbers(draws: &Draws) -> Vec<usize> {
    let mut numbers: Vec<_> = draws.iter().map(|(config, _)| config.n).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Name of a kind of selections, and what was found of it in a draw.
type Kind = (&'static str, fn(&Separated) -> Separable);

/// The two kinds of selections.
pub const KINDS: [Kind; 2] =
    [("globally optimal", |draw| draw.optimal), ("drawn at random", |draw| draw.random)];

/// The share of separable selections against their number of reviews.
pub fn separable_shares(draws: &Draws) -> Figure {
    let series = KINDS.iter().enumerate().map(|(hue, (label, kind))| {
        let share = |n: usize| {
            let own = draws.iter().filter(|(config, _)| config.n == n);
            let own: Vec<_> = own.map(|(_, draw)| kind(draw)).collect();
            let separable = own.iter().filter(|found| **found == Separable::Yes).count();
            [n as f64, separable as f64 / own.len() as f64]
        };
        let points = numbers(draws).into_iter().map(share).collect();
        Series::new(*label, hue, Shape::Line { points })
    });
    Figure {
        key: "separable".into(),
        title: "Selections that a head can make".into(),
        caption: "Share of selections that have an AttSVM, against the number of reviews. The others have a \
                  Farkas certificate, or are undecided: the table of claims counts them."
            .into(),
        x: Axis::log("reviews n"),
        y: Axis::linear("share of separable selections"),
        series: series.collect(),
    }
}

/// What the trained heads make of reviews, those they were trained on and others.
pub fn accuracies(cells: &Cells) -> Table {
    let percent = |runs: &Outcomes, accuracy: fn(&HeadOutcome) -> f64| {
        let values: Vec<_> = runs.iter().map(|outcome| 100.0 * accuracy(outcome)).collect();
        TableEntry::Obtained { obtained: Quantity::mean(&values, 1) }
    };
    let row = |p: f64| {
        let runs = outcomes(cells, p);
        vec![
            TableEntry::text(format!("{p}")),
            percent(&runs, |outcome| outcome.training_accuracy),
            percent(&runs, |outcome| outcome.test_accuracy),
            percent(&runs, |outcome| outcome.uniform_accuracy),
        ]
    };
    Table {
        key: "accuracy".into(),
        title: "Reviews classified correctly".into(),
        caption: "Percent, mean and deviation over all runs, those included that no claim counts. The same \
                  decoder under uniform attention knows all training reviews, the heads a few each: a \
                  measurement on which no claim rests."
            .into(),
        columns: ["p", "reviews of the run", "test reviews", "test, uniform attention"]
            .map(String::from)
            .into(),
        rows: EXPONENTS.map(row).into(),
    }
}

/// The words that the trained heads attend to.
pub fn words(cells: &Cells) -> Table {
    let row = |p: f64| {
        let runs = outcomes(cells, p);
        let [negative, positive] = [0, 1].map(|class| TableEntry::text(most(&runs, class)));
        vec![TableEntry::text(format!("{p}")), positive, negative]
    };
    Table {
        key: "words".into(),
        title: "Words with the most attention".into(),
        caption: "The word of the largest weight in each test review, by what the head takes the review for; \
                  the most frequent ones over all runs."
            .into(),
        columns: ["p", "taken for positive", "taken for negative"].map(String::from).into(),
        rows: EXPONENTS.map(row).into(),
    }
}

/// The words of a class that have the most attention over several runs.
fn most(runs: &Outcomes, class: usize) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (word, count) in runs.iter().flat_map(|outcome| &outcome.attended[class]) {
        *counts.entry(word).or_insert(0) += count;
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by_key(|(word, count)| (Reverse(*count), *word));
    let words: Vec<_> = words.into_iter().take(SHOWN_WORDS).map(|(word, _)| word).collect();
    words.join(", ")
}
