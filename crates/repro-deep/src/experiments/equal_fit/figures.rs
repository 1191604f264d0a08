//! The figures of a comparison at equal fit.

use mirrorhead_harness::statistics::band_of;
use mirrorhead_harness::{Axis, Figure, Series};

use super::comparison::{Comparison, Outcome};
use super::profile::{KEPT, MILESTONES};
use super::tables::{pruned_accuracy, stop_accuracy, tested};
use crate::experiments::shared::run_lines::{run_lines, validation};
use crate::experiments::shared::step_sizes;
use crate::training::method::Method;

/// As many methods are drawn as there are hues; tables have them all.
const HUES: usize = 6;

/// The methods that are drawn.
fn drawn(comparison: &Comparison) -> &[Method] {
    &comparison.methods[..comparison.methods.len().min(HUES)]
}

/// Test accuracy against training accuracy.
pub fn fitting(comparison: &Comparison) -> Figure {
    Figure {
        key: "fitting".into(),
        title: "Test against training accuracy".into(),
        caption: "Test accuracy after the epoch that first reaches a training accuracy of 0.6, 0.7, 0.8, 0.9, 0.95, \
                  0.995; mean over the seeds, and the band from the 5th to the 95th percentile."
            .into(),
        x: Axis::linear("training accuracy"),
        y: Axis::linear("test accuracy"),
        series: bands(comparison, |outcomes| {
            let at = |milestone: &f64| (*milestone, tested(outcomes, *milestone));
            MILESTONES.iter().map(at).collect()
        }),
    }
}

/// Training accuracy along the epochs.
pub fn learning(comparison: &Comparison) -> Figure {
    let points = |outcome: &Outcome| {
        let epochs = outcome.epochs.iter().enumerate();
        epochs.map(|(at, epoch)| [at as f64 + 1.0, epoch.train.accuracy()]).collect()
    };
    Figure {
        key: "learning".into(),
        title: "Training accuracy".into(),
        caption: format!(
            "Share of the training {} classified correctly in each epoch; one line a seed. A run ends at 0.995.",
            comparison.samples
        ),
        x: Axis::log("epoch"),
        y: Axis::linear("training accuracy"),
        series: run_lines(drawn(comparison), |method| comparison.outcomes(method), points),
    }
}

/// Validation accuracy along the epochs.
pub fn validating(comparison: &Comparison) -> Figure {
    Figure {
        key: "validation".into(),
        title: "Validation accuracy".into(),
        caption: format!(
            "Accuracy on the validation {} after each epoch; one line a seed. A run ends when 0.995 of the training \
             {0} are fitted.",
            comparison.samples
        ),
        x: Axis::log("epoch"),
        y: Axis::linear("validation accuracy"),
        series: run_lines(drawn(comparison), |method| comparison.outcomes(method), validation),
    }
}

/// Test accuracy over the share of weights that pruning keeps.
pub fn pruning(comparison: &Comparison) -> Figure {
    Figure {
        key: "pruning".into(),
        title: "What is left after pruning".into(),
        caption: "Test accuracy at the stop with only the largest keys, queries and values, a share of each map; mean \
                  over the seeds, and the band from the 5th to the 95th percentile."
            .into(),
        x: Axis::log("share that is kept"),
        y: Axis::linear("test accuracy"),
        series: bands(comparison, |outcomes| {
            let whole = outcomes.iter().map(|outcome| stop_accuracy(outcome)).collect();
            let kept = |kept: &f64| {
                let accuracies = outcomes.iter().map(|outcome| pruned_accuracy(outcome, *kept));
                (*kept, accuracies.collect())
            };
            std::iter::once((1.0, whole)).chain(KEPT.iter().map(kept)).collect()
        }),
    }
}

/// A band for each method through the values of its runs at each place.
fn bands(
    comparison: &Comparison,
    values: impl Fn(&[&Outcome]) -> Vec<(f64, Vec<f64>)>,
) -> Vec<Series> {
    let band = |(hue, method): (usize, &Method)| {
        let values = values(&comparison.outcomes(*method));
        Series::new(method.to_string(), hue, band_of(values.into_iter()))
    };
    drawn(comparison).iter().enumerate().map(band).collect()
}

/// The grids of step sizes.
pub fn tuning(comparison: &Comparison) -> Figure {
    step_sizes::figure(&comparison.grid(), comparison.n_blocks, drawn(comparison))
}
