//! The processor or GPU that computes.

use burn::tensor::Device as Processor;
use mirrorhead_harness::Device;

use crate::error::GpuError;

/// The framework's name of a device; the first GPU where there are several.
///
/// # Errors
/// [`GpuError::NoDevice`]: there is none, or this was built without support for it.
pub fn processor(device: Device) -> Result<Processor, GpuError> {
    found(device).ok_or(GpuError::NoDevice { device: device.name() })
}

fn found(device: Device) -> Option<Processor> {
    match device {
        Device::Cpu => Some(Processor::flex()),
        #[cfg(feature = "vulkan")]
        Device::Vulkan => first(burn::tensor::DeviceType::Vulkan),
        #[cfg(feature = "wgpu")]
        Device::Wgpu => first(burn::tensor::DeviceType::Wgpu),
        #[allow(unreachable_patterns, reason = "with both features")]
        Device::Vulkan | Device::Wgpu => None,
    }
}

#[cfg(any(feature = "vulkan", feature = "wgpu"))]
fn first(kind: burn::tensor::DeviceType) -> Option<Processor> {
    Processor::enumerate(kind).into_iter().next()
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
