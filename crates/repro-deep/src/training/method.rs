//! The methods that are compared: mirror descent for several p, and Adam.

use std::fmt;

use burn::optim::{AdamConfig, ModuleOptimizer};
use mirrorhead_deep::{DeepError, MirrorDescentConfig};
use serde::{Deserialize, Serialize};

/// An optimizer of every parameter of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Unnormalized mirror descent with the potential `$\tfrac1p\lVert\cdot\rVert_p^p$`, as in the paper.
    MirrorDescent {
        /// The exponent.
        p: f64,
    },
    /// Adam with PyTorch's settings: `$\beta = (0.9, 0.999)$`, `$\epsilon = 10^{-8}$`.
    Adam,
}

impl Method {
    /// The optimizer, before its first step.
    ///
    /// # Errors
    /// An exponent that is not greater than 1.
    pub fn optimizer(self) -> Result<ModuleOptimizer, DeepError> {
        match self {
            Self::MirrorDescent { p } => MirrorDescentConfig::new(p).init(),
            Self::Adam => Ok(AdamConfig::new().with_epsilon(1e-8).init()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MirrorDescent { p } => write!(f, "p = {p}"),
            Self::Adam => f.write_str("Adam"),
        }
    }
}
