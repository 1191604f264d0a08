//! The processor or GPU that trains, and where dropout's noise comes from on it.

use mirrorhead_deep::Noise;
use mirrorhead_repro::{CellError, Device};

/// The framework's name of a device.
///
/// # Errors
/// A GPU is asked for, and there is none, or this was built without support for it.
pub fn processor(device: Device) -> Result<burn::tensor::Device, CellError> {
    match device {
        Device::Cpu => Ok(burn::tensor::Device::flex()),
        Device::Vulkan => gpu(),
    }
}

#[cfg(feature = "vulkan")]
fn gpu() -> Result<burn::tensor::Device, CellError> {
    use burn::tensor::DeviceType;
    burn::tensor::Device::enumerate(DeviceType::Vulkan).into_iter().next().ok_or_else(|| {
        CellError::new(
            "no GPU was found through Vulkan: install its driver, or train with `--device cpu`",
        )
    })
}

#[cfg(not(feature = "vulkan"))]
fn gpu() -> Result<burn::tensor::Device, CellError> {
    Err(CellError::new(
        "this was built without the feature `vulkan`: build with `--features vulkan`, or train with \
         `--device cpu`",
    ))
}

/// The noise of an epoch: on the processor from a stream of its own, so that runs beside each other
/// don't share one; on a GPU, where one run trains at a time, from the GPU's generator.
pub fn noise(device: Device, on: &burn::tensor::Device, seed: u64, epoch: u64) -> Noise {
    match device {
        Device::Cpu => Noise::stream(seed, epoch),
        Device::Vulkan => Noise::device(on, (seed << 20) + epoch),
    }
}

#[cfg(all(test, not(feature = "vulkan")))]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_support_is_refused_with_the_remedy() {
        let error = processor(Device::Vulkan).unwrap_err().to_string();
        assert!(error.contains("--features vulkan") && error.contains("--device cpu"), "{error}");
    }
}
