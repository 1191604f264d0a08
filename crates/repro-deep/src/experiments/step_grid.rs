//! A grid of step sizes around the one in use: a run for each, the same for every method, judged by
//! validation.

use std::collections::BTreeMap;

use mirrorhead_repro::{
    Axis, Figure, Finding, Measurement, Obtained, Series, Shape, Summary, Verdict,
};

use crate::method::Method;
use crate::training_course::CourseOutcome;

/// The seed of tuning; results are of others.
pub const SEED: u64 = 1_000;

/// Factors of the step sizes tried, around the one in use.
pub const FACTORS: [f64; 5] = [0.1, 0.3, 1.0, 3.0, 10.0];

/// One run of a grid.
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
    /// Samples that are validated on.
    pub n_validation: usize,
}

impl GridRun {
    /// The run of a model of this size with this method and step size.
    pub fn of<T>(
        (n_blocks, method, step_size): (usize, Method, f64),
        outcome: &CourseOutcome<T>,
    ) -> Self {
        let n_validation = outcome.epochs.first().map_or(1, |epoch| epoch.validation.n.max(1));
        Self { n_blocks, method, step_size, accuracy: outcome.best_validation(), n_validation }
    }
}

/// The step sizes to try around the one in use, with two digits each.
pub fn around(step_size: f64) -> [f64; 5] {
    FACTORS.map(|factor| {
        let step = factor * step_size;
        format!("{step:.1e}").parse().unwrap_or(step)
    })
}

/// The figures, one for each size of model, and the finding for `steps-tuned`; runs of a method come in the
/// order of their grid.
pub fn summarise(runs: &[GridRun], methods: &[Method]) -> Summary {
    let mut sizes: BTreeMap<usize, Vec<GridRun>> = BTreeMap::new();
    for run in runs {
        sizes.entry(run.n_blocks).or_default().push(*run);
    }
    let figures = sizes.iter().map(|(n_blocks, runs)| figure(*n_blocks, runs, methods)).collect();
    Summary { figures, findings: vec![tuned(&sizes, methods)], ..Summary::default() }
}

/// The runs of a method.
fn grid(runs: &[GridRun], method: Method) -> Vec<GridRun> {
    runs.iter().copied().filter(|run| run.method == method).collect()
}

fn figure(n_blocks: usize, runs: &[GridRun], methods: &[Method]) -> Figure {
    let line = |(hue, method): (usize, &Method)| {
        let points = grid(runs, *method).iter().map(|run| [run.step_size, run.accuracy]).collect();
        Series::new(method.to_string(), hue, Shape::Line { points })
    };
    Figure {
        key: format!("steps-{n_blocks}"),
        title: format!("Step sizes, {n_blocks} block(s)"),
        caption: "Best validation accuracy over the epochs of one run against its step size."
            .into(),
        x: Axis::log("step size"),
        y: Axis::linear("best validation accuracy"),
        series: methods.iter().enumerate().map(line).collect(),
    }
}

fn tuned(sizes: &BTreeMap<usize, Vec<GridRun>>, methods: &[Method]) -> Finding {
    let (mut held, mut worst, mut n) = (true, 0.0_f64, 0);
    let mut measurements = Vec::new();
    for (n_blocks, runs) in sizes {
        for method in methods {
            let grid = grid(runs, *method);
            n += grid.len();
            let best = grid.iter().max_by(|a, b| a.accuracy.total_cmp(&b.accuracy));
            let Some(best) = best else { continue };
            // The step in use stands in the middle of its grid.
            let used = grid[grid.len() / 2];
            // Two accuracies on the same samples, whose errors are at worst independent.
            let variance = used.accuracy * (1.0 - used.accuracy) / used.n_validation as f64;
            let ahead = best.accuracy - used.accuracy;
            held &= ahead <= 2.0 * (2.0 * variance).sqrt();
            worst = worst.max(ahead);
            measurements.push(Measurement {
                label: format!("{n_blocks} block(s), {method}: best step"),
                value: best.step_size,
                spread: None,
                n: grid.len(),
            });
        }
    }
    let text = format!("the best of a grid validates at most {:.2} points better", 100.0 * worst);
    let verdict = if n == 0 { Verdict::NotRun } else { Verdict::from_check(held) };
    Finding { key: "steps-tuned", obtained: Obtained { text, measurements, n }, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid whose run number `i` validates with the `i`-th accuracy.
    fn verdict(accuracies: [f64; 5], n_validation: usize) -> Verdict {
        let run = |(step_size, accuracy)| GridRun {
            n_blocks: 1,
            method: Method::Adam,
            step_size,
            accuracy,
            n_validation,
        };
        let runs: Vec<_> = around(0.1).into_iter().zip(accuracies).map(run).collect();
        summarise(&runs, &[Method::Adam]).findings[0].verdict
    }

    #[test]
    fn a_step_beside_the_one_in_use_may_be_better_by_chance_alone() {
        let accuracies = [0.2, 0.4, 0.5, 0.52, 0.3];
        assert_eq!(verdict(accuracies, 100), Verdict::Reproduced);
        assert_eq!(verdict(accuracies, 100_000), Verdict::Differs);
        assert_eq!(summarise(&[], &[Method::Adam]).findings[0].verdict, Verdict::NotRun);
    }

    #[test]
    fn the_step_in_use_stands_in_the_middle() {
        assert_eq!(around(5e-2), [5e-3, 1.5e-2, 5e-2, 1.5e-1, 5e-1]);
    }
}
