//! IMDb reviews at equal fit: every method until it has fitted the same reviews equally well.

mod findings;
mod profile;

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};
use mirrorhead_repro::REAL_DATA;

use crate::training::text_training::{TextOutcome, TextTraining};
use profile::{grid, runs, smaller, texts};

/// The experiment.
pub struct ImdbEqualFit;

impl Experiment for ImdbEqualFit {
    type Config = TextTraining;
    type Outcome = TextOutcome;

    fn about(&self) -> About {
        About {
            name: "imdb-equal-fit",
            group: REAL_DATA,
            title: "Smaller p at equal fit: IMDb reviews",
            setting: "The paper's text classifier, reduced so that every method reaches the paper's stopping rule on \
                      a processor: 99.5% of the training reviews classified correctly in an epoch. One block of width 48 without \
                      dropout, 1,000 training reviews, drawn anew for each seed, cut at 64 pieces; every parameter trained by \
                      mirror descent with p = 1.1, 2, 3 or by Adam. Besides, keys, queries and values trained by linearized \
                      Bregman iterations from the largest tenth of their initial entries (LinBreg, and all else by gradient \
                      descent; with Adam's moments AdaBreg, and all else by Adam), and Adam from that start. The step size is the better of two by \
                      validation, among those that reach the rule, or else come nearest, for a seed that is not used otherwise. For one seed all methods \
                      have the same reviews, initial weights and order, so differences are taken in pairs. The same 5,000 \
                      test reviews are classified at the stop, at the best validation epoch, at the first passing of \
                      several training accuracies, and with only the largest keys, queries and values. Profiles cpu and \
                      paper are the same; quick: generated reviews.",
            expectation: "The paper's runs end at 99.5% of the training reviews, with test accuracies (3, 4, 6 blocks) of \
                          82.57, 82.93, 78.07% for p = 1.1 at the last epoch, against 80.61, 79.97, 80.11% for p = 2 and \
                          81.33, 80.91, 79.47% for p = 3. It doesn't prune.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        texts(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<TextTraining> {
        grid(scope)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(TextTraining, TextOutcome)],
    ) -> Vec<TextTraining> {
        let comparison = findings::comparison(finished);
        runs(scope, |method| comparison.tuned(method))
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<TextTraining> {
        runs(scope, |method| Some(smaller(scope.profile, method)))
    }

    fn label(&self, config: &TextTraining) -> String {
        let TextTraining { method, step_size, seed, .. } = config;
        format!("{method}, step {step_size:.1e}, seed {seed}")
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
