//! The methods that are compared: mirror descent for several p, Adam, and those that keep weights exactly zero.

use std::fmt;

use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use mirrorhead_deep::{Composed, DeepError, FusedAdamConfig, MirrorDescentConfig};
use mirrorhead_mirror::{
    ElasticNetPotential, LpNorm, Memory, MirrorDescent, PowerPotential, StepSize,
};
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
    /// The same with an exponent and a rate of its own for a group of the parameters.
    Grouped {
        /// The group.
        group: Group,
        /// Its exponent.
        p: f64,
        /// Its rate over that of all else.
        rate: f64,
        /// The exponent of all else.
        others: f64,
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

/// Parameters that are trained apart from all else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The matrices of every block's attention: keys, queries, values and output.
    Attention,
    /// What normalizations scale and shift by, and the biases of linear maps.
    NormsAndBiases,
}

/// The share of keys, queries and values that linearized Bregman iterations start with, the largest ones.
const FIRST_SHARE: f64 = 0.1;

impl Method {
    /// The optimizer, before its first step.
    ///
    /// # Errors
    /// An exponent that is not greater than 1, a threshold that is negative or not finite, a rate that is not positive.
    pub fn optimizer(self) -> Result<ModuleOptimizer, DeepError> {
        let adam = || FusedAdamConfig::new().with_epsilon(1e-8).init();
        match self {
            Self::MirrorDescent { p } => MirrorDescentConfig::new(p).init(),
            Self::Grouped { group, p, rate, others } => {
                // The step size multiplies the framework's rate, which all groups share.
                let potential = PowerPotential::new(LpNorm::new(p)?);
                let own = MirrorDescent::new(potential, StepSize::Constant(rate));
                let others = MirrorDescentConfig::new(others).init()?;
                Ok(others.with_group(group.parameters(), Composed::new(own)?, None))
            }
            Self::Adam => adam(),
            Self::LinBreg { threshold } => {
                let maps = Composed::new(lin_breg(threshold)?)?;
                Ok(MirrorDescentConfig::new(2.0).init()?.with_group(attention_maps(), maps, None))
            }
            Self::AdaBreg { threshold } => {
                let moments = Memory::Moments { mean: 0.9, square: 0.999 };
                let maps = Composed::new(lin_breg(threshold)?.with_memory(moments))?;
                Ok(adam()?.with_group(attention_maps(), maps, None))
            }
        }
    }

    /// The share of the initial keys, queries and values that it starts with, if not all: few, since a weight that is zero
    /// stays so until its gradients ask for it.
    pub fn first_share(self) -> Option<f64> {
        match self {
            Self::MirrorDescent { .. } | Self::Grouped { .. } | Self::Adam => None,
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

impl Group {
    /// The parameters, by their paths in the models.
    fn parameters(self) -> ParamGroup {
        let parts = match self {
            Self::Attention => [
                "attention.keys",
                "attention.queries",
                "attention.values",
                "attention.output.weight",
            ]
            .as_slice(),
            Self::NormsAndBiases => &["norm.", ".bias"],
        };
        ParamGroup::from_any_predicates(parts.to_vec())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attention => "attention",
            Self::NormsAndBiases => "norms and biases",
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MirrorDescent { p } => write!(f, "p = {p}"),
            Self::Grouped { group, p, others, .. } => {
                write!(f, "{group} at p = {p}, all else at {others}")
            }
            Self::Adam => f.write_str("Adam"),
            Self::LinBreg { .. } => f.write_str("LinBreg"),
            Self::AdaBreg { threshold } if *threshold > 0.0 => f.write_str("AdaBreg"),
            Self::AdaBreg { .. } => f.write_str("Adam from a tenth"),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::module::{Module, ModuleVisitor, Param};
    use burn::optim::GradientsParams;
    use burn::tensor::{Device, Tensor};
    use mirrorhead_transformers::{ImageBatch, Noise, Trainable, VisionTransformerConfig};

    use super::*;

    /// The entries of every parameter, in the order of the model.
    #[derive(Default)]
    struct Entries(Vec<Vec<f32>>);

    impl ModuleVisitor for Entries {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            self.0.push(parameter.val().into_data().try_into_vec().unwrap());
        }
    }

    /// Every parameter of a vision transformer after a step on the same images.
    fn stepped(mut optimizer: ModuleOptimizer) -> Vec<Vec<f32>> {
        let sizes = VisionTransformerConfig {
            side: 8,
            width: 8,
            n_blocks: 2,
            n_heads: 2,
            hidden: 8,
            dropout: 0.0,
            ..VisionTransformerConfig::paper()
        };
        let model = sizes.init(1, &Device::flex().autodiff()).unwrap();
        let pixels = (0..2 * 3 * 64).map(|k| (k as f32 * 0.7).sin()).collect();
        let batch = ImageBatch { pixels, side: 8, labels: vec![3, 7] };
        let gradients = model.loss(&batch, &mut Noise::Off).total.backward();
        let gradients = GradientsParams::from_grads(gradients, &model);
        let mut entries = Entries::default();
        optimizer.step(0.01, model, gradients).visit(&mut entries);
        entries.0
    }

    #[test]
    fn a_group_has_its_exponent_and_its_rate_and_nothing_else_has() {
        let of = |group: Group, rate: f64| {
            let method = Method::Grouped { group, p: 1.1, rate, others: 2.0 };
            stepped(method.optimizer().unwrap())
        };
        let own_rate = |rate: f64| {
            let potential = PowerPotential::new(LpNorm::new(1.1).unwrap());
            let method = MirrorDescent::new(potential, StepSize::Constant(rate));
            stepped(ModuleOptimizer::from(Composed::new(method).unwrap()))
        };
        let two = stepped(MirrorDescentConfig::new(2.0).init().unwrap());
        let small = stepped(MirrorDescentConfig::new(1.1).init().unwrap());
        assert_eq!(own_rate(1.0), small);
        // Four matrices a block; two norms and three biases a block, a norm and two biases besides.
        for (group, n) in [(Group::Attention, 8), (Group::NormsAndBiases, 18)] {
            let (found, own) = (of(group, 0.5), own_rate(0.5));
            let mut members = 0;
            for ((found, own), two) in found.iter().zip(&own).zip(&two) {
                assert!(own != two && (found == own || found == two), "{group}");
                members += usize::from(found == own);
            }
            assert_eq!(members, n, "{group}");
        }
        let none = Method::Grouped { group: Group::Attention, p: 1.0, rate: 1.0, others: 2.0 };
        assert!(none.optimizer().is_err());
    }
}
