//! The device that trains, of those that this binary was built for.

use burn::tensor::Device;
use mirrorhead_repro::{CellError, Device as Chosen};

/// The framework's device for the one chosen.
///
/// # Errors
/// This binary was built without it.
pub fn device(chosen: Chosen) -> Result<Device, CellError> {
    match chosen {
        Chosen::Cpu => Ok(Device::flex()),
        Chosen::Vulkan => vulkan(),
    }
}

#[cfg(feature = "vulkan")]
fn vulkan() -> Result<Device, CellError> {
    Ok(Device::vulkan(burn::tensor::DeviceKind::DefaultDevice))
}

#[cfg(not(feature = "vulkan"))]
fn vulkan() -> Result<Device, CellError> {
    Err(CellError::new(
        "this binary was built without Vulkan; build mirrorhead-repro-deep with --features vulkan, \
         or leave --device vulkan out",
    ))
}
