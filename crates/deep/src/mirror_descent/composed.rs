//! Every method of the core as an optimizer of the framework.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mirrorhead_mirror::{Direction, Method, Space};

use super::dual_state::DualState;
use super::refused::RefusedUpdates;
use super::step;
use crate::DeepError;

/// Any [`Method`] of `mirrorhead-mirror` (a direction, a memory, a step rule and a space) as an
/// [`Optimizer`](burn::optim::Optimizer) of the framework, on each tensor by itself. The framework's rate multiplies the
/// method's step size, so give that as one where the rate is to be all.
///
/// Gradients, signs, ℓp directions, powers and soft thresholds run where the tensors are. What only the core knows (spectral
/// directions, Schatten and entropic potentials, norms and potentials of your own) runs in double precision in the
/// processor's memory: on another device, each step waits for it. Matrices are the first dimension by all others.
///
/// What [`MirrorDescent`](crate::MirrorDescent) says of weights that somebody else sets, and of updates that are not finite,
/// holds here.
///
/// ```
/// use burn::optim::Optimizer;
/// use burn::tensor::{Device, Tensor};
/// use mirrorhead_deep::Composed;
/// use mirrorhead_mirror::{Memory, Method, Primal, SpectralNorm, Steepest, StepSize};
/// // Muon, with exact factors.
/// let muon = Method::compose(Steepest(SpectralNorm), StepSize::DualNormalized(1.0), Primal)
///     .with_memory(Memory::Nesterov(0.95));
/// let muon = Composed::new(muon)?;
/// let (weights, gradient) = ([[0.0, 0.0], [0.0, 0.0]], [[0.0, -7.0], [1e-3, 0.0]]);
/// let tensor = |numbers| Tensor::<2>::from_floats(numbers, &Device::flex());
/// let (weights, _) = muon.step(0.5, tensor(weights), tensor(gradient), None);
/// assert_eq!(weights.into_data().try_to_vec::<f32>()?, [0.0, 0.5, -0.5, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Composed<A, S> {
    method: Method<A, S>,
    centre: Centre,
    refused: RefusedUpdates,
}

/// Where the potential has its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Centre {
    Zero,
    Start,
}

impl<A: Direction, S: Space> Composed<A, S> {
    /// The method.
    ///
    /// # Errors
    /// Settings out of range; step rules that need all tensors or the risk; potentials of a list of tensors.
    pub fn new(method: Method<A, S>) -> Result<Self, DeepError> {
        method.on_tensor(0, 1)?;
        Ok(Self { method, centre: Centre::Zero, refused: RefusedUpdates::default() })
    }

    /// The same, with the potential of every tensor centred at its weights before the first step: fine-tuning that changes
    /// them by as little as possible, measured by the potential. The state keeps them.
    #[must_use]
    pub fn around_start(self) -> Self {
        Self { centre: Centre::Start, ..self }
    }

    /// The count of the updates that were refused: a handle to keep while the method is inside of a
    /// [`ModuleOptimizer`](burn::optim::ModuleOptimizer).
    pub fn refused_updates(&self) -> RefusedUpdates {
        self.refused.clone()
    }
}

impl<A, S> Optimizer for Composed<A, S>
where
    A: Direction + Clone + Send + 'static,
    S: Space + Clone + Send + 'static,
{
    type State<const D: usize> = DualState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<DualState<D>>,
    ) -> (Tensor<D>, Option<DualState<D>>) {
        let method = self.method.on_tensor(0, 1).expect("checked when it was made");
        let state = match (state, self.centre) {
            (None, Centre::Start) => {
                let centre = Some(weights.clone());
                Some(DualState { centre, ..DualState::default() })
            }
            (state, _) => state,
        };
        step::step(&method, &self.refused, rate, weights, &gradient, state)
    }

    fn to_device<const D: usize>(state: DualState<D>, device: &Device) -> DualState<D> {
        state.map(|tensor| tensor.to_device(device))
    }
}
