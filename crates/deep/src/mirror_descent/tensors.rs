//! A step in tensor operations, for any device and any width of numbers.

use burn::tensor::{Bool, DType, Tensor};
use mirrorhead_mirror::{Ahead, At, Iterate, Past, Remembered, TensorMethod};

use super::tensor_backend::Tensors;
use super::{DualState, RefusedUpdates};
use crate::width::{float_type, width};

/// The step of a method; nothing here waits for the device unless a norm or a potential of one's own does.
#[expect(clippy::needless_pass_by_value, reason = "as on slices, which take it")]
pub(super) fn step<const D: usize>(
    method: &TensorMethod<'_>,
    refused: &RefusedUpdates,
    rate: f64,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: DualState<D>,
) -> (Tensor<D>, DualState<D>) {
    let (on, keeps) = (&mut Tensors::<D>, method.keeps());
    let start = weights.clone().cast(width(weights.dtype()));
    let state = begun(method, &start, weights.dtype(), state);
    let past = Past {
        point: state.dual.as_ref().unwrap_or(&start),
        sum: state.momentum.as_ref(),
        root: state.root.as_ref(),
        gradient: &gradient,
    };
    let mut at = At::new(state.steps, rate);
    let mut room: [Tensor<D>; 7] = std::array::from_fn(|_| gradient.clone());
    {
        let [_, sum, root, drive, gradient, ..] = &mut room;
        method.measure(on, &past, &mut at, Remembered { sum, root, drive, gradient });
    }
    {
        let [point, sum, root, drive, gradient, unit, spare] = &mut room;
        let remembered = Remembered { sum, root, drive, gradient };
        method.look_ahead(on, &past, &at, Ahead { point, remembered, unit, spare });
    }
    let [point, sum, root, mut next, mut spare, ..] = room;
    let centre = state.centre.as_ref();
    method.weights(on, Iterate { point: &point, average: None, centre }, &mut spare, &mut next);
    let average = state.average.as_ref().map(|before| {
        let mut average = before.clone();
        method.average(on, state.steps, before, &next, &mut average);
        average
    });
    let iterate = Iterate { point: &point, average: average.as_ref(), centre };
    method.weights(on, iterate, &mut spare, &mut next);
    next = next.cast(float_type(weights.dtype()));
    if average.is_none() {
        // A weight whose dual point stays, stays to the last bit.
        next = next.mask_where(point.clone().equal(past.point.clone()), weights.clone());
    }

    let mut is_finite = finite(next.clone());
    for kept in [(keeps.point, &point), (keeps.root, &root)] {
        if let (true, kept) = kept {
            is_finite = is_finite.bool_and(finite(kept.clone()));
        }
    }
    let is_refused = is_finite.bool_not();
    refused.record(is_refused.clone());
    let is_refused = is_refused.reshape([1; D]).expand(weights.shape());
    let settled = |kept: bool, new: Tensor<D>, old: Option<Tensor<D>>| {
        let old = |new: &Tensor<D>| old.unwrap_or_else(|| new.zeros_like());
        kept.then(|| new.clone().mask_where(is_refused.clone(), old(&new)))
    };
    let next = next.mask_where(is_refused.clone(), weights);
    let average = average.and_then(|new| settled(keeps.average, new, state.average.clone()));
    let state = DualState {
        dual: settled(keeps.point, point, state.dual),
        momentum: settled(keeps.sum, sum, state.momentum),
        root: settled(keeps.root, root, state.root),
        average,
        centre: state.centre,
        steps: state.steps + 1,
    };
    (next, state)
}

