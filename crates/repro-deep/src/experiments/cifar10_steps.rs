//! The step sizes of the experiment on images, tuned on validation images for every method alike.

use mirrorhead_repro::{About, CellError, Claim, Experiment, REAL_DATA, Scope, Summary, Workbench};

use super::cifar10_profile::{METHODS, source, step_size, training};
use super::step_grid::{self, GridRun, SEED, around};
use crate::image_training::{ImageOutcome, ImageTraining};

/// The experiment.
pub struct Cifar10Steps;

/// Epochs of a run, at most: enough to tell step sizes apart.
const MOST_EPOCHS: usize = 3;

impl Experiment for Cifar10Steps {
    type Config = ImageTraining;
    type Outcome = ImageOutcome;

    fn about(&self) -> About {
        About {
            name: "cifar10-steps",
            group: REAL_DATA,
            title: "Step sizes for CIFAR-10 images",
            setting: "The model of `cifar10`, trained with 0.1, 0.3, 1, 3 and 10 times the step size in use \
                      there, one seed that is not used there. Judged by the best accuracy of at most 3 epochs \
                      on a tenth of the training images, kept for validation: the same grid, budget and rule \
                      for every method.",
            expectation: "The paper gives one step size for p = 1.1 and one for Adam, without saying how \
                          they were found.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim {
            key: "steps-tuned",
            statement: "no step size of the grid validates better than the one that `cifar10` uses by \
                        more than chance",
            expected: "for every method, the best validation accuracy on the grid exceeds that of the \
                       step in use by at most two standard deviations of their difference",
        }]
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        source(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<ImageTraining> {
        let Ok(source) = source(scope) else { return Vec::new() };
        let run = |method| {
            around(step_size(scope.profile, method)).map(|step| {
                let whole = training(scope, source.clone(), (method, step, SEED));
                let max_epochs = whole.max_epochs.min(MOST_EPOCHS);
                ImageTraining { max_epochs, ..whole }
            })
        };
        METHODS.into_iter().flat_map(run).collect()
    }

    fn label(&self, config: &ImageTraining) -> String {
        format!("{}, step {:e}", config.method, config.step_size)
    }

    fn cost_seconds(&self, config: &ImageTraining) -> f64 {
        config.cost_seconds()
    }

    fn run_cell_on(
        &self,
        config: &ImageTraining,
        bench: &Workbench<'_>,
    ) -> Result<ImageOutcome, CellError> {
        config.train(bench)
    }

    fn summarise(&self, cells: &[(ImageTraining, ImageOutcome)]) -> Summary {
        let run = |(config, outcome): &(ImageTraining, ImageOutcome)| {
            let ImageTraining { model, method, step_size, .. } = config;
            GridRun::of((model.n_blocks, *method, *step_size), outcome)
        };
        step_grid::summarise(&cells.iter().map(run).collect::<Vec<_>>(), &METHODS)
    }
}
