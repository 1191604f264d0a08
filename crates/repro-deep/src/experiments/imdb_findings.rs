//! The figures and verdicts of the comparison on reviews.

use mirrorhead_repro::{Axis, Claim, Figure, Finding, Obtained, Series, Shape, Summary, Verdict};

use super::imdb_profile::METHODS;
use super::over_seeds::{FEWEST, difference, measurement};
use crate::method::Method;
use crate::text_training::{TextOutcome, TextTraining};
use crate::training_course::{End, Epoch};

/// What the experiment checks.
pub const CLAIMS: [Claim; 2] = [
    Claim {
        key: "smaller-p-generalizes",
        statement: "a model trained with p = 1.1 classifies more test reviews correctly than one trained \
                    by gradient descent (p = 2), at its best epoch",
        expected: "for every size, the difference of the mean test accuracies at the best validation \
                   epoch is positive and more than twice its standard error",
    },
    Claim {
        key: "no-run-lost",
        statement: "every run with p = 1.1, 2 or 3 trains: none diverges or collapses",
        expected: "no run ends with a loss that is not finite, or in its last epoch with less than 60% of \
                   the test reviews correct (the paper lost one of ten runs with p = 1.1 and 6 blocks)",
    },
];

/// Test accuracy of a run that has collapsed.
const COLLAPSED: f64 = 0.6;

type Cells = [(TextTraining, TextOutcome)];

/// The figures and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let sizes = sizes(cells);
    let figures = sizes.iter().flat_map(|size| [learning(cells, *size), testing(cells, *size)]);
    let findings = vec![generalizes(cells, &sizes), lost(cells)];
    Summary { figures: figures.collect(), findings, ..Summary::default() }
}

/// The numbers of blocks, ascending.
fn sizes(cells: &Cells) -> Vec<usize> {
    let mut sizes: Vec<usize> = cells.iter().map(|(config, _)| config.model.n_blocks).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn runs(cells: &Cells, n_blocks: usize, method: Method) -> Vec<&TextOutcome> {
    let own = cells
        .iter()
        .filter(|(config, _)| config.model.n_blocks == n_blocks && config.method == method);
    own.map(|(_, outcome)| outcome).collect()
}

fn best(outcomes: &[&TextOutcome]) -> Vec<f64> {
    outcomes.iter().map(|outcome| outcome.best.test.accuracy()).collect()
}

fn last(outcomes: &[&TextOutcome]) -> Vec<f64> {
    outcomes.iter().map(|outcome| outcome.last.test.accuracy()).collect()
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
    let judged = fewest >= FEWEST && !sizes.is_empty();
    let verdict = if judged { Verdict::from_check(held) } else { Verdict::NotRun };
    let mut text = format!("p = 1.1 against p = 2, {}", texts.join("; "));
    if !judged {
        text.push_str("; not judged: a mean needs 3 seeds");
    }
    Finding {
        key: "smaller-p-generalizes",
        obtained: Obtained { text, measurements, n: cells.len() },
        verdict,
    }
}

fn lost(cells: &Cells) -> Finding {
    let mirror: Vec<_> = cells.iter().filter(|(config, _)| config.method != Method::Adam).collect();
    let diverged =
        mirror.iter().filter(|(_, outcome)| matches!(outcome.end, End::Diverged { .. })).count();
    let collapsed =
        |(_, outcome): &&&(TextTraining, TextOutcome)| outcome.last.test.accuracy() < COLLAPSED;
    let collapsed = mirror.iter().filter(collapsed).count();
    let fitted = mirror.iter().filter(|(_, outcome)| outcome.end == End::Fitted).count();
    let text = format!(
        "{diverged} of {} runs diverged and {collapsed} ended below 60%; {fitted} reached the training \
         accuracy that ends a run",
        mirror.len()
    );
    let verdict = match mirror.len() {
        0 => Verdict::NotRun,
        _ => Verdict::from_check(diverged + collapsed == 0),
    };
    let obtained = Obtained { text, measurements: Vec::new(), n: mirror.len() };
    Finding { key: "no-run-lost", obtained, verdict }
}

/// Validation accuracy along the epochs.
fn learning(cells: &Cells, n_blocks: usize) -> Figure {
    let series = |(hue, method): (usize, &Method)| {
        let outcomes = runs(cells, n_blocks, *method);
        let lines = outcomes.iter().map(move |outcome| {
            let accuracy =
                |(at, epoch): (usize, &Epoch)| [at as f64 + 1.0, epoch.validation.accuracy()];
            let points = outcome.epochs.iter().enumerate().map(accuracy).collect();
            Series::new(method.to_string(), hue, Shape::Line { points })
        });
        lines.collect::<Vec<_>>()
    };
    Figure {
        key: format!("learning-{n_blocks}"),
        title: format!("Validation accuracy, {n_blocks} block(s)"),
        caption: "Accuracy on the validation reviews after each epoch; one line a seed.".into(),
        x: Axis::linear("epoch"),
        y: Axis::linear("validation accuracy"),
        series: METHODS.iter().enumerate().flat_map(series).collect(),
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
