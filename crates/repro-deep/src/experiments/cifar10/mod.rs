//! CIFAR-10 images: the paper's comparison of mirror descent with Adam on a vision transformer.

pub mod findings;
pub mod profile;
pub mod tables;

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};
use mirrorhead_repro::REAL_DATA;

use crate::experiments::shared::step_sizes::tuned_step;
use crate::training::image_training::{ImageOutcome, ImageTraining};
use profile::{grid, model, paper_step, runs, source};

/// The experiment.
pub struct Cifar10;

impl Experiment for Cifar10 {
    type Config = ImageTraining;
    type Outcome = ImageOutcome;

    fn about(&self) -> About {
        About {
            name: "cifar10",
            group: REAL_DATA,
            title: "Mirror descent beside Adam: CIFAR-10 images",
            setting: "Vision transformers of the paper's design, every parameter trained by unnormalized \
                      mirror descent with p = 1.1 or 2, or by Adam, on the mean cross-entropy of randomly \
                      moved and mirrored images. Independent seeds for weights, order, views, dropout and \
                      split; the best epoch is chosen on a tenth of the training images kept for \
                      validation, and test images are seen once. Profile paper: the paper's model, budget \
                      and step sizes (p = 2 is not in the paper). Profile cpu: a small model for a few \
                      epochs; the step size of each method is the best of 5, a factor of two apart, by \
                      the best validation accuracy of a shorter run with a seed of its own. Profile \
                      quick: the same on generated images.",
            expectation: "Test accuracy near 0.81 for p = 1.1 and for Adam alike after 1,000 epochs, with \
                          much sparser keys, queries and values for p = 1.1.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        source(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<ImageTraining> {
        match scope.profile {
            Profile::Paper => runs(scope, paper_step),
            _ => grid(scope),
        }
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(ImageTraining, ImageOutcome)],
    ) -> Vec<ImageTraining> {
        if scope.profile == Profile::Paper {
            return Vec::new();
        }
        let (grid, n_blocks) = (findings::tuning(finished), model(scope.profile).n_blocks);
        runs(scope, |method| tuned_step(&grid, n_blocks, method))
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<ImageTraining> {
        match scope.profile {
            Profile::Paper => Vec::new(),
            _ => runs(scope, paper_step),
        }
    }

    fn label(&self, config: &ImageTraining) -> String {
        let ImageTraining { method, step_size, seed, .. } = config;
        format!("{method}, step {step_size:.1e}, seed {seed}")
    }

    fn cost_seconds(&self, config: &ImageTraining) -> f64 {
        config.cost_seconds()
    }

    fn run_cell(
        &self,
        config: &ImageTraining,
        context: &dyn CellContext,
    ) -> Result<ImageOutcome, CellError> {
        config.train(context)
    }

    fn summarise(&self, cells: &[(ImageTraining, ImageOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
