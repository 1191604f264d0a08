//! Mirror descent as an optimizer of the framework: the immutable method.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mirrorhead_mirror::{MirrorDescent as CoreMethod, TensorMethod};

use super::dual_state::DualState;
use super::refused::RefusedUpdates;
use super::step;
use super::step_rule::StepRule;

/// ℓp mirror descent, an [`Optimizer`](burn::optim::Optimizer) of the framework: on each tensor, with the potential
/// `$\psi(w) = \tfrac1p\lVert w\rVert_p^p$` and the rate `$\eta$` of the step,
///
/// `$$ u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, s, \qquad
///    w = \nabla\psi^*(u) = \operatorname{sign}(u)\,\lvert u\rvert^{1/(p-1)}, $$`
///
/// where `$s$` is what [`Momentum`](crate::Momentum) makes of the direction that the [`StepRule`] makes of the gradient,
/// and `$\lambda$` the weight decay. With the gradient itself and without decay this is ℓp-AttGD
/// (Julistiono, Ataee Tarzanagh, Azizan 2024, eq. 6), as their real-data experiments run it on every
/// parameter; at `$p = 2$` it is gradient descent, to the last bit that of the framework's `Sgd`.
///
/// - The state is the dual point `$u$`. At `$p = 1.1$` a weight is `$u^{10}$`, so that weights underflow whose
///   dual points are of ordinary size; a method that stores the weights alone could not move a
///   weight that is zero.
/// - **Weights that somebody else sets** between two steps (loaded, clipped, initialised again) count:
///   a step starts from `$\nabla\psi(w)$` in every entry whose weight isn't the one that its dual point
///   stands for, to rounding. Momentum stays.
/// - **Updates that are not finite** (of a gradient or rate that is not, or beyond the range of the
///   weights' numbers) are refused: weights and state of that tensor stay as they were, and
///   [`refused_updates`](Self::refused_updates) counts them.
/// - A weight whose dual point doesn't move doesn't change by a bit, at any `$p$`.
/// - Rates, schedules, groups of parameters, gradient clipping and records are the framework's, see
///   [`ModuleOptimizer`](burn::optim::ModuleOptimizer).
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
    pub(super) method: CoreMethod,
    pub(super) step_rule: StepRule,
    pub(super) weight_decay: f64,
    pub(super) refused: RefusedUpdates,
}

impl MirrorDescent {
    /// The count of the updates that were refused: a handle to keep while the method is inside of a
    /// [`ModuleOptimizer`](burn::optim::ModuleOptimizer).
    pub fn refused_updates(&self) -> RefusedUpdates {
        self.refused.clone()
    }

    /// The method of the core that this is on a tensor.
    pub(super) fn on_tensor(&self) -> TensorMethod<'_> {
        let method = self.method.on_tensor(0, 1).expect("checked when it was built");
        let method = match self.step_rule {
            StepRule::Unnormalized => method,
            StepRule::DualNormalized => method.normalizing_gradients(),
        };
        method.with_weight_decay(self.weight_decay).expect("checked when it was built")
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
        step::step(&self.on_tensor(), &self.refused, rate, weights, &gradient, state)
    }

    fn to_device<const D: usize>(state: DualState<D>, device: &Device) -> DualState<D> {
        state.map(|tensor| tensor.to_device(device))
    }
}
