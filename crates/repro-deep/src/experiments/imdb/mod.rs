//! IMDb reviews: the paper's comparison of p on a transformer.

pub mod findings;
pub mod profile;
pub mod tables;

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};
use mirrorhead_repro::REAL_DATA;

use crate::experiments::shared::step_sizes::tuned_step;
use crate::training::text_training::{TextOutcome, TextTraining};
use profile::{grid, paper_step, runs, texts};

/// The experiment.
pub struct Imdb;

impl Experiment for Imdb {
    type Config = TextTraining;
    type Outcome = TextOutcome;

    fn about(&self) -> About {
        About {
            name: "imdb",
            group: REAL_DATA,
            title: "Smaller p generalizes better: IMDb reviews",
            setting: "Transformers of the paper's design, every parameter trained by unnormalized mirror \
                      descent with p = 1.1, 2, 3, or by Adam, until 99.5% of the training reviews are \
                      classified correctly. Independent seeds for weights, order, dropout and split; the \
                      best epoch is chosen on a tenth of the training reviews kept for validation, and \
                      test reviews are seen once. Profile paper: 3, 4 and 6 blocks of width 384, reviews \
                      cut at 512 pieces, the paper's step sizes. Profile cpu: one block of width 32, reviews \
                      cut at 64 pieces, 160 epochs at most; the step size of each method is the best of 5, \
                      a factor of two apart, by the best validation accuracy of a shorter run with a seed \
                      of its own. Profile quick: the same on generated reviews.",
            expectation: "Best-epoch test accuracy of 83.47, 83.36, 82.57% for p = 1.1 with 3, 4, 6 blocks, \
                          against 81.66, 81.05, 81.03% for p = 2 and 82.57, 82.40, 80.65% for p = 3; the \
                          best epoch was chosen on the test reviews.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        texts(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<TextTraining> {
        match scope.profile {
            Profile::Paper => runs(scope, paper_step),
            _ => grid(scope),
        }
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(TextTraining, TextOutcome)],
    ) -> Vec<TextTraining> {
        if scope.profile == Profile::Paper {
            return Vec::new();
        }
        let grid = findings::tuning(finished);
        runs(scope, |n_blocks, method| tuned_step(&grid, n_blocks, method))
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<TextTraining> {
        match scope.profile {
            Profile::Paper => Vec::new(),
            _ => runs(scope, paper_step),
        }
    }

    fn label(&self, config: &TextTraining) -> String {
        let TextTraining { model, method, step_size, seed, .. } = config;
        format!("{} blocks, {method}, step {step_size:.1e}, seed {seed}", model.n_blocks)
    }

    fn cost_seconds(&self, config: &TextTraining) -> f64 {
        config.cost_seconds()
    }

    fn run_cell(
        &self,
        config: &TextTraining,
        context: &dyn CellContext,
    ) -> Result<TextOutcome, CellError> {
        config.train(context)
    }

    fn summarise(&self, cells: &[(TextTraining, TextOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
