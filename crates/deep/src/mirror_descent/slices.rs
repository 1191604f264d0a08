//! A step on numbers in the processor's memory, in place.

use burn::tensor::{Tensor, TensorData};
use mirrorhead_mirror::{Outcome, Shape, SliceTensor, Slices, TensorMethod};

use super::tensor_backend::size;
use super::{DualState, RefusedUpdates};
use crate::memory::{numbers, numbers_mut};

/// The step of a method for tensors of 32-bit numbers in the processor's memory. Tensor operations would each walk that
/// memory; [`SliceTensor::step`] walks it twice.
pub(super) fn step<const D: usize>(
    method: &TensorMethod<'_>,
    refused: &RefusedUpdates,
    rate: f64,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: DualState<D>,
) -> (Tensor<D>, DualState<D>) {
    let (device, keeps) = (weights.device(), method.keeps());
    let (nrows, ncols) = size(&weights);
    let shape = Shape::rows(nrows, ncols);
    let (mut weights, gradient) = (weights.into_data(), gradient.into_data());
    let centre = state.centre.map(Tensor::into_data);
    let kept = |kept: bool, tensor: Option<Tensor<D>>, new: &dyn Fn() -> TensorData| {
        kept.then(|| tensor.map_or_else(new, Tensor::into_data))
    };
    let zeros = || TensorData::zeros::<f32, _>(weights.shape().clone());
    let mirrored = || {
        let (mut spare, mut point) = (zeros(), zeros());
        let (on, w) = (&mut Slices::new(shape), numbers(&weights));
        let centre = centre.as_ref().map(numbers);
        method.mirror(on, w, centre, numbers_mut(&mut spare), numbers_mut(&mut point));
        point
    };
    let mut point = kept(keeps.point, state.dual, &mirrored);
    let mut sum = kept(keeps.sum, state.momentum, &zeros);
    let mut root = kept(keeps.root, state.root, &zeros);
    let mut average = kept(keeps.average, state.average, &|| weights.clone());
    let mut tensor = SliceTensor {
        weights: numbers_mut(&mut weights),
        point: point.as_mut().map(numbers_mut),
        sum: sum.as_mut().map(numbers_mut),
        root: root.as_mut().map(numbers_mut),
        average: average.as_mut().map(numbers_mut),
        centre: centre.as_ref().map(numbers),
        gradient: numbers(&gradient),
    };
    let outcome = tensor.step(method, shape, state.steps, rate);
    if outcome == Outcome::Refused {
        refused.add_one();
    }
    let steps = state.steps + u64::from(outcome == Outcome::Taken);
    let tensor = |data| Tensor::from_data(data, &device);
    let state = DualState {
        dual: point.map(tensor),
        momentum: sum.map(tensor),
        root: root.map(tensor),
        average: average.map(tensor),
        centre: centre.map(tensor),
        steps,
    };
    (tensor(weights), state)
}
