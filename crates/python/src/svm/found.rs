//! What a solve found, as dictionaries.

use mirrorhead::svm::{
    EqualityMargin, EqualityOutcome, FarkasCertificate, KktResidual, MarginInterval, MaxMargin,
    Outcome, Remainder, StallReason, Stalled, WorkCounters,
};
use pyo3::prelude::*;

use crate::arrays::Array1;
use crate::errors::Refused;

/// A solution, or how far a solve came.
#[derive(Debug, IntoPyObject)]
pub struct Found {
    w: Array1,
    multipliers: Array1,
    /// What rounding takes from the pair, as JSON, where the proof needs it.
    remainder: Option<String>,
    lower: f64,
    upper: f64,
    /// Why nothing was certified; none for a solution.
    stalled: Option<String>,
    stationarity: Option<f64>,
    complementarity: Option<f64>,
    iterations: usize,
    factorizations: usize,
    message: String,
}

/// A proof that nothing satisfies the constraints.
#[derive(Debug, IntoPyObject)]
pub struct Refutation {
    farkas: Array1,
    certificate: String,
    message: String,
}

/// Either.
#[derive(Debug, IntoPyObject)]
pub enum Solved {
    Found(Found),
    NotSeparable(Refutation),
}

impl From<&MaxMargin> for Found {
    fn from(found: &MaxMargin) -> Self {
        let message = found.to_string();
        let pair = (found.w.clone(), found.multipliers.clone());
        let found_pair =
            Self::new(pair, found.interval, None, Some(found.kkt), found.work, message);
        Self { remainder: written(&found.remainder), ..found_pair }
    }
}

impl From<Stalled> for Found {
    fn from(stalled: Stalled) -> Self {
        let (message, reason) = (stalled.to_string(), stalled.reason.to_string());
        let pair = (stalled.w, stalled.multipliers);
        Self::new(pair, stalled.interval, Some(reason), None, stalled.work, message)
    }
}

impl Found {
    /// A margin under equalities; all of it is the remainder, for more than the pair is part of the proof.
    fn under_equalities(found: EqualityMargin, stalled: Option<StallReason>) -> Self {
        let message = match &stalled {
            None => found.to_string(),
            Some(reason) => {
                format!("the margin is only known to lie in {}: {reason}", found.interval)
            }
        };
        let remainder = serde_json::to_string(&found).expect("numbers");
        let reason = stalled.map(|reason| reason.to_string());
        let pair = (found.w, found.multipliers);
        let plain = Self::new(pair, found.interval, reason, None, found.work, message);
        Self { remainder: Some(remainder), ..plain }
    }

    fn new(
        (w, multipliers): (Vec<f64>, Vec<f64>),
        interval: MarginInterval,
        stalled: Option<String>,
        kkt: Option<KktResidual>,
        work: WorkCounters,
        message: String,
    ) -> Self {
        Self {
            w: Array1(w),
            multipliers: Array1(multipliers),
            remainder: None,
            lower: interval.lower,
            upper: interval.upper,
            stalled,
            stationarity: kkt.map(|kkt| kkt.stationarity),
            complementarity: kkt.map(|kkt| kkt.complementarity),
            iterations: work.iterations,
            factorizations: work.factorizations,
            message,
        }
    }
}

/// A remainder as JSON, if there is one.
pub fn written(remainder: &Remainder) -> Option<String> {
    let json = || serde_json::to_string(remainder).expect("numbers");
    (!remainder.is_empty()).then(json)
}

/// A remainder from JSON; an empty one from none.
pub fn read(remainder: Option<String>) -> Result<Remainder, Refused> {
    let Some(json) = remainder else { return Ok(Remainder::default()) };
    serde_json::from_str(&json).map_err(|error| Refused::Value(format!("no remainder: {error}")))
}

/// A proof from JSON.
pub fn certificate<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Refused> {
    serde_json::from_str(json).map_err(|error| Refused::Value(format!("no certificate: {error}")))
}

impl TryFrom<FarkasCertificate> for Refutation {
    type Error = Refused;

    fn try_from(proof: FarkasCertificate) -> Result<Self, Refused> {
        let certificate = serde_json::to_string(&proof);
        Ok(Self {
            certificate: certificate.map_err(|error| Refused::Value(error.to_string()))?,
            message: proof.to_string(),
            farkas: Array1(proof.multipliers),
        })
    }
}

impl Solved {
    /// What was found under equalities, for so many rows.
    pub fn under_equalities(outcome: EqualityOutcome, nrows: usize) -> Result<Self, Refused> {
        Ok(match outcome {
            EqualityOutcome::MaxMargin(found) => Self::Found(Found::under_equalities(found, None)),
            EqualityOutcome::NotSeparable(proof) => Self::NotSeparable(Refutation {
                certificate: serde_json::to_string(&proof)
                    .map_err(|error| Refused::Value(error.to_string()))?,
                message: proof.to_string(),
                farkas: Array1(proof.normalized_multipliers(nrows)),
            }),
            EqualityOutcome::Inconclusive(found, reason) => {
                Self::Found(Found::under_equalities(found, Some(reason)))
            }
            other => return Err(Refused::Value(other.to_string())),
        })
    }
}

impl TryFrom<Outcome> for Solved {
    type Error = Refused;

    fn try_from(outcome: Outcome) -> Result<Self, Refused> {
        Ok(match outcome {
            Outcome::MaxMargin(found) => Self::Found(Found::from(&found)),
            Outcome::NotSeparable(proof) => Self::NotSeparable(proof.try_into()?),
            Outcome::Inconclusive(stalled) => Self::Found(stalled.into()),
        })
    }
}
