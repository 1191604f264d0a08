//! What a run will do: the experiments asked for, each with its cells or the reason it can't run.

use serde_json::Value;

use crate::cells::CellStatus;
use crate::error::ReproError;
use crate::experiment::{AnyExperiment, Cell, CellError, Scope};
use crate::registry::Entry;

/// An experiment that was asked for.
pub struct Planned {
    /// The experiment, and its code.
    pub entry: Entry,
    /// Its cells, or why it refuses.
    pub cells: Result<Vec<Cell>, CellError>,
}

/// Everything that was asked for, in the order of the registry.
pub struct Plan {
    /// The experiments.
    pub experiments: Vec<Planned>,
}

/// The cells that follow from finished ones.
pub struct Further<'a> {
    /// The cells, with their experiments.
    pub cells: Vec<(&'a dyn AnyExperiment, Cell)>,
    /// The experiments that can't say which these are, and why.
    pub refusals: Vec<(&'static str, CellError)>,
}

impl Plan {
    /// The cells of these experiments; each is asked whether it can run.
    pub fn of(entries: &[Entry], scope: &Scope) -> Self {
        let planned = |entry: &Entry| Planned { entry: *entry, cells: entry.cells(scope) };
        Self { experiments: entries.iter().map(planned).collect() }
    }

    /// The cells of those that can run.
    pub fn cells(&self) -> Vec<(&dyn AnyExperiment, Cell)> {
        let ready = self.experiments.iter().filter_map(|planned| {
            let experiment: &dyn AnyExperiment = planned.entry.experiment;
            planned.cells.as_ref().ok().map(|cells| (experiment, cells))
        });
        ready.flat_map(|(e, cells)| cells.iter().map(move |cell| (e, cell.clone()))).collect()
    }

    /// How often cells are run after others: once, and once more if some follow from those.
    pub fn stages(&self, scope: &Scope) -> usize {
        1 + usize::from(!self.followed(scope).is_empty())
    }

    /// The experiments of which cells are expected that follow from finished ones.
    pub fn followed(&self, scope: &Scope) -> Vec<&'static str> {
        let follow = |planned: &&Planned| {
            let Entry { experiment, fingerprint } = planned.entry;
            let expected = experiment.expected_further_cells(scope, fingerprint);
            expected.is_ok_and(|cells| !cells.is_empty())
        };
        self.experiments.iter().filter(follow).map(Planned::name).collect()
    }

    /// The cells that follow from finished ones, of every experiment whose own have all finished.
    pub fn further(
        &self,
        scope: &Scope,
        cells: &[(&dyn AnyExperiment, Cell)],
        statuses: &[CellStatus],
    ) -> Further<'_> {
        let (mut further, mut refusals) = (Vec::new(), Vec::new());
        for planned in self.experiments.iter().filter(|planned| planned.cells.is_ok()) {
            let own =
                cells.iter().zip(statuses).filter(|((_, c), _)| c.experiment == planned.name());
            let outcomes: Option<Vec<(Value, Value)>> = own
                .map(|((_, cell), status)| match status {
                    CellStatus::Finished { result, .. } => {
                        Some((cell.config.clone(), result.outcome.clone()))
                    }
                    _ => None,
                })
                .collect();
            let Some(outcomes) = outcomes.filter(|own| !own.is_empty()) else { continue };
            let Entry { experiment, fingerprint } = planned.entry;
            match experiment.further_cells(scope, fingerprint, &outcomes) {
                Ok(cells) => further.extend(cells.into_iter().map(|cell| {
                    let experiment: &dyn AnyExperiment = experiment;
                    (experiment, cell)
                })),
                Err(why) => refusals.push((planned.name(), why)),
            }
        }
        Further { cells: further, refusals }
    }

    /// The experiment of this name, if it was asked for.
    pub fn find(&self, name: &str) -> Option<&Planned> {
        self.experiments.iter().find(|planned| planned.name() == name)
    }

    /// Those that can't run, as an error; nothing when all can.
    pub fn refusal(&self) -> Option<ReproError> {
        let refusals: Vec<_> = self
            .experiments
            .iter()
            .filter_map(|planned| Some((planned.name(), planned.cells.as_ref().err()?.clone())))
            .collect();
        let others = self.experiments.len() - refusals.len();
        (!refusals.is_empty()).then_some(ReproError::Refused { refusals, others })
    }

    /// Whether at least one can run.
    pub fn can_run(&self) -> bool {
        self.experiments.iter().any(|planned| planned.cells.is_ok())
    }
}

impl Planned {
    /// The experiment's name.
    pub fn name(&self) -> &'static str {
        self.entry.experiment.about().name
    }
}
