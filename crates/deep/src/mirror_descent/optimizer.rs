//! The step of mirror descent, in the processor's memory or on a device.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{DType, Device, Tensor};

use super::dual_state::DualState;
use super::method::MirrorDescent;
use super::{slices, tensors};

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
