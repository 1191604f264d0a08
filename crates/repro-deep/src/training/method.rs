//! The methods that are compared: mirror descent for several p, Adam, and those that keep weights exactly zero.

use std::fmt;

use burn::module::ParamGroup;
use burn::optim::{AdamConfig, ModuleOptimizer};
use mirrorhead_deep::{Composed, DeepError, MirrorDescentConfig};
use mirrorhead_mirror::{ElasticNetPotential, Memory, MirrorDescent, StepSize};
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
    /// Linearized Bregman iterations (Bungert, Roith, Tenbrinck, Burger, arXiv:2105.04319) on keys, queries and values,
    /// gradient descent on everything else.
    LinBreg {
        /// The elastic net's.
        threshold: f64,
    },
    /// The same with Adam's moments, and Adam on everything else; without a threshold, Adam from the same start.
    AdaBreg {
        /// The elastic net's.
        threshold: f64,
    },
}

/// The share of keys, queries and values that linearized Bregman iterations start with, the largest ones.
const FIRST_SHARE: f64 = 0.1;

impl Method {
    /// The optimizer, before its first step.
    ///
    /// # Errors
    /// An exponent that is not greater than 1, or a threshold that is negative or not finite.
    pub fn optimizer(self) -> Result<ModuleOptimizer, DeepError> {
        let adam = || AdamConfig::new().with_epsilon(1e-8);
        match self {
            Self::MirrorDescent { p } => MirrorDescentConfig::new(p).init(),
            Self::Adam => Ok(adam().init()),
            Self::LinBreg { threshold } => {
                let maps = Composed::new(lin_breg(threshold)?)?;
                Ok(MirrorDescentConfig::new(2.0).init()?.with_group(attention_maps(), maps, None))
            }
            Self::AdaBreg { threshold } => {
                let moments = Memory::Moments { mean: 0.9, square: 0.999 };
                let maps = Composed::new(lin_breg(threshold)?.with_memory(moments))?;
                Ok(adam().init().with_group(attention_maps(), maps, None))
            }
        }
    }

    /// The share of the initial keys, queries and values that it starts with, if not all: few, since a weight that is zero
    /// stays so until its gradients ask for it.
    pub fn first_share(self) -> Option<f64> {
        match self {
            Self::MirrorDescent { .. } | Self::Adam => None,
            Self::LinBreg { .. } | Self::AdaBreg { .. } => Some(FIRST_SHARE),
        }
    }
}

/// Mirror descent with the elastic net; the rate is the framework's.
fn lin_breg(threshold: f64) -> Result<MirrorDescent<ElasticNetPotential>, DeepError> {
    Ok(MirrorDescent::new(ElasticNetPotential::new(threshold)?, StepSize::Constant(1.0)))
}

/// Keys, queries and values of every block.
fn attention_maps() -> ParamGroup {
    let maps = ["keys", "queries", "values"].map(|map| format!("attention.{map}"));
    ParamGroup::from_any_predicates(maps.into())
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MirrorDescent { p } => write!(f, "p = {p}"),
            Self::Adam => f.write_str("Adam"),
            Self::LinBreg { .. } => f.write_str("LinBreg"),
            Self::AdaBreg { threshold } if *threshold > 0.0 => f.write_str("AdaBreg"),
            Self::AdaBreg { .. } => f.write_str("Adam from a tenth"),
        }
    }
}
