//! The step sizes of the experiments on reviews, tuned on validation reviews for every method alike.

use std::collections::BTreeMap;

use mirrorhead_repro::{
    About, Axis, CellError, Claim, Experiment, Figure, Finding, Measurement, Obtained, Profile,
    REAL_DATA, Scope, Series, Shape, Summary, Verdict, Workbench,
};

use super::imdb_profile::{METHODS, blocks, sentences, source, step_size, training};
use crate::method::Method;
use crate::text_training::{TextOutcome, TextTraining};

/// The experiment.
pub struct ImdbSteps;

/// The seed of tuning; results are of others.
const SEED: u64 = 1_000;

/// Epochs of a run, at most: enough to tell step sizes apart.
const MOST_EPOCHS: usize = 4;

/// Factors of the step sizes tried, around the one in use.
const FACTORS: [f64; 5] = [0.1, 0.3, 1.0, 3.0, 10.0];

impl Experiment for ImdbSteps {
    type Config = TextTraining;
    type Outcome = TextOutcome;

    fn about(&self) -> About {
        About {
            name: "imdb-steps",
            group: REAL_DATA,
            title: "Step sizes for IMDb reviews",
            setting: "The models of `imdb`, trained with 0.1, 0.3, 1, 3 and 10 times the step size in use \
                      there, one seed that is not used there. Judged by the best accuracy of at most 4 epochs \
                      on a tenth of the training reviews, kept for validation: the same grid, budget and rule for \
                      every method.",
            expectation: "The paper gives one step size for each p and size, without saying how it was \
                          found.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim {
            key: "steps-tuned",
            statement: "no step size of the grid validates better than the one that `imdb` uses by more \
                        than chance",
            expected: "for every method and size, the best validation accuracy on the grid exceeds that \
                       of the step in use by at most two standard deviations of their difference",
        }]
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        source(scope).and(sentences(scope)).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<TextTraining> {
        let (Ok(source), Ok(sentences)) = (source(scope), sentences(scope)) else {
            return Vec::new();
        };
        let mut cells = Vec::new();
        for n_blocks in blocks(scope.profile) {
            for method in METHODS {
                for factor in FACTORS {
                    let step = factor * step_size(scope.profile, *n_blocks, method);
                    let run = (*n_blocks, method, rounded(step), SEED);
                    let (source, sentences) = (source.clone(), sentences.clone());
                    let whole = training(scope.profile, source, sentences, run);
                    let max_epochs = whole.max_epochs.min(MOST_EPOCHS);
                    cells.push(TextTraining { max_epochs, ..whole });
                }
            }
        }
        cells
    }

    fn label(&self, config: &TextTraining) -> String {
        let TextTraining { model, method, step_size, .. } = config;
        format!("{} blocks, {method}, step {step_size:e}", model.n_blocks)
    }

    fn cost_seconds(&self, config: &TextTraining) -> f64 {
        config.cost_seconds()
    }

    fn run_cell_on(
        &self,
        config: &TextTraining,
        bench: &Workbench<'_>,
    ) -> Result<TextOutcome, CellError> {
        config.train(bench)
    }

    fn summarise(&self, cells: &[(TextTraining, TextOutcome)]) -> Summary {
        let mut sizes: BTreeMap<usize, Vec<&(TextTraining, TextOutcome)>> = BTreeMap::new();
        for cell in cells {
            sizes.entry(cell.0.model.n_blocks).or_default().push(cell);
        }
        let figures = sizes.iter().map(|(n_blocks, cells)| figure(*n_blocks, cells)).collect();
        Summary { figures, findings: vec![tuned(&sizes)], ..Summary::default() }
    }
}

/// Step sizes are written with two digits.
fn rounded(step: f64) -> f64 {
    format!("{step:.1e}").parse().unwrap_or(step)
}

type Cells<'a> = Vec<&'a (TextTraining, TextOutcome)>;

/// `[step size, best validation accuracy]` of the runs of a method.
fn grid(cells: &Cells<'_>, method: Method) -> Vec<[f64; 2]> {
    let own = cells.iter().filter(|(config, _)| config.method == method);
    own.map(|(config, outcome)| [config.step_size, outcome.best_validation()]).collect()
}

fn figure(n_blocks: usize, cells: &Cells<'_>) -> Figure {
    let line = |(hue, method): (usize, &Method)| {
        Series::new(method.to_string(), hue, Shape::Line { points: grid(cells, *method) })
    };
    Figure {
        key: format!("steps-{n_blocks}"),
        title: format!("Step sizes, {n_blocks} block(s)"),
        caption: "Best validation accuracy over the epochs of one run against its step size."
            .into(),
        x: Axis::log("step size"),
        y: Axis::linear("best validation accuracy"),
        series: METHODS.iter().enumerate().map(line).collect(),
    }
}

fn tuned(sizes: &BTreeMap<usize, Cells<'_>>) -> Finding {
    let (mut held, mut worst, mut n) = (true, 0.0_f64, 0);
    let mut measurements = Vec::new();
    for (n_blocks, cells) in sizes {
        for method in METHODS {
            let points = grid(cells, method);
            n += points.len();
            let Some(best) = points.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1])) else {
                continue;
            };
            // The step in use stands in the middle of its grid.
            let used = points[points.len() / 2][1];
            let reviews = cells.first().map_or(1, |(_, outcome)| validation_reviews(outcome));
            // Two accuracies on the same reviews, whose errors are at worst independent.
            let deviation = (2.0 * used * (1.0 - used) / reviews as f64).sqrt();
            held &= best[1] - used <= 2.0 * deviation;
            worst = worst.max(best[1] - used);
            measurements.push(Measurement {
                label: format!("{n_blocks} block(s), {method}: best step"),
                value: best[0],
                spread: None,
                n: points.len(),
            });
        }
    }
    let text = format!("the best of a grid validates at most {:.2} points better", 100.0 * worst);
    let verdict = if n == 0 { Verdict::NotRun } else { Verdict::from_check(held) };
    Finding { key: "steps-tuned", obtained: Obtained { text, measurements, n }, verdict }
}

fn validation_reviews(outcome: &TextOutcome) -> usize {
    outcome.epochs.first().map_or(1, |epoch| epoch.validation.n.max(1))
}

#[cfg(test)]
mod tests {
    use mirrorhead_repro::Profile;

    use super::*;

    #[test]
    fn the_step_in_use_stands_in_the_middle_of_its_grid() {
        let cells = ImdbSteps.cells(&Scope::new(Profile::Quick));
        assert_eq!(cells.len(), METHODS.len() * FACTORS.len());
        for (own, method) in cells.chunks(FACTORS.len()).zip(METHODS) {
            let used = step_size(Profile::Quick, 1, method);
            assert!((own[FACTORS.len() / 2].step_size / used - 1.0).abs() < 1e-12);
        }
    }
}
