//! What a caller of this crate can get wrong, and what can leave the range of `f64`.

use mirrorhead_kernels::InvalidSetting;
use thiserror::Error;

use crate::OutsideDomain;

/// An exponent of no norm, or of none that has a mirror map.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("p = {p} is no exponent: it must be {expected}")]
pub struct InvalidExponent {
    /// The exponent given; NaN for what is no number.
    pub p: f64,
    /// What would do.
    pub expected: &'static str,
}

impl InvalidExponent {
    pub(crate) fn of_norm(p: f64) -> Self {
        Self { p, expected: "1, infinite, or greater than 1 by more than rounding" }
    }

    pub(crate) fn of_mirror_map(p: f64) -> Self {
        Self {
            p,
            expected: "finite and greater than 1, by more than rounding, to have a mirror map",
        }
    }
}

/// Misuse of a constructor or an optimizer, or an iterate that left the range of `f64`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// An exponent of no mirror map.
    #[error(transparent)]
    InvalidExponent(#[from] InvalidExponent),
    /// A setting of an optimizer or a potential that is out of its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// Gradients that do not match the parameters or the state.
    #[error(
        "tensor {tensor}: its gradient or state is {found:?} (rows, columns), the parameter is \
         {expected:?}"
    )]
    ShapeMismatch {
        /// Which tensor.
        tensor: usize,
        /// Rows and columns of the parameter.
        expected: (usize, usize),
        /// Rows and columns found; zeros where there is none.
        found: (usize, usize),
    },
    /// A list of potentials of another length than that of the tensors.
    #[error("{potentials} potentials for {tensors} tensors: one for each is needed")]
    PotentialCount {
        /// Number of potentials.
        potentials: usize,
        /// Number of tensors.
        tensors: usize,
    },
    /// A direction that backends don't know.
    #[error("the direction has no form that a backend could run: Direction::form is None")]
    NoBackendForm,
    /// A step rule beside a memory that makes no sense of it.
    #[error("{step} step can't be taken with a memory {memory}")]
    Incompatible {
        /// The rule.
        step: &'static str,
        /// The memory.
        memory: &'static str,
    },
    /// A starting point outside the domain of the potential.
    #[error("tensor {tensor} of the start is no point of the potential's domain: {reason}")]
    OutsideDomain {
        /// Which tensor.
        tensor: usize,
        /// What keeps it from being one.
        reason: OutsideDomain,
    },
    /// A parameter, gradient or risk that is NaN or infinite.
    #[error(
        "the {what} of tensor {tensor} is not finite before step {iteration}; nothing moved. If the \
         data have entries near the ends of the range of f64, rescale them"
    )]
    NotFinite {
        /// Gradient or parameter.
        what: &'static str,
        /// Which tensor.
        tensor: usize,
        /// The step about to be taken, counted from 0.
        iteration: u64,
    },
    /// A step that carried a parameter beyond the range of `f64`.
    #[error(
        "step {iteration} carries tensor {tensor} beyond the range of f64: take a smaller step or a \
         p further from 1"
    )]
    Overflow {
        /// Which tensor.
        tensor: usize,
        /// The step, counted from 0.
        iteration: u64,
    },
}
