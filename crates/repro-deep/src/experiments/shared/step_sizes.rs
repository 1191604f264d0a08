//! Step sizes, tuned by validation on a grid for every method alike.

use mirrorhead_harness::{Axis, Figure, Series, Shape};

use crate::training::method::Method;

/// The seed of the runs that tune step sizes; those that are compared have others.
pub const TUNING_SEED: u64 = 0;

/// The grid of step sizes, as multiples of its middle.
pub const FACTORS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// A run that tunes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridRun {
    /// Blocks of the model.
    pub n_blocks: usize,
    /// The optimizer.
    pub method: Method,
    /// Its step size.
    pub step_size: f64,
    /// The best validation accuracy over its epochs.
    pub accuracy: f64,
}

/// `[step size, best validation accuracy]` of the runs of a method.
fn points(grid: &[GridRun], n_blocks: usize, method: Method) -> Vec<[f64; 2]> {
    let own = grid.iter().filter(|run| run.method == method && run.n_blocks == n_blocks);
    own.map(|run| [run.step_size, run.accuracy]).collect()
}

/// The step size whose run validates best, the smallest of equals.
///
/// # Panics
/// If no run tunes this method: a profile has all or none.
pub fn tuned_step(grid: &[GridRun], n_blocks: usize, method: Method) -> f64 {
    let mut points = points(grid, n_blocks, method);
    points.sort_by(|a, b| b[1].total_cmp(&a[1]).then(a[0].total_cmp(&b[0])));
    points[0][0]
}

/// The grids of these methods.
pub fn figure(grid: &[GridRun], n_blocks: usize, methods: &[Method]) -> Figure {
    let line = |(hue, method): (usize, &Method)| {
        let points = points(grid, n_blocks, *method);
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
        series: methods.iter().enumerate().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_step_of_its_own_method_and_size_wins_and_the_smallest_of_equals() {
        let run = |(n_blocks, method, step_size, accuracy)| GridRun {
            n_blocks,
            method,
            step_size,
            accuracy,
        };
        let two = Method::MirrorDescent { p: 2.0 };
        let grid = [
            (1, Method::Adam, 0.1, 0.7),
            (1, Method::Adam, 0.2, 0.8),
            (1, Method::Adam, 0.05, 0.8),
            (1, two, 0.4, 0.9),
            (2, Method::Adam, 0.8, 0.9),
        ]
        .map(run);
        assert_eq!(tuned_step(&grid, 1, Method::Adam), 0.05);
        assert_eq!(tuned_step(&grid, 1, two), 0.4);
        assert_eq!(tuned_step(&grid, 2, Method::Adam), 0.8);
    }
}
