//! Experiments that run nothing of their own: they look at the runs of `imdb`.

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use super::imdb::Imdb;
use crate::training::text_training::{TextOutcome, TextTraining};

/// What is looked for in the runs of [`Imdb`].
pub trait View: Send + Sync {
    /// What the experiment is.
    fn about(&self) -> About;

    /// What it claims.
    fn claims(&self) -> Vec<Claim>;

    /// What the runs mean.
    fn summarise(&self, cells: &[(TextTraining, TextOutcome)]) -> Summary;
}

/// The experiment with the cells of [`Imdb`] and the meaning of a view.
pub struct ViewOfImdb<V>(pub V);

impl<V: View> Experiment for ViewOfImdb<V> {
    type Config = TextTraining;
    type Outcome = TextOutcome;

    fn about(&self) -> About {
        self.0.about()
    }

    fn claims(&self) -> Vec<Claim> {
        self.0.claims()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        Imdb.check(scope)
    }

    fn cells(&self, scope: &Scope) -> Vec<TextTraining> {
        Imdb.cells(scope)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(TextTraining, TextOutcome)],
    ) -> Vec<TextTraining> {
        Imdb.further_cells(scope, finished)
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<TextTraining> {
        Imdb.expected_further_cells(scope)
    }

    fn store_name(&self) -> &'static str {
        Imdb.store_name()
    }

    fn label(&self, config: &TextTraining) -> String {
        Imdb.label(config)
    }

    fn cost_seconds(&self, config: &TextTraining) -> f64 {
        Imdb.cost_seconds(config)
    }

    fn run_cell(
        &self,
        config: &TextTraining,
        context: &dyn CellContext,
    ) -> Result<TextOutcome, CellError> {
        Imdb.run_cell(config, context)
    }

    fn summarise(&self, cells: &[(TextTraining, TextOutcome)]) -> Summary {
        self.0.summarise(cells)
    }
}
