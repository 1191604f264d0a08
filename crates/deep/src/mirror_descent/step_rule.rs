//! How long the steps of mirror descent are.

use burn::tensor::Tensor;
use mirrorhead_mirror::LpNorm;
use serde::{Deserialize, Serialize};

use super::tensors::{broadcast, signed_power};

/// The direction `$d$` that a step makes of the gradient `$g$` of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepRule {
    /// `$d = g$`: the paper's real-data experiments.
    Unnormalized,
    /// `$d = g / \lVert g\rVert_q$`, `$q = p/(p-1)$`, every tensor by the dual norm of its own gradient;
    /// a zero gradient stays zero. The paper's synthetic experiments.
    DualNormalized,
}

impl StepRule {
    /// `$d$`.
    pub(super) fn direction<const D: usize>(self, norm: LpNorm, gradient: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Unnormalized => gradient,
            Self::DualNormalized => dual_normalized(norm, gradient),
        }
    }
}

/// `$g / \lVert g\rVert_q$` without forming a norm that could leave the range: with `$r = g/\max|g|$` it
/// is `$r / \lVert r\rVert_q$`, and `$1 \le \lVert r\rVert_q^q \le$` the number of entries.
fn dual_normalized<const D: usize>(norm: LpNorm, gradient: Tensor<D>) -> Tensor<D> {
    let largest = gradient.clone().max_abs();
    let zero = largest.clone().equal_elem(0.0);
    let relative = gradient / broadcast(largest.mask_fill(zero, 1.0));
    let sum = signed_power(relative.clone().abs(), norm.dual().power()).sum();
    let root = sum.powf_scalar(norm.conjugate_exponent().recip());
    // Only of a zero gradient is the sum less than one.
    relative / broadcast(root.clamp_min(1.0))
}
