//! The processor or GPU that computes.

use burn::tensor::Device as Processor;
use mirrorhead_harness::Device;

use crate::error::GpuError;

/// The device where none is named: the one that this was built for, Vulkan before what the system has.
pub const BUILT_FOR: Device = if cfg!(feature = "vulkan") {
    Device::Vulkan
} else if cfg!(feature = "wgpu") {
    Device::Wgpu
} else {
    Device::Cpu
};

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
    fn a_gpu_without_support_is_refused_with_the_remedy_and_never_the_default() {
        let built =
            [(Device::Vulkan, cfg!(feature = "vulkan")), (Device::Wgpu, cfg!(feature = "wgpu"))];
        for (device, _) in built.into_iter().filter(|(_, built)| !built) {
            assert_ne!(device, BUILT_FOR);
            let error = processor(device).unwrap_err().to_string();
            assert!(error.contains(&format!("--device {}", device.name())), "{error}");
        }
    }
}
