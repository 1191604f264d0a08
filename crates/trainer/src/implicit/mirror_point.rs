//! A point and its mirror image, flat over all tensors.

use std::ops::Range;

use mirrorhead_kernels::max_abs;
use mirrorhead_mirror::LpNorm;
use serde::{Deserialize, Serialize};

/// A primal point `$w$` with its mirror image `$u = \nabla\psi(w)$`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MirrorPoint {
    pub(crate) dual: Vec<f64>,
    pub(crate) primal: Vec<f64>,
}

impl MirrorPoint {
    /// The point with this mirror image.
    pub(crate) fn from_dual(norm: LpNorm, dual: Vec<f64>) -> Self {
        let mut primal = vec![0.0; dual.len()];
        norm.inverse_mirror_power().map(&dual, &mut primal);
        Self { dual, primal }
    }

    /// The point `$w$`.
    pub(crate) fn from_primal(norm: LpNorm, primal: Vec<f64>) -> Self {
        let mut dual = vec![0.0; primal.len()];
        norm.mirror_power().map(&primal, &mut dual);
        Self { dual, primal }
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.dual.iter().chain(&self.primal).all(|x| x.is_finite())
    }

    /// How far apart two points are, relative to their size, in the tensor where it is most: the
    /// larger of `$\lVert u - u'\rVert_\infty / \lVert u\rVert_\infty$` and the root of the symmetric Bregman
    /// divergence `$\langle u - u', w - w'\rangle / \langle u, w\rangle$`.
    pub(crate) fn distance(&self, other: &Self, blocks: &[Range<usize>]) -> f64 {
        blocks.iter().map(|block| self.distance_in(other, block)).fold(0.0, f64::max)
    }

    fn distance_in(&self, other: &Self, block: &Range<usize>) -> f64 {
        let of = |x: &[f64], y: &[f64]| max_abs(&x[block.clone()]).max(max_abs(&y[block.clone()]));
        let (dual, primal) = (of(&self.dual, &other.dual), of(&self.primal, &other.primal));
        if dual == 0.0 || primal == 0.0 {
            return 0.0;
        }
        let (mut largest, mut apart, mut size) = (0.0, 0.0, 0.0);
        for k in block.clone() {
            // Scaled first: the product of a point and its mirror image has the power p.
            let (u, w) = (self.dual[k] / dual, self.primal[k] / primal);
            let (v, x) = (other.dual[k] / dual, other.primal[k] / primal);
            largest = f64::max(largest, (u - v).abs());
            apart += (u - v) * (w - x);
            size += (u * w).max(v * x);
        }
        if apart.is_nan() { f64::INFINITY } else { largest.max((apart / size).sqrt()) }
    }
}
