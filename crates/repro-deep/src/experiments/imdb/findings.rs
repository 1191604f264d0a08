//! The figures and verdicts of the comparison on reviews.

use mirrorhead_harness::{
    Axis, Claim, Figure, Finding, Obtained, Quantity, Series, Shape, Summary, Table, TableEntry,
};

use super::profile::METHODS;
use super::tables::settings;
use crate::experiments::shared::over_seeds::{FEWEST_SEEDS, difference, measurement};
use crate::experiments::shared::paper_settings::deviations;
use crate::experiments::shared::run_lines::{run_lines, validation};
use crate::experiments::shared::step_sizes::{self, GridRun, TUNING_SEED};
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};
use crate::training::train::{End, Epoch};

const SMALLER_P_GENERALIZES: Claim = Claim {
    key: "smaller-p-generalizes",
    statement: "a model trained with p = 1.1 classifies more test reviews correctly than one trained \
                    by gradient descent (p = 2), at its best epoch",
    expected: "for every size, the difference of the mean test accuracies at the best validation \
                   epoch is positive and more than twice its standard error",
};

const NO_RUN_LOST: Claim = Claim {
    key: "no-run-lost",
    statement: "every run with p = 1.1, 2 or 3 trains: none diverges or collapses",
    expected: "no run ends with a loss that is not finite, or in its last epoch with less than 60% of \
                   the test reviews correct (the paper lost one of ten runs with p = 1.1 and 6 blocks)",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [SMALLER_P_GENERALIZES, NO_RUN_LOST];

/// Test accuracy of a run that has collapsed.
const COLLAPSED: f64 = 0.6;

type Cells = [(TextTraining, TextOutcome)];

/// The figures and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let sizes = sizes(cells);
    let grid = tuning(cells);
    let configs: Vec<_> = compared(cells).map(|(config, _)| config).collect();
    let figures = sizes.iter().flat_map(|size| {
        let tuning = (!grid.is_empty()).then(|| step_sizes::figure(&grid, *size, &METHODS));
        [learning(cells, *size), fitting(cells, *size), testing(cells, *size)]
            .into_iter()
            .chain(tuning)
    });
    let findings = vec![generalizes(cells, &sizes), lost(cells)];
    Summary {
        figures: figures.collect(),
        tables: vec![table(cells), deviations(&settings(&configs))],
        findings,
        ..Summary::default()
    }
}

/// The runs that are compared, and not for tuning.
pub fn compared(cells: &Cells) -> impl Iterator<Item = &(TextTraining, TextOutcome)> {
    cells.iter().filter(|(config, _)| config.seed != TUNING_SEED)
}

/// The runs that tune step sizes.
pub fn tuning(cells: &Cells) -> Vec<GridRun> {
    let run = |(config, outcome): &(TextTraining, TextOutcome)| GridRun {
        n_blocks: config.model.n_blocks,
        method: config.method,
        step_size: config.step_size,
        accuracy: outcome.best_validation(),
    };
    cells.iter().filter(|(config, _)| config.seed == TUNING_SEED).map(run).collect()
}

