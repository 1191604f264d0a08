//! A step of mirror descent in tensor operations, for any device and any width of numbers.

use burn::tensor::{Bool, DType, FloatDType, Tensor};
use mirrorhead_kernels::SignedPower;
use mirrorhead_mirror::LpNorm;

use super::{DualState, MirrorDescent};

/// The step of [`MirrorDescent`]; nothing here waits for the device.
pub(super) fn step<const D: usize>(
    method: &MirrorDescent,
    rate: f64,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: DualState<D>,
) -> (Tensor<D>, DualState<D>) {
    let norm = method.norm;
    let width = width(weights.dtype());
    let start = weights.clone().cast(width);
    let dual = match state.dual {
        Some(dual) => reconciled(norm, dual, start, weights.dtype()),
        None => signed_power(start, norm.mirror_power()),
    };
    let direction = method.step_rule.direction(norm, gradient);
    let (step, momentum) = method.momentum.step(direction, state.momentum.clone());
    let next_dual = match method.dual_decay(rate) {
        Some(decay) => dual.clone().mul_scalar(decay),
        None => dual.clone(),
    } - step.mul_scalar(rate);
    let still = next_dual.clone().equal(dual.clone());
    let next = signed_power(next_dual.clone(), norm.inverse_mirror_power())
        .cast(float_type(weights.dtype()))
        // A weight whose dual point stays, stays to the last bit.
        .mask_where(still, weights.clone());

    let refused = finite(next.clone()).bool_not();
    method.refused.record(refused.clone());
    let refused = refused.reshape([1; D]).expand(weights.shape());
    let unless_refused = |new: Tensor<D>, old: Tensor<D>| new.mask_where(refused.clone(), old);
    let momentum = momentum.map(|new| {
        let old = state.momentum.unwrap_or_else(|| new.zeros_like());
        unless_refused(new, old)
    });
    let dual = method.keeps_dual().then(|| unless_refused(next_dual, dual));
    (unless_refused(next, weights), DualState { dual, momentum })
}

/// `dual`, but `$\nabla\psi(w)$` in the entries whose weight is another than the one that the dual
/// point stands for: somebody else has set it.
fn reconciled<const D: usize>(
    norm: LpNorm,
    dual: Tensor<D>,
    weights: Tensor<D>,
    dtype: DType,
) -> Tensor<D> {
    let implied = signed_power(dual.clone(), norm.inverse_mirror_power());
    let implied = implied.cast(float_type(dtype)).cast(width(dtype));
    let info = width(dtype).finfo();
    let slack = implied.clone().abs().mul_scalar(relative_slack(norm, info.epsilon));
    let unchanged = (implied - weights.clone()).abs().lower_equal(slack + info.min_positive);
    signed_power(weights, norm.mirror_power()).mask_where(unchanged, dual)
}

/// How far, relatively, a weight may be from the one that the dual point implies: the rounding of
/// the dual point becomes `$q - 1$` times as much in the weight, and both powers round.
pub(super) fn relative_slack(norm: LpNorm, epsilon: f64) -> f64 {
    (norm.conjugate_exponent() + 1.0) * epsilon
}

/// `$\operatorname{sign}(x)\,\lvert x\rvert^{e}$` by products and a square root where they make it.
pub(super) fn signed_power<const D: usize>(x: Tensor<D>, power: SignedPower) -> Tensor<D> {
    let exponent = power.exponent();
    if exponent < 1.0 {
        let size = x.clone().abs();
        return x.sign() * if exponent == 0.5 { size.sqrt() } else { size.powf_scalar(exponent) };
    }
    let whole = exponent.floor();
    let fraction = exponent - whole;
    if whole > MOST_FACTORS || (fraction != 0.0 && fraction != 0.5) {
        return x.clone() * x.abs().powf_scalar(exponent - 1.0);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let others = whole as u32 - 1;
    // x is one factor; the others are those of |x|, an even number of them squares of x.
    let mut product = x.clone();
    if fraction == 0.5 {
        product = product * x.clone().abs().sqrt();
    }
    if others % 2 == 1 {
        product = product * x.clone().abs();
    }
    let (mut square, mut left) = (x, others / 2);
    while left > 0 {
        square = square.square();
        if left % 2 == 1 {
            product = product * square.clone();
        }
        left /= 2;
    }
    product
}

/// The largest whole exponent that is multiplied out.
const MOST_FACTORS: f64 = 128.0;

/// One number as a tensor that broadcasts.
pub(super) fn broadcast<const D: usize>(number: Tensor<1>) -> Tensor<D> {
    number.reshape([1; D])
}

/// The width of the dual point of weights of a type: half precision is too coarse for one.
pub(super) fn width(weights: DType) -> FloatDType {
    match weights {
        DType::F64 => FloatDType::F64,
        _ => FloatDType::F32,
    }
}

/// The type of floating-point numbers.
fn float_type(weights: DType) -> FloatDType {
    match weights {
        DType::F64 => FloatDType::F64,
        DType::Flex32 => FloatDType::Flex32,
        DType::F16 => FloatDType::F16,
        DType::BF16 => FloatDType::BF16,
        _ => FloatDType::F32,
    }
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

    use crate::mirror_descent::{DualState, slices, tensors};
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
                    let method = method.expect("valid");
                    let empty = DualState { dual: None, momentum: None };
                    let mut ours = (tensor(0), empty.clone());
                    let mut theirs = (tensor(0), empty);
                    for seed in 1..6 {
                        ours = slices::step(&method, 0.01, ours.0, tensor(seed), ours.1);
                        theirs = tensors::step(&method, 0.01, theirs.0, tensor(seed), theirs.1);
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
