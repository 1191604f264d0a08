//! A GPU takes the steps that the processor takes.

use burn::optim::Optimizer as _;
use burn::tensor::{Tensor, TensorData};
use mirrorhead_deep::{MirrorDescentConfig, StepRule};
use mirrorhead_harness::Device;
use mirrorhead_kernels::elementary;
use serde::Serialize;

use crate::error::GpuError;
use crate::processor::processor;

/// Products, roots, and neither.
const EXPONENTS: [f64; 7] = [1.1, 1.5, 1.7, 1.75, 2.0, 3.0, 5.0];
const SHAPE: [usize; 2] = [130, 210];
const COUNT: usize = SHAPE[0] * SHAPE[1];
const STEPS: usize = 20;
/// Shaders have powers of a few units in the last place, which steps add up.
const TOLERANCE: f64 = 1e-4;

/// The agreement of every exponent and step rule.
#[derive(Debug, Serialize)]
pub struct Check {
    device: Device,
    steps: usize,
    weights: usize,
    /// The largest error that counts as agreement.
    tolerance: f64,
    errors: Vec<Agreement>,
}

/// The largest difference of an entry's dual point, relative to the largest dual point.
#[derive(Debug, Serialize)]
struct Agreement {
    p: f64,
    normalized: bool,
    error: f64,
}

impl Check {
    /// Whether all agree.
    ///
    /// # Errors
    /// [`GpuError::Disagrees`] names the worst.
    pub fn agreed(&self) -> Result<(), GpuError> {
        let worst = self.errors.iter().max_by(|a, b| a.error.total_cmp(&b.error));
        match worst.filter(|worst| worst.error.is_nan() || worst.error > self.tolerance) {
            None => Ok(()),
            Some(worst) => Err(GpuError::Disagrees { what: format!("{worst:?}") }),
        }
    }
}

/// Compares the device with the processor.
///
/// # Errors
/// No such device.
pub fn check(device: Device) -> Result<Check, GpuError> {
    let there = processor(device)?;
    let here = processor(Device::Cpu)?;
    let mut errors = Vec::new();
    for rule in [StepRule::Unnormalized, StepRule::DualNormalized] {
        for p in EXPONENTS {
            let [here, there] = [trained(&here, p, rule)?, trained(&there, p, rule)?];
            let dual =
                |w: f32| f64::from(w).signum() * elementary::powf(f64::from(w).abs(), p - 1.0);
            let largest = here.iter().map(|w| dual(*w).abs()).fold(0.0, f64::max);
            let apart = here.iter().zip(&there).map(|(w, v)| (dual(*w) - dual(*v)).abs());
            // A number that isn't one must not pass for agreement.
            let error =
                apart.fold(0.0, |most, x| if x.is_nan() { f64::INFINITY } else { x.max(most) });
            let normalized = rule == StepRule::DualNormalized;
            errors.push(Agreement { p, normalized, error: error / largest });
        }
    }
    Ok(Check { device, steps: STEPS, weights: COUNT, tolerance: TOLERANCE, errors })
}

/// The weights after some steps on the same gradients.
fn trained(device: &burn::tensor::Device, p: f64, rule: StepRule) -> Result<Vec<f32>, GpuError> {
    let place = |x: Vec<f32>| Tensor::<2>::from_data(TensorData::new(x, SHAPE), device);
    let method = MirrorDescentConfig::new(p).with_step_rule(rule).build()?;
    let (mut weights, mut state) = (place(spread(0.05, 0)), None);
    // A hundredth of the dual weights, which are of size 0.05^(p-1).
    let rate = 0.01 * elementary::powf(0.05, p - 1.0);
    for step in 1..=STEPS {
        let gradient = place(spread(1.0, step));
        (weights, state) = method.step(rate, weights, gradient, state);
    }
    Ok(weights.into_data().try_into_vec().unwrap_or_default())
}

/// Entries of up to this size, the same everywhere, spread evenly; others for each number.
fn spread(size: f64, number: usize) -> Vec<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "to single precision")]
    let entry = |k: usize| {
        (size * (((k * 7919 + number * 104_729) % 20_011) as f64 / 10_005.0 - 1.0)) as f32
    };
    (0..COUNT).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_agrees_with_itself_and_a_difference_is_told() {
        let mut check = check(Device::Cpu).unwrap();
        assert!(check.errors.len() == 14 && check.errors.iter().all(|e| e.error == 0.0));
        assert!(check.agreed().is_ok());
        check.errors[3].error = 2e-4;
        assert!(check.agreed().unwrap_err().to_string().contains("0.0002"));
        check.errors[3].error = f64::NAN;
        assert!(check.agreed().is_err());
    }
}
