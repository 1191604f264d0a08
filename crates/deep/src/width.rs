//! How wide the numbers are that an optimizer computes with.

use burn::tensor::{DType, FloatDType};

/// The width of what is kept of weights of a type: half precision is too coarse for small steps to add up.
pub(crate) fn width(weights: DType) -> FloatDType {
    match weights {
        DType::F64 => FloatDType::F64,
        _ => FloatDType::F32,
    }
}

/// The type of floating-point numbers.
pub(crate) fn float_type(weights: DType) -> FloatDType {
    match weights {
        DType::F64 => FloatDType::F64,
        DType::Flex32 => FloatDType::Flex32,
        DType::F16 => FloatDType::F16,
        DType::BF16 => FloatDType::BF16,
        _ => FloatDType::F32,
    }
}
