//! An experiment: cells of work, and the figures and findings that follow from them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cell_context::CellContext;
use super::cell_error::CellError;
use super::claim::{Claim, Finding};
use super::figure::Figure;
use super::highlighted_text::HighlightedTexts;
use super::scope::Scope;
use super::table::Table;

/// What a reader needs to know about an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct About {
    /// Name on the command line.
    pub name: &'static str,
    /// Group on the command line.
    pub group: &'static str,
    /// Title in the report.
    pub title: &'static str,
    /// What is run, in a paragraph.
    pub setting: &'static str,
    /// What the paper shows, beside which the redrawn figures stand.
    pub expectation: &'static str,
}

/// Cells whose hypotheses failed: they are left out of a figure or a claim, and counted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// Which hypothesis failed, in a sentence.
    pub reason: String,
    /// Which cells, by label.
    pub cells: Vec<String>,
}

/// What an experiment makes of its finished cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// The figures.
    pub figures: Vec<Figure>,
    /// Tables beside them.
    pub tables: Vec<Table>,
    /// Texts whose words have weights, beside them.
    pub texts: Vec<HighlightedTexts>,
    /// What was measured for each claim.
    pub findings: Vec<Finding>,
    /// The cells that were left out, with the reason.
    pub excluded: Vec<Exclusion>,
}

/// An experiment of the paper: implement this on a unit struct and add it to the registry.
///
/// A *cell* is one unit of work, such as one seed. Its configuration holds everything that its
/// outcome depends on besides the code: both are stored, and a cell is never run twice.
pub trait Experiment: Sync {
    /// What a cell depends on.
    type Config: Serialize + DeserializeOwned;
    /// What a cell produces. Numbers must be finite: a missing one is an `Option`.
    type Outcome: Serialize + DeserializeOwned;

    /// Name, group and prose.
    fn about(&self) -> About;

    /// The claims it checks.
    fn claims(&self) -> Vec<Claim>;

    /// Whether it can run in this scope: asked before anything runs, also for an estimate.
    ///
    /// # Errors
    /// It can't, for this reason: a data file is missing, say.
    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        let _ = scope;
        Ok(())
    }

    /// The cells to run in a scope that passed the [`check`](Self::check), in a fixed order.
    fn cells(&self, scope: &Scope) -> Vec<Self::Config>;

    /// The cells that follow from the finished [`cells`](Self::cells), asked for once all of these have
    /// an outcome: the runs with settings that others have tuned, say.
    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(Self::Config, Self::Outcome)],
    ) -> Vec<Self::Config> {
        let _ = (scope, finished);
        Vec::new()
    }

    /// Cells that stand for [`further_cells`](Self::further_cells) in an estimate as long as these are
    /// unknown: as many, and of the same cost. They are never run; but where there are none, a shard doesn't ask
    /// what follows either.
    fn expected_further_cells(&self, scope: &Scope) -> Vec<Self::Config> {
        let _ = scope;
        Vec::new()
    }

    /// The name under which the store keeps the cells: another experiment's, where both have the same
    /// configurations and outcomes, so that a cell is run once for all that look at it.
    fn store_name(&self) -> &'static str {
        self.about().name
    }

    /// Name of a cell for people, such as `seed 7`.
    fn label(&self, config: &Self::Config) -> String;

    /// Rough time of one cell on one core, in seconds.
    fn cost_seconds(&self, config: &Self::Config) -> f64;

    /// Runs one cell: a pure function of the configuration, whatever else runs beside it. A cell that takes
    /// minutes keeps checkpoints and reports progress by its context, which also knows the way to the data.
    ///
    /// # Errors
    /// What should never happen, and [`CellError::Interrupted`] when it was asked to stop. A hypothesis
    /// that fails is an outcome.
    fn run_cell(
        &self,
        config: &Self::Config,
        context: &dyn CellContext,
    ) -> Result<Self::Outcome, CellError>;

    /// Figures, tables and findings. Cells come in the order of [`cells`](Self::cells), then that of
    /// [`further_cells`](Self::further_cells); some may be missing.
    fn summarise(&self, cells: &[(Self::Config, Self::Outcome)]) -> Summary;
}
