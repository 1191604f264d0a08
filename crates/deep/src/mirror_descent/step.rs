//! A step, in the processor's memory or on a device.

use burn::tensor::Tensor;
use mirrorhead_mirror::TensorMethod;

use super::dual_state::DualState;
use super::refused::RefusedUpdates;
use super::{slices, tensors};
use crate::memory::in_memory;
use crate::width::width;

/// The step of a method on a tensor.
pub(super) fn step<const D: usize>(
    method: &TensorMethod<'_>,
    refused: &RefusedUpdates,
    rate: f64,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: Option<DualState<D>>,
) -> (Tensor<D>, Option<DualState<D>>) {
    if weights.shape().num_elements() == 0 {
        return (weights, state);
    }
    let width = width(weights.dtype());
    let state = DualState::of(state, &weights).map(|tensor| tensor.cast(width));
    let gradient = gradient.cast(width);
    let step = if in_memory(&weights) { slices::step } else { tensors::step };
    let (weights, state) = step(method, refused, rate, weights, gradient, state);
    (weights, Some(state))
}
