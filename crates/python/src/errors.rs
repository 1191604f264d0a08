//! Which exception an error becomes: misuse is a `ValueError` with the message of the Rust crates.

use mirrorhead::attention::{AttentionError, RiskError};
use mirrorhead::kernels::KernelError;
use mirrorhead::mirror::{InvalidExponent, MirrorError};
use mirrorhead::svm::SvmError;
use mirrorhead::trainer::TrainError;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// What is refused, on its way to Python.
#[derive(Debug)]
pub enum Refused {
    /// Misuse.
    Value(String),
    /// Numbers beyond the range of doubles.
    Overflow(String),
}

impl From<Refused> for PyErr {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Value(message) => PyValueError::new_err(message),
            Refused::Overflow(message) => PyOverflowError::new_err(message),
        }
    }
}

macro_rules! misuse {
    ($($error:ty)*) => {$(
        impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                Self::Value(error.to_string())
            }
        }
    )*};
}

misuse!(KernelError AttentionError RiskError SvmError InvalidExponent);

impl From<MirrorError> for Refused {
    fn from(error: MirrorError) -> Self {
        let message = error.to_string();
        match error {
            MirrorError::Overflow { .. } => Self::Overflow(message),
            _ => Self::Value(message),
        }
    }
}

impl From<TrainError> for Refused {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Mirror(error) => error.into(),
            TrainError::RiskNotFinite { .. } => Self::Overflow(error.to_string()),
            other => Self::Value(other.to_string()),
        }
    }
}
