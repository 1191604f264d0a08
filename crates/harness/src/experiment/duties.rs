//! An experiment: cells of work, and the figures and findings that follow from them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cell_error::CellError;
use super::claim::{Claim, Finding};
use super::exhibit::Exhibit;
use super::figure::Figure;
use super::scope::Scope;
use crate::cells::Workbench;

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
    /// unknown: as many, and of the same cost. They are never run.
    fn foreseen_cells(&self, scope: &Scope) -> Vec<Self::Config> {
        let _ = scope;
        Vec::new()
    }

    /// The experiment under whose name the cells are kept: another one's, where both have the same
    /// configurations and outcomes, so that a cell is run once for all that look at it.
    fn kept_as(&self) -> &'static str {
        self.about().name
    }

    /// Name of a cell for people, such as `seed 7`.
    fn label(&self, config: &Self::Config) -> String;

    /// Rough time of one cell on one core, in seconds.
    fn cost_seconds(&self, config: &Self::Config) -> f64;

    /// Runs one cell: a pure function of the configuration, whatever else runs beside it.
    ///
    /// Every experiment has either this or [`run_cell_on`](Self::run_cell_on).
    ///
    /// # Errors
    /// What should never happen. A hypothesis that fails is an outcome.
    fn run_cell(&self, config: &Self::Config) -> Result<Self::Outcome, CellError> {
        let _ = config;
        Err(CellError::new("a cell of this experiment runs on a workbench only"))
    }

    /// Runs one cell that takes minutes: the same function of the configuration, with a workbench for
    /// checkpoints, progress and interruptions, and the way to the data.
    ///
    /// # Errors
    /// As [`run_cell`](Self::run_cell); [`CellError::Interrupted`] when it was asked to stop.
    fn run_cell_on(
        &self,
        config: &Self::Config,
        bench: &Workbench<'_>,
    ) -> Result<Self::Outcome, CellError> {
        let _ = bench;
        self.run_cell(config)
    }

    /// Figures and findings. Cells come in the order of [`cells`](Self::cells), then that of
    /// [`further_cells`](Self::further_cells); some may be missing.
    fn summarise(&self, cells: &[(Self::Config, Self::Outcome)]) -> Summary;

    /// Tables and texts that are shown beside the figures, of the same cells.
    fn exhibits(&self, cells: &[(Self::Config, Self::Outcome)]) -> Vec<Exhibit> {
        let _ = cells;
        Vec::new()
    }
}

/// A cell to run, with its experiment's types erased.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The experiment it belongs to.
    pub experiment: &'static str,
    /// The experiment under whose name it is kept.
    pub kept_as: &'static str,
    /// Name for people.
    pub label: String,
    /// The configuration.
    pub config: Value,
    /// Rough time on one core, in seconds.
    pub cost_seconds: f64,
    /// SHA-256 of the code that the outcome depends on.
    pub fingerprint: &'static str,
}

/// An [`Experiment`] with its types erased; implemented for every experiment.
pub trait AnyExperiment: Sync {
    /// See [`Experiment::about`].
    fn about(&self) -> About;
    /// See [`Experiment::claims`].
    fn claims(&self) -> Vec<Claim>;
    /// See [`Experiment::kept_as`].
    fn kept_as(&self) -> &'static str;
    /// See [`Experiment::cells`]; the fingerprint is that of the code.
    ///
    /// # Errors
    /// See [`Experiment::check`].
    fn cells(&self, scope: &Scope, fingerprint: &'static str) -> Result<Vec<Cell>, CellError>;
    /// See [`Experiment::further_cells`]; takes pairs of configuration and outcome.
    ///
    /// # Errors
    /// A configuration or an outcome of another shape than the experiment's.
    fn further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
        finished: &[(Value, Value)],
    ) -> Result<Vec<Cell>, CellError>;
    /// See [`Experiment::foreseen_cells`].
    fn foreseen_cells(&self, scope: &Scope, fingerprint: &'static str) -> Vec<Cell>;
    /// See [`Experiment::run_cell_on`].
    ///
    /// # Errors
    /// The cell's own, or a configuration or an outcome that doesn't survive being written.
    fn run_cell_on(&self, config: &Value, bench: &Workbench<'_>) -> Result<Value, CellError>;
    /// See [`Experiment::summarise`] and [`Experiment::exhibits`]; takes pairs of configuration and
    /// outcome.
    ///
    /// # Errors
    /// A configuration or an outcome of another shape than the experiment's.
    fn summarise(&self, cells: &[(Value, Value)]) -> Result<(Summary, Vec<Exhibit>), CellError>;
}

impl<E: Experiment> AnyExperiment for E {
    fn about(&self) -> About {
        Experiment::about(self)
    }

    fn claims(&self) -> Vec<Claim> {
        Experiment::claims(self)
    }

    fn kept_as(&self) -> &'static str {
        Experiment::kept_as(self)
    }

    fn cells(&self, scope: &Scope, fingerprint: &'static str) -> Result<Vec<Cell>, CellError> {
        self.check(scope)?;
        Ok(erased(self, Experiment::cells(self, scope), fingerprint))
    }

    fn further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
        finished: &[(Value, Value)],
    ) -> Result<Vec<Cell>, CellError> {
        let further = Experiment::further_cells(self, scope, &decoded::<E>(finished)?);
        Ok(erased(self, further, fingerprint))
    }

    fn foreseen_cells(&self, scope: &Scope, fingerprint: &'static str) -> Vec<Cell> {
        erased(self, Experiment::foreseen_cells(self, scope), fingerprint)
    }

    fn run_cell_on(&self, config: &Value, bench: &Workbench<'_>) -> Result<Value, CellError> {
        let config: E::Config = decode("the configuration", config)?;
        let outcome = Experiment::run_cell_on(self, &config, bench)?;
        let value = serde_json::to_value(&outcome).map_err(CellError::new)?;
        // What can't be read back (a NaN, say) must be an error now, not when a run is resumed.
        decode::<E::Outcome>("the outcome", &value)?;
        Ok(value)
    }

    fn summarise(&self, cells: &[(Value, Value)]) -> Result<(Summary, Vec<Exhibit>), CellError> {
        let cells = decoded::<E>(cells)?;
        Ok((Experiment::summarise(self, &cells), self.exhibits(&cells)))
    }
}

/// Cells with their types erased.
fn erased<E: Experiment>(
    experiment: &E,
    configs: Vec<E::Config>,
    fingerprint: &'static str,
) -> Vec<Cell> {
    let cell = |config: E::Config| Cell {
        experiment: experiment.about().name,
        kept_as: experiment.kept_as(),
        label: experiment.label(&config),
        config: serde_json::to_value(&config).unwrap_or_default(),
        cost_seconds: experiment.cost_seconds(&config),
        fingerprint,
    };
    configs.into_iter().map(cell).collect()
}

/// A finished cell of an experiment: its configuration and its outcome.
type Decoded<E> = (<E as Experiment>::Config, <E as Experiment>::Outcome);

/// Finished cells with their types.
fn decoded<E: Experiment>(cells: &[(Value, Value)]) -> Result<Vec<Decoded<E>>, CellError> {
    let pair = |(config, outcome): &(Value, Value)| {
        Ok((decode("the configuration", config)?, decode("the outcome", outcome)?))
    };
    cells.iter().map(pair).collect()
}

/// A value read back from JSON.
fn decode<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, CellError> {
    T::deserialize(value).map_err(|e| CellError::new(format!("{what} can't be read back: {e}")))
}
