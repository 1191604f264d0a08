//! What Python's keyword arguments become.

use std::time::Duration;

use mirrorhead::attention::Loss;
use mirrorhead::mirror::{LpNorm, Memory, MirrorDescent, PowerPotential, StepSize};
use mirrorhead::svm::{Progress, SvmSettings, WatchedSettings};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::Refused;
use crate::worker::{Control, Report};

/// Accuracy and limits of a solve, a dictionary in Python.
#[derive(Debug, Clone, Copy, FromPyObject)]
#[pyo3(from_item_all)]
pub struct SolverOptions {
    relative_gap: f64,
    max_iterations: usize,
    max_factor_rows: usize,
    time_limit: Option<f64>,
}

impl SolverOptions {
    /// The settings, and what lets them be interrupted and followed, handed to `with`.
    pub fn settled<T>(
        &self,
        control: &Control,
        with: impl FnOnce(&WatchedSettings<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let interrupt = || control.is_stopped();
        let tell = |at: Progress| {
            control.tell(Report {
                iteration: at.iteration as u64,
                first: at.lower,
                second: at.upper,
            });
        };
        let mut settings = SvmSettings::default()
            .with_relative_gap(self.relative_gap)
            .with_max_iterations(self.max_iterations)
            .with_max_factor_rows(self.max_factor_rows);
        if let Some(seconds) = self.time_limit {
            let limit = Duration::try_from_secs_f64(seconds)
                .map_err(|error| Refused::Value(format!("time_limit = {seconds}: {error}")))?;
            settings = settings.with_time_limit(limit);
        }
        with(&settings.with_interrupt(&interrupt).with_progress(&tell))
    }
}

/// A method of mirror descent, a dictionary in Python.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub struct MethodOptions {
    p: f64,
    lr: f64,
    step: String,
    reach: Option<f64>,
    momentum: f64,
    nesterov: bool,
}

impl MethodOptions {
    /// The norm of the geometry.
    pub fn norm(&self) -> Result<LpNorm, Refused> {
        Ok(LpNorm::new(self.p)?)
    }

    /// The method itself.
    pub fn method(&self) -> Result<MirrorDescent, Refused> {
        let step = match (self.step.as_str(), self.reach) {
            ("constant", None) => StepSize::Constant(self.lr),
            ("normalized", None) => StepSize::DualNormalized(self.lr),
            ("normalized", Some(reach)) => {
                StepSize::DualNormalizedWithin { length: self.lr, reach }
            }
            ("globally_normalized", None) => StepSize::GloballyNormalized(self.lr),
            (other, _) => return Err(Refused::Value(format!("no step rule is called {other:?}"))),
        };
        let memory = match (self.momentum, self.nesterov) {
            (0.0, _) => Memory::None,
            (beta, false) => Memory::HeavyBall(beta),
            (beta, true) => Memory::Nesterov(beta),
        };
        Ok(MirrorDescent::new(PowerPotential::new(self.norm()?), step).with_memory(memory))
    }
}

/// The loss of this name.
pub fn loss(name: &str) -> PyResult<Loss> {
    match name {
        "logistic" => Ok(Loss::Logistic),
        "exponential" => Ok(Loss::Exponential),
        "correlation" => Ok(Loss::Correlation),
        other => Err(PyValueError::new_err(format!(
            "no loss is called {other:?}: there are logistic, exponential and correlation"
        ))),
    }
}
