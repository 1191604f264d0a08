//! The figures of the comparison at equal fit.

use mirrorhead_harness::statistics::band_of;
use mirrorhead_harness::{Axis, Figure, Series};

use super::profile::{KEPT, METHODS, MILESTONES};
use super::tables::{Cells, pruned_accuracy, tested};
use crate::experiments::imdb::findings::{runs, tuning as tuning_runs};
use crate::experiments::shared::run_lines::run_lines;
use crate::experiments::shared::step_sizes;
use crate::training::method::Method;
use crate::training::text_training::TextOutcome;

/// The methods that are drawn, as many as there are hues; tables have them all.
const DRAWN: &[Method] = METHODS.split_at(6).0;

/// Test accuracy against training accuracy.
pub fn fitting(cells: &Cells) -> Figure {
    Figure {
        key: "fitting".into(),
        title: "Test against training accuracy".into(),
        caption: "Test accuracy after the epoch that first reaches a training accuracy of 0.6, 0.7, 0.8, 0.9, 0.95, \
                  0.995; mean over the seeds, and the band from the 5th to the 95th percentile."
            .into(),
        x: Axis::linear("training accuracy"),
        y: Axis::linear("test accuracy"),
        series: bands(|method| {
            let outcomes = runs(cells, 1, method);
            let at = |milestone: &f64| (*milestone, tested(&outcomes, *milestone));
            MILESTONES.iter().map(at).collect()
        }),
    }
}

/// Training accuracy along the epochs.
pub fn learning(cells: &Cells) -> Figure {
    let points = |outcome: &TextOutcome| {
        let epochs = outcome.epochs.iter().enumerate();
        epochs.map(|(at, epoch)| [at as f64 + 1.0, epoch.train.accuracy()]).collect()
    };
    Figure {
        key: "learning".into(),
        title: "Training accuracy".into(),
        caption: "Share of the training reviews classified correctly in each epoch; one line a seed. A run \
                  ends at 0.995."
            .into(),
        x: Axis::log("epoch"),
        y: Axis::linear("training accuracy"),
        series: run_lines(DRAWN, |method| runs(cells, 1, method), points),
    }
}

/// Test accuracy over the share of weights that pruning keeps.
pub fn pruning(cells: &Cells) -> Figure {
    Figure {
        key: "pruning".into(),
        title: "What is left after pruning".into(),
        caption: "Test accuracy at the stop with only the largest keys, queries and values, a share of each map; mean \
                  over the seeds, and the band from the 5th to the 95th percentile."
            .into(),
        x: Axis::log("share that is kept"),
        y: Axis::linear("test accuracy"),
        series: bands(|method| {
            let outcomes = runs(cells, 1, method);
            let whole = outcomes.iter().map(|outcome| outcome.last.test.accuracy()).collect();
            let kept = |kept: &f64| {
                let accuracies = outcomes.iter().map(|outcome| pruned_accuracy(&outcome.last, *kept));
                (*kept, accuracies.collect())
            };
            std::iter::once((1.0, whole)).chain(KEPT.iter().map(kept)).collect()
        }),
    }
}

/// A band for each method through the values of its runs at each place.
fn bands(values: impl Fn(Method) -> Vec<(f64, Vec<f64>)>) -> Vec<Series> {
    let band = |(hue, method): (usize, &Method)| {
        Series::new(method.to_string(), hue, band_of(values(*method).into_iter()))
    };
    DRAWN.iter().enumerate().map(band).collect()
}

/// The grids of step sizes.
pub fn tuning(cells: &Cells) -> Figure {
    step_sizes::figure(&tuning_runs(cells), 1, DRAWN)
}
