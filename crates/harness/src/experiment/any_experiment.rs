//! Experiments with their types erased: configurations and outcomes are JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cell::Cell;
use super::cell_context::CellContext;
use super::cell_error::CellError;
use super::claim::Claim;
use super::duties::{About, Experiment, Summary};
use super::scope::Scope;

/// What errors call a configuration.
const CONFIGURATION: &str = "the configuration";
/// What errors call an outcome.
const OUTCOME: &str = "the outcome";

/// An [`Experiment`] with its types erased; implemented for every experiment.
pub trait AnyExperiment: Sync {
    /// See [`Experiment::about`].
    fn about(&self) -> About;
    /// See [`Experiment::claims`].
    fn claims(&self) -> Vec<Claim>;
    /// See [`Experiment::store_name`].
    fn store_name(&self) -> &'static str;
    /// See [`Experiment::cells`]; the fingerprint is that of the code.
    ///
    /// # Errors
    /// See [`Experiment::check`]; a configuration that doesn't survive being written.
    fn cells(&self, scope: &Scope, fingerprint: &'static str) -> Result<Vec<Cell>, CellError>;
    /// See [`Experiment::further_cells`]; takes pairs of configuration and outcome.
    ///
    /// # Errors
    /// A configuration or an outcome of another shape than the experiment's, or a configuration that
    /// doesn't survive being written.
    fn further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
        finished: &[(Value, Value)],
    ) -> Result<Vec<Cell>, CellError>;
    /// See [`Experiment::expected_further_cells`].
    ///
    /// # Errors
    /// A configuration that doesn't survive being written.
    fn expected_further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
    ) -> Result<Vec<Cell>, CellError>;
    /// See [`Experiment::run_cell`].
    ///
    /// # Errors
    /// The cell's own, or a configuration or an outcome that doesn't survive being written.
    fn run_cell(&self, config: &Value, context: &dyn CellContext) -> Result<Value, CellError>;
    /// See [`Experiment::summarise`]; takes pairs of configuration and outcome.
    ///
    /// # Errors
    /// A configuration or an outcome of another shape than the experiment's.
    fn summarise(&self, cells: &[(Value, Value)]) -> Result<Summary, CellError>;
}

impl<E: Experiment> AnyExperiment for E {
    fn about(&self) -> About {
        Experiment::about(self)
    }

    fn claims(&self) -> Vec<Claim> {
        Experiment::claims(self)
    }

    fn store_name(&self) -> &'static str {
        Experiment::store_name(self)
    }

    fn cells(&self, scope: &Scope, fingerprint: &'static str) -> Result<Vec<Cell>, CellError> {
        self.check(scope)?;
        erased(self, Experiment::cells(self, scope), fingerprint)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
        finished: &[(Value, Value)],
    ) -> Result<Vec<Cell>, CellError> {
        let further = Experiment::further_cells(self, scope, &decoded::<E>(finished)?);
        erased(self, further, fingerprint)
    }

    fn expected_further_cells(
        &self,
        scope: &Scope,
        fingerprint: &'static str,
    ) -> Result<Vec<Cell>, CellError> {
        erased(self, Experiment::expected_further_cells(self, scope), fingerprint)
    }

    fn run_cell(&self, config: &Value, context: &dyn CellContext) -> Result<Value, CellError> {
        let config: E::Config = decode(CONFIGURATION, config)?;
        encode(OUTCOME, &Experiment::run_cell(self, &config, context)?)
    }

    fn summarise(&self, cells: &[(Value, Value)]) -> Result<Summary, CellError> {
        Ok(Experiment::summarise(self, &decoded::<E>(cells)?))
    }
}

/// Cells with their types erased.
fn erased<E: Experiment>(
    experiment: &E,
    configs: Vec<E::Config>,
    fingerprint: &'static str,
) -> Result<Vec<Cell>, CellError> {
    let cell = |config: E::Config| {
        Ok(Cell {
            experiment: experiment.about().name,
            store_name: experiment.store_name(),
            label: experiment.label(&config),
            config: encode(CONFIGURATION, &config)?,
            cost_seconds: experiment.cost_seconds(&config),
            fingerprint,
        })
    };
    configs.into_iter().map(cell).collect()
}

/// A finished cell of an experiment: its configuration and its outcome.
type Decoded<E> = (<E as Experiment>::Config, <E as Experiment>::Outcome);

/// Finished cells with their types.
fn decoded<E: Experiment>(cells: &[(Value, Value)]) -> Result<Vec<Decoded<E>>, CellError> {
    let pair = |(config, outcome): &(Value, Value)| {
        Ok((decode(CONFIGURATION, config)?, decode(OUTCOME, outcome)?))
    };
    cells.iter().map(pair).collect()
}

/// A value as JSON. What can't be read back (a NaN, say) must be an error now, not when a run is resumed.
fn encode<T: Serialize + DeserializeOwned>(what: &str, value: &T) -> Result<Value, CellError> {
    let json = serde_json::to_value(value)
        .map_err(|error| CellError::new(format!("{what} can't be written as JSON: {error}")))?;
    decode::<T>(what, &json)?;
    Ok(json)
}

/// A value read back from JSON.
fn decode<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, CellError> {
    T::deserialize(value).map_err(|e| CellError::new(format!("{what} can't be read back: {e}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cells::RunningCell;
    use crate::experiment::Profile;

    /// Cells whose configuration JSON has no way to write, or whose outcome is no number.
    struct Unwritable;

    impl Experiment for Unwritable {
        type Config = BTreeMap<(u64, u64), u64>;
        type Outcome = f64;

        fn about(&self) -> About {
            About { name: "unwritable", group: "toys", title: "", setting: "", expectation: "" }
        }

        fn claims(&self) -> Vec<Claim> {
            Vec::new()
        }

        fn cells(&self, _: &Scope) -> Vec<Self::Config> {
            vec![BTreeMap::from([((1, 2), 3)])]
        }

        fn expected_further_cells(&self, scope: &Scope) -> Vec<Self::Config> {
            Experiment::cells(self, scope)
        }

        fn label(&self, _: &Self::Config) -> String {
            "the only one".into()
        }

        fn cost_seconds(&self, _: &Self::Config) -> f64 {
            1.0
        }

        fn run_cell(&self, _: &Self::Config, _: &dyn CellContext) -> Result<f64, CellError> {
            Ok(f64::NAN)
        }

        fn summarise(&self, _: &[(Self::Config, f64)]) -> Summary {
            Summary::default()
        }
    }

    #[test]
    fn what_json_cannot_hold_is_an_error_and_no_null() {
        let (experiment, scope): (&dyn AnyExperiment, _) =
            (&Unwritable, Scope::new(Profile::Quick));
        let context = RunningCell::outside_a_run(&scope, "unused");
        for (error, what) in [
            (experiment.cells(&scope, "code").unwrap_err(), "the configuration"),
            (experiment.expected_further_cells(&scope, "code").unwrap_err(), "the configuration"),
            (experiment.run_cell(&serde_json::json!({}), &context).unwrap_err(), "the outcome"),
        ] {
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
