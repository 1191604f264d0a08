//! Mirror descent as an optimizer of the framework, with the dual point as its state.

mod chunk;
mod dual_state;
mod dual_step;
mod momentum;
mod refused;
mod signed_powers;
mod slices;
mod step_rule;
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

/// The settings of [`MirrorDescent`]: the exponent, and what can be added with `with_step_rule`,
/// `with_momentum` and `with_weight_decay`. Saves and loads as the framework's other settings do.
///
/// ```
/// use mirrorhead_deep::{MirrorDescentConfig, Momentum};
/// let config = MirrorDescentConfig::new(1.1).with_momentum(Momentum::HeavyBall(0.9));
/// let optimizer = config.init()?; // takes the place of SgdConfig::new().init()
/// assert!(optimizer.to_record().is_empty());
/// assert!(MirrorDescentConfig::new(1.0).init().is_err()); // no mirror map
/// # Ok::<(), mirrorhead_deep::DeepError>(())
/// ```
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
    /// The decoupled weight decay $\lambda \ge 0$: every step at rate $\eta$ first shrinks the
    /// weights by $1 - \eta\lambda$, or to zero where $\eta\lambda > 1$. In the dual space this is
    /// $u \leftarrow (1 - \eta\lambda)^{p-1} u$; for small rates it is mirror descent on the loss plus
    /// $\lambda\,\tfrac{p-1}{p}\lVert w\rVert_p^p$.
    #[config(default = 0.0)]
    weight_decay: f64,
}

impl MirrorDescentConfig {
    /// The method, for [`ModuleOptimizer::from`] or, for a group of parameters with an exponent of
    /// its own, [`ModuleOptimizer::with_group`].
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

/// lp mirror descent, an [`Optimizer`] of the framework: on each tensor, with the potential
/// $\psi(w) = \tfrac1p\lVert w\rVert_p^p$ and the rate $\eta$ of the step,
///
/// $$ u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, s, \qquad
///    w = \nabla\psi^*(u) = \operatorname{sign}(u)\,\lvert u\rvert^{1/(p-1)}, $$
///
/// where $s$ is what [`Momentum`] makes of the direction that the [`StepRule`] makes of the gradient,
/// and $\lambda$ the weight decay. With the gradient itself and without decay this is lp-AttGD
/// (Julistiono, Ataee Tarzanagh, Azizan 2024, eq. 6), as their real-data experiments run it on every
/// parameter; at $p = 2$ it is gradient descent, to the last bit that of the framework's `Sgd`.
///
/// - The state is the dual point $u$. At $p = 1.1$ a weight is $u^{10}$, so that weights underflow whose
///   dual points are of ordinary size; a method that stores the weights alone could not move a
///   weight that is zero.
/// - **Weights that somebody else sets** between two steps (loaded, clipped, initialised again) count:
///   a step starts from $\nabla\psi(w)$ in every entry whose weight isn't the one that its dual point
///   stands for, to rounding. Momentum stays.
/// - **Updates that are not finite** (of a gradient or rate that is not, or beyond the range of the
///   weights' numbers) are refused: weights and state of that tensor stay as they were, and
///   [`refused_updates`](Self::refused_updates) counts them.
/// - A weight whose dual point doesn't move doesn't change by a bit, at any $p$.
/// - Rates, schedules, groups of parameters, gradient clipping and records are the framework's, see
///   [`ModuleOptimizer`].
///
/// In the processor's memory a step walks the tensors twice, in place; on other devices, and for
/// weights of 16 or 64 bits, it is made of tensor operations that don't wait for the device.
///
/// ```
/// use burn::optim::Optimizer;
/// use burn::tensor::{Device, Tensor};
/// use mirrorhead_deep::MirrorDescentConfig;
/// let method = MirrorDescentConfig::new(3.0).build()?;
/// let weights = Tensor::<1>::from_floats([2.0, 0.0], &Device::flex());
/// let gradient = Tensor::<1>::from_floats([3.0, -4.0], &Device::flex());
/// let (weights, state) = method.step(1.0, weights, gradient, None);
/// assert_eq!(weights.into_data().try_to_vec::<f32>()?, [1.0, 2.0]); // u: (4, 0) -> (1, 4); w = sqrt(u)
/// assert!(state.is_some_and(|state| state.dual.is_some()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MirrorDescent {
    norm: LpNorm,
    step_rule: StepRule,
    momentum: Momentum,
    weight_decay: f64,
    refused: RefusedUpdates,
}

impl MirrorDescent {
    /// The count of the updates that were refused: a handle to keep while the method is inside of a
    /// [`ModuleOptimizer`].
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
