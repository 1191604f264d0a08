//! CIFAR-10 images at equal fit: every method until it has fitted the same images equally well.

mod findings;
mod profile;

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};
use mirrorhead_repro::REAL_DATA;

use crate::experiments::cifar10::profile::source;
use crate::training::image_training::{ImageOutcome, ImageTraining};
use profile::{grid, runs, smaller};

/// The experiment.
pub struct Cifar10EqualFit;

impl Experiment for Cifar10EqualFit {
    type Config = ImageTraining;
    type Outcome = ImageOutcome;

    fn about(&self) -> About {
        About {
            name: "cifar10-equal-fit",
            group: REAL_DATA,
            title: "Mirror descent beside Adam at equal fit: CIFAR-10 images",
            setting: "The paper's vision transformer, reduced so that every method classifies 99.5% of the training images \
                      correctly in an epoch, on a processor (the paper's rule for reviews; its runs on images have 1,000 \
                      epochs): two blocks of width 64 on patches of 8, without dropout and random moves, \
                      on 1,000 images drawn anew for each seed; every parameter trained by mirror descent with p = 1.1, 2 or \
                      by Adam. The step size is the better of two by validation, among those that reach the \
                      rule, or else come nearest, for a seed that is not used otherwise. For one seed all methods have the \
                      same images, initial weights and order, so differences are taken in pairs. The same 5,000 test images are \
                      classified at the stop, at the best validation epoch, at the first passing of several training \
                      accuracies, and with only the largest keys, queries and values. Profiles cpu and paper are the \
                      same; quick: generated images.",
            expectation: "On all training images, after 1,000 epochs with random moves and dropout: test accuracy near 0.81 \
                          for p = 1.1 and for Adam alike, whose curves meet near epoch 150, and much sparser keys, queries \
                          and values for p = 1.1.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        source(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<ImageTraining> {
        grid(scope)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(ImageTraining, ImageOutcome)],
    ) -> Vec<ImageTraining> {
        let comparison = findings::comparison(finished);
        runs(scope, |method| comparison.tuned(method))
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<ImageTraining> {
        runs(scope, |method| Some(smaller(scope.profile, method)))
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
