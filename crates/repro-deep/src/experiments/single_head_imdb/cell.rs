//! A cell: a run of a single head, or selections that nobody has trained.

use mirrorhead_harness::{CellContext, CellError};
use serde::{Deserialize, Serialize};

use super::single_head::{Comparison, HeadOutcome, SingleHead};
use crate::measures::separability::{Separability, Separated};

/// One unit of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadCell {
    /// A run, against the AttSVMs of its selection.
    Run(SingleHead),
    /// Selections that nobody has trained.
    Separability(Separability),
}

/// What it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadCellOutcome {
    /// Of a run.
    Run(Box<HeadOutcome>),
    /// Of selections.
    Separability(Separated),
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &HeadCell, context: &dyn CellContext) -> Result<HeadCellOutcome, CellError> {
    match config {
        HeadCell::Run(run) => run.run(context).map(|run| HeadCellOutcome::Run(Box::new(run))),
        HeadCell::Separability(draw) => draw.run(context).map(HeadCellOutcome::Separability),
    }
}

/// What the experiment's cells have found.
pub type Cells = [(HeadCell, HeadCellOutcome)];
/// The runs of one exponent.
pub type Outcomes<'a> = Vec<&'a HeadOutcome>;
/// The selections that nobody has trained.
pub type Draws<'a> = Vec<(&'a Separability, &'a Separated)>;
/// Those of the runs whose hypotheses hold.
pub type Runs<'a> = Vec<(&'a HeadOutcome, &'a Comparison)>;

/// The runs of an exponent.
pub fn outcomes(cells: &Cells, p: f64) -> Outcomes<'_> {
    let own = cells.iter().filter_map(trained).filter(|(config, _)| config.p.total_cmp(&p).is_eq());
    own.map(|(_, outcome)| outcome).collect()
}

/// A cell that is a run, with its outcome.
pub fn trained(cell: &(HeadCell, HeadCellOutcome)) -> Option<(&SingleHead, &HeadOutcome)> {
    match cell {
        (HeadCell::Run(config), HeadCellOutcome::Run(outcome)) => Some((config, outcome)),
        _ => None,
    }
}
