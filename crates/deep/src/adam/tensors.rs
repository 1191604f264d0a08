//! A step of Adam in tensor operations, for any device and any width of numbers.

use burn::tensor::Tensor;

use super::coefficients::Coefficients;
use super::moments::AdamMoments;
use crate::width::{float_type, width};

/// The step; nothing here waits for the device.
pub(super) fn step<const D: usize>(
    c: &Coefficients<f64>,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    moments: AdamMoments<D>,
) -> (Tensor<D>, AdamMoments<D>) {
    let kind = weights.dtype();
    let weights = weights.cast(width(kind));
    let gradient = plus(gradient, c.penalty, &weights);
    let mean = plus(moments.mean.mul_scalar(c.mean[0]), c.mean[1], &gradient);
    let square = plus(moments.square.mul_scalar(c.square[0]), c.square[1], &gradient.square());
    let size = square.clone().sqrt().mul_scalar(c.root).add_scalar(c.epsilon);
    let step = mean.clone().mul_scalar(c.step) / size;
    let weights = if c.factor == 1.0 { weights } else { weights.mul_scalar(c.factor) };
    let moments = AdamMoments { mean, square, steps: moments.steps };
    ((weights - step).cast(float_type(kind)), moments)
}

/// `$x + a y$`.
fn plus<const D: usize>(x: Tensor<D>, a: f64, y: &Tensor<D>) -> Tensor<D> {
    if a == 0.0 { x } else { x + y.clone().mul_scalar(a) }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use crate::adam::coefficients::Coefficients;
    use crate::adam::moments::AdamMoments;
    use crate::adam::{slices, tensors};
    use crate::width::width;

    /// Numbers between -1 and 1 with nothing regular about them.
    fn numbers(seed: u32) -> Tensor<2> {
        let number = |k: u32| ((k + 1) as f32 * 12.9898 + seed as f32 * 78.233).sin();
        let numbers: Vec<f32> = (0..3_000).map(number).collect();
        Tensor::from_data(TensorData::new(numbers, [60, 50]), &Device::flex())
    }

    /// Both are the same operations in the same order.
    #[test]
    fn tensor_operations_and_the_sweep_agree_to_the_last_bit() {
        for (penalty, factor) in [(0.0, 1.0), (0.3, 1.0), (0.0, 0.99)] {
            let coefficients = Coefficients {
                mean: [0.9, 1.0 - 0.9],
                square: [0.999, 1.0 - 0.999],
                step: 0.01,
                root: 3.7,
                epsilon: 1e-8,
                penalty,
                factor,
            };
            let fresh = || {
                let weights = numbers(0);
                let moments = AdamMoments::of(None, &weights, width(weights.dtype()));
                (weights, moments)
            };
            let (mut ours, mut theirs) = (fresh(), fresh());
            for seed in 1..6 {
                ours = slices::step(&coefficients, ours.0, numbers(seed), ours.1);
                theirs = tensors::step(&coefficients, theirs.0, numbers(seed), theirs.1);
            }
            let bits = |(weights, moments): (Tensor<2>, AdamMoments<2>)| {
                [weights, moments.mean, moments.square].map(|tensor| {
                    let numbers: Vec<f32> = tensor.into_data().try_into_vec().expect("f32");
                    numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>()
                })
            };
            assert_eq!(bits(ours), bits(theirs), "{penalty}, {factor}");
        }
    }
}