/// The state with all that the method keeps. The dual point is that of the weights, `start`, in the entries whose weight
/// is another than the one that it stands for: somebody else has set it.
fn begun<const D: usize>(
    method: &TensorMethod<'_>,
    start: &Tensor<D>,
    dtype: DType,
    mut state: DualState<D>,
) -> DualState<D> {
    let (on, keeps) = (&mut Tensors::<D>, method.keeps());
    if keeps.average && state.average.is_none() {
        state.average = Some(start.clone());
    }
    if !keeps.point {
        return DualState { dual: None, ..state };
    }
    let (mut spare, mut fresh) = (start.clone(), start.clone());
    let centre = state.centre.as_ref();
    method.mirror(on, start, centre, &mut spare, &mut fresh);
    state.dual = Some(match state.dual {
        None => fresh,
        Some(mut point) => {
            let mut expected = start.clone();
            let iterate = Iterate { point: &point, average: state.average.as_ref(), centre };
            method.weights(on, iterate, &mut spare, &mut expected);
            let expected = expected.cast(float_type(dtype)).cast(width(dtype));
            let kept = (&mut point, state.average.as_mut());
            method.reconcile(on, &expected, start, &fresh, kept);
            point
        }
    });
    state
}

/// Whether all entries are finite.
fn finite<const D: usize>(tensor: Tensor<D>) -> Tensor<1, Bool> {
    let largest = tensor.dtype().finfo().map_or(f64::from(f32::MAX), |info| info.max);
    tensor.abs().lower_equal_elem(largest).all()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use mirrorhead_mirror::LpNorm;

    use crate::mirror_descent::{DualState, RefusedUpdates, slices, tensors};
    use crate::{MirrorDescentConfig, Momentum, StepRule};

    /// Numbers between -1 and 1 with nothing regular about them.
    fn numbers(seed: u32) -> TensorData {
        let number = |k: u32| ((k + 1) as f32 * 12.9898 + seed as f32 * 78.233).sin();
        TensorData::new((0..3_000).map(number).collect::<Vec<_>>(), [60, 50])
    }

    /// In single precision, from the same weights along the same gradients, both make the same of
    /// the dual point, to the rounding of a norm, and its powers differ by the rounding of a power.
    #[test]
    fn tensor_operations_and_sweeps_agree() {
        let device = Device::flex();
        let tensor = |seed| burn::tensor::Tensor::<2>::from_data(numbers(seed), &device);
        for p in [1.1, 1.2, 1.5, 1.7, 1.75, 2.0, 2.5, 3.0, 5.0] {
            for rule in [StepRule::Unnormalized, StepRule::DualNormalized] {
                for momentum in [Momentum::None, Momentum::HeavyBall(0.9), Momentum::Nesterov(0.9)]
                {
                    let config = MirrorDescentConfig::new(p).with_step_rule(rule);
                    let method = config.with_momentum(momentum).with_weight_decay(0.1).build();
                    let (method, refused) = (method.expect("valid"), RefusedUpdates::default());
                    let method = method.on_tensor();
                    let mut ours = (tensor(0), DualState::default());
                    let mut theirs = (tensor(0), DualState::default());
                    for seed in 1..6 {
                        let g = || tensor(seed);
                        ours = slices::step(&method, &refused, 0.01, ours.0, g(), ours.1);
                        theirs = tensors::step(&method, &refused, 0.01, theirs.0, g(), theirs.1);
                    }
                    let q = LpNorm::new(p).expect("an exponent").conjugate_exponent();
                    let near = |a: &TensorData, b: &TensorData, relative: f64, absolute: f64| {
                        for (a, b) in a.iter::<f64>().zip(b.iter::<f64>()) {
                            let bound = relative * a.abs() + absolute;
                            assert!((a - b).abs() <= bound, "{p} {rule:?} {momentum:?}: {a}, {b}");
                        }
                    };
                    let epsilon = f64::from(f32::EPSILON);
                    let dual = |(weights, state): &(burn::tensor::Tensor<2>, DualState<2>)| {
                        state.dual.as_ref().unwrap_or(weights).to_data()
                    };
                    near(&dual(&ours), &dual(&theirs), 8.0 * epsilon, 8.0 * epsilon);
                    let weights = |(weights, _): &(burn::tensor::Tensor<2>, _)| weights.to_data();
                    // Absolutely: where u is small, w = |u|^(q-1) rises no faster than at one for
                    // p < 2; for p > 2 its slope is that of a root.
                    let slope =
                        if p > 2.0 { (16.0 * epsilon).powf(q - 1.0) } else { 32.0 * q * epsilon };
                    near(&weights(&ours), &weights(&theirs), 16.0 * q * epsilon, slope);
                }
            }
        }
    }
}
