//! Adam as an optimizer of the framework: the immutable method.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use super::coefficients::Coefficients;
use super::moments::AdamMoments;
use super::weight_decay::WeightDecay;
use super::{slices, tensors};
use crate::memory::in_memory;
use crate::width::width;

/// Adam (Kingma & Ba 2015), an [`Optimizer`](burn::optim::Optimizer) of the framework: on each tensor, entry by entry, step
/// number `$k$` at rate `$\eta$` is
///
/// `$$ m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2, \quad
///    w \leftarrow w - \eta\, \frac{m/(1-\beta_1^k)}{\sqrt{v/(1-\beta_2^k)} + \epsilon}, $$`
///
/// with what [`WeightDecay`](crate::WeightDecay) adds to it. That is the framework's own `Adam` (or `AdamW`), which it
/// differs from by roundings: the framework has `$\beta$` and `$1-\beta^k$` in single precision, so that steps differ by up to
/// some `$10^{-5}$` of their length.
///
/// - In the processor's memory a step walks weights, gradient and moments once, in place where nothing else holds them,
///   on all threads, with the same bits on any number of them. The framework's walks them some ten times. On other
///   devices, and for weights of 16 or 64 bits, it is made of tensor operations.
/// - Moments of weights of 16 bits have 32.
/// - Records are those of the framework's `Adam`, in both directions: a run goes on under the other.
/// - A gradient that isn't finite leaves weights and moments that aren't, as in the framework's `Adam`.
/// - Rates, schedules, groups of parameters, gradient clipping and records are the framework's, see
///   [`ModuleOptimizer`](burn::optim::ModuleOptimizer). There is no AMSGrad.
///
/// ```
/// use burn::optim::Optimizer;
/// use burn::tensor::{Device, Tensor};
/// use mirrorhead_deep::FusedAdamConfig;
/// let method = FusedAdamConfig::new().with_epsilon(1e-8).build()?;
/// let tensor = |numbers| Tensor::<1>::from_floats(numbers, &Device::flex());
/// let (weights, state) = method.step(0.5, tensor([2.0, 1.0]), tensor([3.0, -4e4]), None);
/// let weights = weights.into_data().try_to_vec::<f32>()?;
/// assert!((weights[0] - 1.5).abs() < 1e-6 && (weights[1] - 1.5).abs() < 1e-6); // the first step has the length of the rate
/// assert_eq!(state.map(|state| state.steps), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FusedAdam {
    pub(super) beta_1: f64,
    pub(super) beta_2: f64,
    pub(super) epsilon: f64,
    pub(super) weight_decay: WeightDecay,
}

impl FusedAdam {
    /// What step number `k`, from one, is made with.
    fn coefficients(&self, k: u64, rate: LearningRate) -> Coefficients<f64> {
        let k = i32::try_from(k).unwrap_or(i32::MAX);
        Coefficients {
            mean: [self.beta_1, 1.0 - self.beta_1],
            square: [self.beta_2, 1.0 - self.beta_2],
            step: rate / (1.0 - self.beta_1.powi(k)),
            root: (1.0 - self.beta_2.powi(k)).sqrt().recip(),
            epsilon: self.epsilon,
            penalty: self.weight_decay.penalty(),
            factor: self.weight_decay.factor(rate),
        }
    }
}

impl Optimizer for FusedAdam {
    type State<const D: usize> = AdamMoments<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamMoments<D>>,
    ) -> (Tensor<D>, Option<AdamMoments<D>>) {
        if weights.shape().num_elements() == 0 {
            return (weights, state);
        }
        let width = width(weights.dtype());
        let mut moments = AdamMoments::of(state, &weights, width);
        moments.steps += 1;
        let coefficients = self.coefficients(moments.steps, rate);
        let step = if in_memory(&weights) { slices::step } else { tensors::step };
        let (weights, moments) = step(&coefficients, weights, gradient.cast(width), moments);
        (weights, Some(moments))
    }

    fn to_device<const D: usize>(state: AdamMoments<D>, device: &Device) -> AdamMoments<D> {
        state.map(|tensor| tensor.to_device(device))
    }
}
