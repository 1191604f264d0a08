//! Mirror descent as an optimizer of the framework, with the dual point as its state.

mod dual_state;
mod momentum;
mod piece;
mod refused;
mod signed_powers;
mod slices;
mod step_rule;
mod stride;
mod tensors;

use burn::config::Config;
use burn::optim::{LearningRate, ModuleOptimizer, Optimizer};
use burn::tensor::{DType, Device, Tensor};
use mirrorhead_mirror::LpNorm;

pub use self::dual_state::DualState;
pub use self::momentum::Momentum;
pub use self::refused::RefusedUpdates;
pub use self::step_rule::StepRule;
use crate::DeepError;

/// The settings of [`MirrorDescent`].
#[derive(Config, Debug, PartialEq)]
pub struct MirrorDescentConfig {
    /// The exponent $p > 1$ of the geometry; 2 is gradient descent.
    p: f64,
    /// How long the steps are.
    #[config(default = "StepRule::Unnormalized")]
    step_rule: StepRule,
    /// What the steps remember.
    #[config(default = "Momentum::None")]
    momentum: Momentum,
    /// The decoupled weight decay $\lambda \ge 0$: every step shrinks $w$ by $1 - \eta\lambda$.
    #[config(default = 0.0)]
    weight_decay: f64,
}

impl MirrorDescentConfig {
    /// The optimizer of one group of parameters.
    ///
    /// # Errors
    /// An exponent that is not in $(1, \infty)$, a momentum outside $[0, 1)$, a weight decay that is
    /// negative or not finite.
    pub fn build(&self) -> Result<MirrorDescent, DeepError> {
        self.momentum.validate()?;
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return Err(DeepError::InvalidSetting {
                name: "weight decay",
                value: self.weight_decay,
                expected: "non-negative and finite",
            });
        }
        Ok(MirrorDescent {
            norm: LpNorm::new(self.p)?,
            step_rule: self.step_rule,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            refused: RefusedUpdates::default(),
        })
    }

    /// The optimizer of a whole model.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn init(&self) -> Result<ModuleOptimizer, DeepError> {
        Ok(ModuleOptimizer::from(self.build()?))
    }
}

/// lp mirror descent on one tensor at a time, with the potential
/// $\psi(w) = \tfrac1p\lVert w\rVert_p^p$:
///
/// $$ u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, m, \qquad
///    w = \nabla\psi^*(u) = \operatorname{sign}(u)\,\lvert u\rvert^{1/(p-1)}. $$
#[derive(Debug, Clone)]
pub struct MirrorDescent {
    norm: LpNorm,
    step_rule: StepRule,
    momentum: Momentum,
    weight_decay: f64,
    refused: RefusedUpdates,
}

impl MirrorDescent {
    /// The count of the updates that were refused.
    pub fn refused_updates(&self) -> RefusedUpdates {
        self.refused.clone()
    }

    /// Whether the dual point is another than the weights.
    fn keeps_dual(&self) -> bool {
        self.norm.p() != 2.0
    }

    /// $(1 - \eta\lambda)^{p-1}$, if the weights decay.
    fn dual_decay(&self, rate: f64) -> Option<f64> {
        let decay = || (1.0 - rate * self.weight_decay).max(0.0).powf(self.norm.p() - 1.0);
        (self.weight_decay > 0.0).then(decay)
    }
}

impl Optimizer for MirrorDescent {
    type State<const D: usize> = DualState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<DualState<D>>,
    ) -> (Tensor<D>, Option<DualState<D>>) {
        if weights.shape().num_elements() == 0 {
            return (weights, state);
        }
        let width = tensors::width(weights.dtype());
        let state = DualState::of(state, &weights).map(|tensor| tensor.cast(width));
        let gradient = gradient.cast(width);
        let in_memory = weights.device() == Device::flex() && weights.dtype() == DType::F32;
        let step = if in_memory { slices::step } else { tensors::step };
        let (weights, state) = step(self, rate, weights, gradient, state);
        (weights, Some(state))
    }

    fn to_device<const D: usize>(state: DualState<D>, device: &Device) -> DualState<D> {
        state.map(|tensor| tensor.to_device(device))
    }
}
