//! The step sizes of the experiments on reviews, tuned on validation reviews for every method alike.

use mirrorhead_repro::{About, CellError, Claim, Experiment, REAL_DATA, Scope, Summary, Workbench};

use super::imdb_profile::{METHODS, blocks, sentences, source, step_size, training};
use super::step_grid::{self, GridRun, SEED, around};
use crate::text_training::{TextOutcome, TextTraining};

/// The experiment.
pub struct ImdbSteps;

/// Epochs of a run, at most: enough to tell step sizes apart.
const MOST_EPOCHS: usize = 4;

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
                for step in around(step_size(scope.profile, *n_blocks, method)) {
                    let run = (*n_blocks, method, step, SEED);
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
        let run = |(config, outcome): &(TextTraining, TextOutcome)| {
            let TextTraining { model, method, step_size, .. } = config;
            GridRun::of((model.n_blocks, *method, *step_size), outcome)
        };
        step_grid::summarise(&cells.iter().map(run).collect::<Vec<_>>(), &METHODS)
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_repro::Profile;

    use super::super::step_grid::FACTORS;
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
