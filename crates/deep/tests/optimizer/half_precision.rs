//! Weights of 16 bits have a dual point of 32.

use burn::optim::Optimizer;
use burn::tensor::{DType, FloatDType, Tensor};
use mirrorhead_deep::MirrorDescentConfig;
use mirrorhead_mirror::LpNorm;

use crate::draws::{gaussians, tensor};

const COUNT: usize = 200;

#[test]
fn small_steps_add_up_in_the_dual_point() {
    for width in [FloatDType::F16, FloatDType::BF16] {
        for p in [1.1, 1.5, 3.0] {
            let cast = |numbers: &[f32]| -> Tensor<1> { tensor(numbers, [COUNT]).cast(width) };
            let method = MirrorDescentConfig::new(p).build().expect("valid");
            let norm = LpNorm::new(p).expect("an exponent");
            let start = cast(&gaussians(COUNT, 0.5, 1));
            let gradient = cast(&gaussians(COUNT, 1.0, 2));
            let (mut weights, mut state) = (start.clone(), None);
            // Steps far below the spacing of the weights' numbers.
            for _ in 0..1_000 {
                (weights, state) = method.step(1e-5, weights, gradient.clone(), state);
            }
            assert_eq!(weights.dtype(), DType::from(width));
            let dual = state.expect("a state").dual.expect("a dual point");
            assert_eq!(dual.dtype(), DType::F32);
            let wide = |tensor: Tensor<1>| tensor.into_data().iter::<f64>().collect::<Vec<_>>();
            let (start, gradient) = (wide(start), wide(gradient));
            for (k, (w, u)) in wide(weights).into_iter().zip(wide(dual)).enumerate() {
                let expected = norm.mirror_power().eval(start[k]) - 1e-2 * gradient[k];
                // A thousand differences and products, and the first power, round.
                let size = expected.abs() + 2e-2 * gradient[k].abs();
                let bound = 1_010.0 * f64::from(f32::EPSILON) * size;
                assert!((u - expected).abs() <= bound, "{width:?}, p = {p}: {u}, {expected}");
                // One rounding to 16 bits, or to the smallest of them, and the power's.
                let implied = norm.inverse_mirror_power().eval(u);
                let bound = 0.501 * width.finfo().epsilon * implied.abs() + 1e-7;
                assert!((w - implied).abs() <= bound, "{width:?}, p = {p}: {w}, {implied}");
            }
        }
    }
}
