//! A GPU takes the steps that the processor takes. Built with the feature `wgpu`, for a machine that has one.

use burn::optim::Optimizer as _;
use burn::tensor::{Device, DeviceType, Tensor, TensorData};
use mirrorhead_deep::{MirrorDescentConfig, StepRule};

use crate::agreement::EXPONENTS;
use crate::draws::{gaussians, numbers};

const SHAPE: [usize; 2] = [13, 21];
const COUNT: usize = SHAPE[0] * SHAPE[1];

/// The weights after some steps on the same gradients.
fn trained(device: &Device, p: f64, rule: StepRule) -> Vec<f64> {
    let place = |x: Vec<f32>| Tensor::<2>::from_data(TensorData::new(x, SHAPE), device);
    let method = MirrorDescentConfig::new(p).with_step_rule(rule).build().expect("valid settings");
    let (mut weights, mut state) = (place(gaussians(COUNT, 0.05, 1)), None);
    // A hundredth of the dual weights, which are of size 0.05^(p-1).
    let rate = 0.01 * 0.05_f64.powf(p - 1.0);
    for step in 0..20 {
        let gradient = place(gaussians(COUNT, 1.0, 100 + step));
        (weights, state) = method.step(rate, weights, gradient, state);
    }
    assert_eq!(method.refused_updates().count(), 0);
    numbers(&weights).into_iter().map(f64::from).collect()
}

#[test]
fn a_gpu_goes_where_the_processor_goes() {
    let gpu = Device::enumerate(DeviceType::Wgpu).into_iter().next().expect("a GPU");
    for rule in [StepRule::Unnormalized, StepRule::DualNormalized] {
        for p in EXPONENTS {
            let [here, there] = [&Device::flex(), &gpu].map(|device| trained(device, p, rule));
            // Shaders have powers of a few units in the last place; a weight at p = 1.1 is the tenth
            // power of its dual point.
            let dual = |w: &f64| w.signum() * w.abs().powf(p - 1.0);
            let largest = here.iter().map(|w| dual(w).abs()).fold(0.0, f64::max);
            for (k, (w, found)) in here.iter().zip(&there).enumerate() {
                let error = (dual(w) - dual(found)).abs() / largest;
                assert!(error < 1e-4, "p = {p}, {rule:?}, entry {k}: {found} for {w}");
            }
        }
    }
}
