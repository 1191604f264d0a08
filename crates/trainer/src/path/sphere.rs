//! Unit directions of every tensor, and how far they are from optimal on their spheres.

use std::ops::Range;

use mirrorhead_kernels::{dot, elementary};
use mirrorhead_mirror::LpNorm;

use crate::implicit::{FlatGradient, MirrorPoint};

/// The direction of `$-g$` in the dual norm, in each tensor; zero where `$g$` is.
pub(super) struct Descent {
    /// `$-g_b / \lVert g_b\rVert_q$`.
    pub(super) direction: Vec<f64>,
    /// `$\log\lVert g_b\rVert_q$`.
    pub(super) log_norms: Vec<f64>,
    pub(super) risk: f64,
}

/// The direction of steepest descent at `$R_b \omega_b$`.
pub(super) fn descent(
    flat_gradient: &mut FlatGradient<'_>,
    norm: LpNorm,
    at: &MirrorPoint,
) -> Descent {
    let (mut direction, mut log_norms) = (Vec::with_capacity(at.primal.len()), Vec::new());
    let (risk, gradients) = flat_gradient.gradients(&at.primal);
    for gradient in gradients {
        let length = norm.dual_of(gradient.value.as_slice());
        let scale = if length > 0.0 { -length.recip() } else { 0.0 };
        direction.extend(gradient.value.as_slice().iter().map(|g| scale * g));
        log_norms.push(gradient.log_scale + elementary::ln(length));
    }
    Descent { direction, log_norms, risk }
}

/// The point of the same direction with `$\lVert\omega_b\rVert_p = 1$` in every tensor that is not zero.
pub(super) fn on_spheres(norm: LpNorm, blocks: &[Range<usize>], point: MirrorPoint) -> MirrorPoint {
    let mut dual = point.dual;
    for block in blocks {
        let u = &mut dual[block.clone()];
        let length = norm.dual_of(u);
        if length > 0.0 {
            for u in u {
                *u /= length;
            }
        }
    }
    MirrorPoint::from_dual(norm, dual)
}

/// The optimality residual of each tensor, `$1 + \langle g_b, \omega_b\rangle / \lVert g_b\rVert_q$`: the
/// Frank-Wolfe gap `$\langle g_b, W_b\rangle + R_b\lVert g_b\rVert_q$` as a part of `$R_b\lVert g_b\rVert_q$`.
pub(super) fn residuals(
    blocks: &[Range<usize>],
    point: &MirrorPoint,
    descent: &Descent,
) -> Vec<f64> {
    let part = |block: &Range<usize>| {
        1.0 - dot(&descent.direction[block.clone()], &point.primal[block.clone()])
    };
    blocks.iter().map(part).collect()
}
