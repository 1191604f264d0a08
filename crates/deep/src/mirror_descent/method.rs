//! Mirror descent as an optimizer of the framework: the immutable method.

use mirrorhead_kernels::elementary;
use mirrorhead_mirror::LpNorm;

use super::momentum::Momentum;
use super::refused::RefusedUpdates;
use super::step_rule::StepRule;

/// lp mirror descent, an [`Optimizer`](burn::optim::Optimizer) of the framework: on each tensor, with the potential
/// `$\psi(w) = \tfrac1p\lVert w\rVert_p^p$` and the rate `$\eta$` of the step,
///
/// `$$ u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, s, \qquad
///    w = \nabla\psi^*(u) = \operatorname{sign}(u)\,\lvert u\rvert^{1/(p-1)}, $$`
///
/// where `$s$` is what [`Momentum`] makes of the direction that the [`StepRule`] makes of the gradient,
/// and `$\lambda$` the weight decay. With the gradient itself and without decay this is lp-AttGD
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
    pub(super) norm: LpNorm,
    pub(super) step_rule: StepRule,
    pub(super) momentum: Momentum,
    pub(super) weight_decay: f64,
    pub(super) refused: RefusedUpdates,
}

impl MirrorDescent {
    /// The count of the updates that were refused: a handle to keep while the method is inside of a
    /// [`ModuleOptimizer`](burn::optim::ModuleOptimizer).
    pub fn refused_updates(&self) -> RefusedUpdates {
        self.refused.clone()
    }

    /// Whether the dual point is another than the weights.
    pub(super) fn keeps_dual(&self) -> bool {
        self.norm.p() != 2.0
    }

    /// `$(1 - \eta\lambda)^{p-1}$`, if the weights decay.
    pub(super) fn dual_decay(&self, rate: f64) -> Option<f64> {
        let decay =
            || elementary::powf((1.0 - rate * self.weight_decay).max(0.0), self.norm.p() - 1.0);
        (self.weight_decay > 0.0).then(decay)
    }
}
