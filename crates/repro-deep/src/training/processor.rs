//! The processor or GPU that trains, and where dropout's noise comes from on it.

use mirrorhead_harness::{CellError, Device};
use mirrorhead_transformers::Noise;

/// The framework's name of a device.
///
/// # Errors
/// A GPU is asked for, and there is none, or this was built without support for it.
pub fn processor(device: Device) -> Result<burn::tensor::Device, CellError> {
    if device == Device::Cpu {
        return Ok(burn::tensor::Device::flex());
    }
    let name = device.name();
    let Some(gpus) = gpus(device) else {
        return Err(CellError::new(format!(
            "this was built without the feature `{name}`: build with `--features {name}`, or train with \
             `--device cpu`"
        )));
    };
    gpus.into_iter().next().ok_or_else(|| {
        CellError::new(format!(
            "no GPU was found through {name}: install its driver, or train with `--device cpu`"
        ))
    })
}

/// The GPUs that are reached in this way; nothing if this was built without it.
fn gpus(device: Device) -> Option<Vec<burn::tensor::Device>> {
    match device {
        #[cfg(feature = "vulkan")]
        Device::Vulkan => Some(all(burn::tensor::DeviceType::Vulkan)),
        #[cfg(feature = "wgpu")]
        Device::Wgpu => Some(all(burn::tensor::DeviceType::Wgpu)),
        _ => None,
    }
}

#[cfg(any(feature = "vulkan", feature = "wgpu"))]
fn all(kind: burn::tensor::DeviceType) -> Vec<burn::tensor::Device> {
    burn::tensor::Device::enumerate(kind).into_iter().collect()
}

/// The noise of an epoch: on the processor from a stream of its own, so that runs beside each other
/// don't share one; on a GPU, where one run trains at a time, from the GPU's generator.
pub fn noise(device: Device, on: &burn::tensor::Device, seed: u64, epoch: u64) -> Noise {
    match device {
        Device::Cpu => Noise::stream(seed, epoch),
        Device::Vulkan | Device::Wgpu => Noise::device(on, (seed << 20) + epoch),
    }
}

#[cfg(all(test, not(any(feature = "vulkan", feature = "wgpu"))))]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_support_is_refused_with_the_remedy() {
        for (device, feature) in [(Device::Vulkan, "vulkan"), (Device::Wgpu, "wgpu")] {
            let error = processor(device).unwrap_err().to_string();
            assert!(error.contains(&format!("--features {feature}")), "{error}");
            assert!(error.contains("--device cpu"), "{error}");
        }
    }
}