/// The numbers of blocks, ascending.
pub fn sizes(cells: &Cells) -> Vec<usize> {
    let mut sizes: Vec<usize> = cells.iter().map(|(config, _)| config.model.n_blocks).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The outcomes of a method with this many blocks, in the order of the seeds.
pub fn runs(cells: &Cells, n_blocks: usize, method: Method) -> Vec<&TextOutcome> {
    let own = compared(cells)
        .filter(|(config, _)| config.model.n_blocks == n_blocks && config.method == method);
    own.map(|(_, outcome)| outcome).collect()
}

fn best(outcomes: &[&TextOutcome]) -> Vec<f64> {
    outcomes.iter().map(|outcome| outcome.best.model.test.accuracy()).collect()
}

fn last(outcomes: &[&TextOutcome]) -> Vec<f64> {
    outcomes.iter().map(|outcome| outcome.last.model.test.accuracy()).collect()
}

/// Training accuracies in the last epoch.
fn trained(outcomes: &[&TextOutcome]) -> Vec<f64> {
    let last = outcomes.iter().filter_map(|outcome| outcome.epochs.last());
    last.map(|epoch| epoch.train.accuracy()).collect()
}

fn generalizes(cells: &Cells, sizes: &[usize]) -> Finding {
    let (mut held, mut fewest) = (true, usize::MAX);
    let (mut measurements, mut texts) = (Vec::new(), Vec::new());
    for size in sizes {
        for method in METHODS {
            let outcomes = runs(cells, *size, method);
            if !outcomes.is_empty() {
                let blocks = format!("{size} block(s), {method}");
                measurements
                    .push(measurement(format!("{blocks}: mean, best epoch"), &best(&outcomes)));
                measurements
                    .push(measurement(format!("{blocks}: mean, last epoch"), &last(&outcomes)));
            }
        }
        let accuracies = [1.1, 2.0].map(|p| best(&runs(cells, *size, Method::MirrorDescent { p })));
        fewest = accuracies.iter().map(Vec::len).fold(fewest, usize::min);
        if fewest >= 2 {
            let (ahead, error) = difference(&accuracies[0], &accuracies[1]);
            held &= ahead > 2.0 * error;
            let (ahead, error) = (100.0 * ahead, 100.0 * error);
            texts.push(format!("{size} block(s): {ahead:+.2} points, standard error {error:.2}"));
        }
    }
    let judged = fewest >= FEWEST_SEEDS && !sizes.is_empty();
    let text = format!("p = 1.1 against p = 2, {}", texts.join("; "));
    let obtained = Obtained { text, measurements, n: compared(cells).count() };
    SMALLER_P_GENERALIZES.judged_if(judged, held, obtained, &format!("{FEWEST_SEEDS} seeds"))
}

fn lost(cells: &Cells) -> Finding {
    let mirror: Vec<_> =
        compared(cells).filter(|(config, _)| config.method != Method::Adam).collect();
    let diverged =
        mirror.iter().filter(|(_, outcome)| matches!(outcome.end, End::Diverged { .. })).count();
    let collapsed = |(_, outcome): &&&(TextTraining, TextOutcome)| {
        outcome.last.model.test.accuracy() < COLLAPSED
    };
    let collapsed = mirror.iter().filter(collapsed).count();
    let fitted = mirror.iter().filter(|(_, outcome)| outcome.end == End::Fitted).count();
    let text = format!(
        "{diverged} of {} runs diverged and {collapsed} ended below 60%; {fitted} reached the training \
         accuracy that ends a run",
        mirror.len()
    );
    let obtained = Obtained { text, measurements: Vec::new(), n: mirror.len() };
    NO_RUN_LOST.judged_if(!mirror.is_empty(), diverged + collapsed == 0, obtained, "a run")
}

/// The table of test accuracies, beside the paper's where the models are the paper's.
fn table(cells: &Cells) -> Table {
    let mut rows = Vec::new();
    for size in sizes(cells) {
        for method in METHODS {
            let outcomes = runs(cells, size, method);
            let percent = |values: Vec<f64>| {
                Quantity::mean(&values.iter().map(|x| 100.0 * x).collect::<Vec<_>>(), 2)
            };
            let entry = |obtained, paper: Option<Quantity>| match paper {
                Some(paper) => TableEntry::BesidePaper { obtained, paper },
                None => TableEntry::Obtained { obtained },
            };
            let [paper_best, paper_last] = paper(size, method);
            let epochs: Vec<f64> = outcomes.iter().map(|o| o.epochs.len() as f64).collect();
            let diverged =
                outcomes.iter().filter(|o| matches!(o.end, End::Diverged { .. })).count();
            let fitted = outcomes.iter().filter(|o| o.end == End::Fitted).count();
            let count =
                |n: usize| TableEntry::Obtained { obtained: Some(Quantity::new(n as f64, 0)) };
            rows.push(vec![
                TableEntry::text(format!("{size}")),
                TableEntry::text(method.to_string()),
                entry(percent(best(&outcomes)), paper_best),
                entry(percent(last(&outcomes)), paper_last),
                TableEntry::Obtained { obtained: percent(trained(&outcomes)) },
                TableEntry::Obtained { obtained: Quantity::mean(&epochs, 1) },
                count(fitted),
                count(diverged),
                count(outcomes.len()),
            ]);
        }
    }
    let columns = [
        "blocks",
        "method",
        "test accuracy, best epoch (%)",
        "test accuracy, last epoch (%)",
        "training accuracy, last epoch (%)",
        "epochs",
        "runs fitted",
        "runs diverged",
        "runs",
    ];
    Table {
        key: "accuracy".into(),
        title: "Test accuracy".into(),
        caption: "Mean and standard deviation over the seeds. The best epoch is chosen on validation reviews \
                  here, and was chosen on the test reviews in the paper."
            .into(),
        columns: columns.map(String::from).into(),
        rows,
    }
}

/// The paper's accuracies at the best and the last epoch.
fn paper(size: usize, method: Method) -> [Option<Quantity>; 2] {
    let Method::MirrorDescent { p } = method else { return [None, None] };
    let best: &[(f64, [f64; 3], [f64; 3])] = &[
        (1.1, [83.47, 83.36, 82.57], [0.09, 0.13, 0.15]),
        (2.0, [81.66, 81.05, 81.03], [0.09, 0.17, 0.18]),
        (3.0, [82.57, 82.40, 80.65], [0.10, 0.12, 0.13]),
    ];
    let last: &[(f64, [f64; 3])] =
        &[(1.1, [82.57, 82.93, 78.07]), (2.0, [80.61, 79.97, 80.11]), (3.0, [81.33, 80.91, 79.47])];
    let Some(column) = [3, 4, 6].iter().position(|blocks| *blocks == size) else {
        return [None, None];
    };
    let best = best.iter().find(|row| row.0 == p);
    let last = last.iter().find(|row| row.0 == p);
    [
        best.map(|row| Quantity::new(row.1[column], 2).with_deviation(row.2[column])),
        last.map(|row| Quantity::new(row.1[column], 2)),
    ]
}

/// Validation accuracy along the epochs.
fn learning(cells: &Cells, n_blocks: usize) -> Figure {
    Figure {
        key: format!("learning-{n_blocks}"),
        title: format!("Validation accuracy, {n_blocks} block(s)"),
        caption: "Accuracy on the validation reviews after each epoch; one line a seed.".into(),
        x: Axis::linear("epoch"),
        y: Axis::linear("validation accuracy"),
        series: run_lines(&METHODS, |method| runs(cells, n_blocks, method), validation),
    }
}

/// Validation accuracy against training accuracy: what was learned of what was fitted, whatever the
/// number of epochs.
fn fitting(cells: &Cells, n_blocks: usize) -> Figure {
    let point = |epoch: &Epoch| [epoch.train.accuracy(), epoch.validation.accuracy()];
    let points = |outcome: &TextOutcome| outcome.epochs.iter().map(point).collect();
    Figure {
        key: format!("fitting-{n_blocks}"),
        title: format!("Validation against training accuracy, {n_blocks} block(s)"),
        caption: "Accuracy on the validation reviews after each epoch against that on the training reviews \
                  while they were learned, with dropout; one line a seed."
            .into(),
        x: Axis::linear("training accuracy"),
        y: Axis::linear("validation accuracy"),
        series: run_lines(&METHODS, |method| runs(cells, n_blocks, method), points),
    }
}

/// Test accuracies of all runs.
fn testing(cells: &Cells, n_blocks: usize) -> Figure {
    let series = |(hue, method): (usize, &Method)| {
        let outcomes = runs(cells, n_blocks, *method);
        let points = best(&outcomes).into_iter().zip(last(&outcomes));
        let points = points.map(|(best, last)| [best, last]).collect();
        Series::new(method.to_string(), hue, Shape::Scatter { points })
    };
    Figure {
        key: format!("testing-{n_blocks}"),
        title: format!("Test accuracy, {n_blocks} block(s)"),
        caption:
            "Test accuracy at the best validation epoch and at the last epoch; one point a seed."
                .into(),
        x: Axis::linear("test accuracy, best epoch"),
        y: Axis::linear("test accuracy, last epoch"),
        series: METHODS.iter().enumerate().map(series).collect(),
    }
}

#[cfg(test)]
/// A run of one block with this share of 1,000 test reviews correct, for tests.
pub fn example(method: Method, seed: u64, correct: usize) -> (TextTraining, TextOutcome) {
    let config = TextTraining::example(method, seed);
    let test = mirrorhead_transformers::Evaluation { loss: 0.0, correct, n: 1_000 };
    let epoch = Epoch { train: test, validation: test, test: None };
    let model = crate::training::trained::Trained {
        epoch: 1,
        test,
        weights: Default::default(),
        pruned: Vec::new(),
    };
    let attention = crate::measures::decisive_attention::DecisiveAttention::default();
    let trained = crate::training::text_training::TrainedOnTexts { model, attention };
    let (best, last) = (trained.clone(), trained);
    (config, TextOutcome { epochs: vec![epoch], end: End::OutOfEpochs, best, last })
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Verdict;

    use super::*;

    fn verdicts(cells: &Cells) -> Vec<Verdict> {
        summarise(cells).findings.into_iter().map(|finding| finding.verdict).collect()
    }

    /// Three seeds of p = 1.1 and of p = 2.
    fn comparison(small: [usize; 3], two: [usize; 3]) -> Vec<(TextTraining, TextOutcome)> {
        let of = |p: f64, correct: [usize; 3]| {
            (1..).zip(correct).map(move |(seed, n)| example(Method::MirrorDescent { p }, seed, n))
        };
        of(1.1, small).chain(of(2.0, two)).collect()
    }

    #[test]
    fn a_difference_counts_only_beyond_its_error() {
        assert_eq!(verdicts(&comparison([840, 842, 841], [810, 812, 811]))[0], Verdict::Reproduced);
        assert_eq!(verdicts(&comparison([810, 812, 811], [840, 842, 841]))[0], Verdict::Differs);
        assert_eq!(verdicts(&comparison([800, 900, 850], [790, 895, 848]))[0], Verdict::Differs);
        let two_seeds: Vec<_> = comparison([840; 3], [810; 3])
            .into_iter()
            .filter(|(config, _)| config.seed < 3)
            .collect();
        assert_eq!(verdicts(&two_seeds)[0], Verdict::NotJudged);
    }

    #[test]
    fn a_collapsed_run_is_told() {
        assert_eq!(verdicts(&comparison([840; 3], [810; 3]))[1], Verdict::Reproduced);
        assert_eq!(verdicts(&comparison([840, 500, 840], [810; 3]))[1], Verdict::Differs);
    }

    #[test]
    fn runs_that_tune_are_not_compared() {
        let mut cells = comparison([840, 842, 841], [810, 812, 811]);
        let before = summarise(&cells);
        cells.push(example(Method::MirrorDescent { p: 1.1 }, TUNING_SEED, 500));
        let after = summarise(&cells);
        assert_eq!(before.findings, after.findings);
        assert_eq!(runs(&cells, 1, Method::MirrorDescent { p: 1.1 }).len(), 3);
    }
}
