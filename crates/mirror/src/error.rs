//! What a caller of this crate can get wrong, and what can leave the range of `f64`.

use thiserror::Error;

use crate::OutsideDomain;

/// Misuse of a constructor or an optimizer, or an iterate that left the range of `f64`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// An exponent outside `$(1, \infty)$`.
    #[error(
        "p = {p} is no exponent of a mirror map: it must be finite and greater than 1, by more than \
         rounding"
    )]
    InvalidExponent {
        /// The exponent given.
        p: f64,
    },
    /// A setting of an optimizer that is out of its range.
    #[error("{name} = {value} is out of range: it must be {expected}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
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
