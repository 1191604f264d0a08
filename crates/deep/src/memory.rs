//! Tensors of 32-bit numbers in the processor's memory, which are read and written where they lie.

use burn::tensor::{DType, Device, Tensor, TensorData};

const READABLE: &str = "32-bit numbers in the processor's memory are read as they are";

/// Whether the tensor is one.
pub(crate) fn in_memory<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.device() == Device::flex() && tensor.dtype() == DType::F32
}

/// Its entries.
pub(crate) fn numbers(data: &TensorData) -> &[f32] {
    data.as_slice().expect(READABLE)
}

/// Its entries, to be written.
pub(crate) fn numbers_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect(READABLE)
}
