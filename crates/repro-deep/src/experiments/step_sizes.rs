//! Step sizes, tuned on validation reviews for every method alike.

use mirrorhead_repro::{Axis, Figure, Series, Shape};

use super::imdb_profile::{METHODS, TUNING_SEED};
use crate::method::Method;
use crate::text_training::{TextOutcome, TextTraining};

type Cells = [(TextTraining, TextOutcome)];

/// Whether a run tunes step sizes.
pub fn is_tuning(config: &TextTraining) -> bool {
    config.seed == TUNING_SEED
}

/// `[step size, best validation accuracy]` of the tuning runs of a method.
fn grid(cells: &Cells, n_blocks: usize, method: Method) -> Vec<[f64; 2]> {
    let own = cells.iter().filter(|(config, _)| {
        is_tuning(config) && config.method == method && config.model.n_blocks == n_blocks
    });
    own.map(|(config, outcome)| [config.step_size, outcome.best_validation()]).collect()
}

/// The step size whose run validates best, the smallest of equals.
///
/// # Panics
/// If no run tunes this method: a profile has all or none.
pub fn tuned_step(cells: &Cells, n_blocks: usize, method: Method) -> f64 {
    let mut points = grid(cells, n_blocks, method);
    points.sort_by(|a, b| b[1].total_cmp(&a[1]).then(a[0].total_cmp(&b[0])));
    points[0][0]
}

/// The grids of all methods.
pub fn figure(cells: &Cells, n_blocks: usize) -> Figure {
    let line = |(hue, method): (usize, &Method)| {
        let points = grid(cells, n_blocks, *method);
        Series::new(method.to_string(), hue, Shape::Line { points })
    };
    Figure {
        key: format!("steps-{n_blocks}"),
        title: format!("Tuning of step sizes, {n_blocks} block(s)"),
        caption:
            "Best validation accuracy over the epochs of a run against its step size; one run a \
                  point, with a seed that is not used otherwise."
                .into(),
        x: Axis::log("step size"),
        y: Axis::linear("best validation accuracy"),
        series: METHODS.iter().enumerate().map(line).collect(),
    }
}
