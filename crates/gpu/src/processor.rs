//! The processor or GPU that computes.

use burn::tensor::Device as Processor;
use mirrorhead_harness::Device;

use crate::error::GpuError;

/// The framework's name of a device; the first GPU where there are several.
///
/// # Errors
/// [`GpuError::NoDevice`]: there is none, or this was built without support for it.
pub fn processor(device: Device) -> Result<Processor, GpuError> {
    // The remedy is another than where experiments are run: this was built elsewhere.
    mirrorhead_repro_deep::processor(device)
        .map_err(|_| GpuError::NoDevice { device: device.name() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_support_is_refused_with_the_remedy() {
        let built =
            [(Device::Vulkan, cfg!(feature = "vulkan")), (Device::Wgpu, cfg!(feature = "wgpu"))];
        for (device, _) in built.into_iter().filter(|(_, built)| !built) {
            let error = processor(device).unwrap_err().to_string();
            assert!(error.contains(&format!("--device {}", device.name())), "{error}");
        }
    }
}
