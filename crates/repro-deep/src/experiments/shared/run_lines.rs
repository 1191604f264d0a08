//! The lines of figures with one line for each run.

use mirrorhead_harness::{Series, Shape};

use crate::training::method::Method;
use crate::training::train::TrainingOutcome;

/// A line for each run of each method, in the method's colour.
pub fn run_lines<'a, T: 'a>(
    methods: &[Method],
    runs: impl Fn(Method) -> Vec<&'a TrainingOutcome<T>>,
    points: impl Fn(&TrainingOutcome<T>) -> Vec<[f64; 2]>,
) -> Vec<Series> {
    let mut lines = Vec::new();
    for (hue, method) in methods.iter().enumerate() {
        for outcome in runs(*method) {
            let points = points(outcome);
            lines.push(Series::new(method.to_string(), hue, Shape::Line { points }));
        }
    }
    lines
}

/// Validation accuracy along the epochs, which are counted from 1.
pub fn validation<T>(outcome: &TrainingOutcome<T>) -> Vec<[f64; 2]> {
    let epochs = outcome.epochs.iter().enumerate();
    epochs.map(|(at, epoch)| [at as f64 + 1.0, epoch.validation.accuracy()]).collect()
}
