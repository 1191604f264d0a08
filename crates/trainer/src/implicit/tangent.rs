//! The tangent of the implicit mirror step: charts of the mirror curve, Newton matrix, its factors.

use std::ops::Range;

use faer::{Mat, Par};
use mirrorhead_kernels::dense::PartialLu;
use mirrorhead_kernels::max_abs;
use mirrorhead_mirror::LpNorm;

use super::{FlatGradient, MirrorPoint};

/// The least weight `$a$`, relative to the sizes of `$u$` and `$w$`: where it is reached, `$w$` hardly matters.
const LEAST_WEIGHT: f64 = 1e-10;

/// The coordinate `$y = u + a w$` in which an entry of a point moves, and the slopes of the mirror curve
/// over it: Minty's parameterization, which is smooth and bounded everywhere, with the weight `$a$` that
/// `$w$` has in the entry's own equation. That equation is then linear in `$y$`, whatever `$p$`.
#[derive(Debug, Clone, Copy, Default)]
struct Chart {
    weight: f64,
    /// `$\partial u/\partial y = 1/(1 + aD)$` with `$D = \mathrm dw/\mathrm du$`.
    dual_slope: f64,
    /// `$\partial w/\partial y = D/(1 + aD)$`.
    primal_slope: f64,
}

impl Chart {
    fn new(weight: f64, inverse_slope: f64) -> Self {
        if inverse_slope == f64::INFINITY {
            return Self { weight, dual_slope: 0.0, primal_slope: weight.recip() };
        }
        let dual_slope = (1.0 + weight * inverse_slope).recip();
        Self { weight, dual_slope, primal_slope: inverse_slope * dual_slope }
    }
}

/// The Newton matrix of `$\nabla\psi(w) + e^{s}\nabla L(w)$` in charts of the mirror curve,
/// `$\operatorname{diag}(\partial u/\partial y) + H \operatorname{diag}(\partial w/\partial y)$`, bordered by
/// further unknowns.
pub(crate) struct Tangent {
    charts: Vec<Chart>,
    /// The matrix, and then its factors.
    pub(crate) matrix: Mat<f64>,
    lu: PartialLu,
}

impl Tangent {
    /// Room for `n` entries and `border` further unknowns.
    pub(crate) fn new(n: usize, border: usize) -> Self {
        let size = n + border;
        Self {
            charts: vec![Chart::default(); n],
            matrix: Mat::zeros(size, size),
            lu: PartialLu::new(size, size, Par::Seq),
        }
    }

    /// Takes the tangent at `point` and assembles the matrix there; it is to be
    /// [`factor`](Self::factor)ed.
    pub(crate) fn take(
        &mut self,
        flat_gradient: &mut FlatGradient<'_>,
        norm: LpNorm,
        point: &MirrorPoint,
        log_weights: &[f64],
    ) {
        flat_gradient.curvature(&point.primal, log_weights, &mut self.matrix);
        for block in flat_gradient.blocks() {
            self.choose_charts(norm, point, block.clone());
        }
        for (k, chart) in self.charts.iter().enumerate() {
            let column = self.matrix.col_as_slice_mut(k);
            for entry in column.iter_mut() {
                *entry *= chart.primal_slope;
            }
            column[k] += chart.dual_slope;
        }
    }

    /// The chart of every entry of one tensor, from the diagonal of the curvature.
    fn choose_charts(&mut self, norm: LpNorm, point: &MirrorPoint, block: Range<usize>) {
        let (dual, primal) =
            (max_abs(&point.dual[block.clone()]), max_abs(&point.primal[block.clone()]));
        let least =
            if dual > 0.0 && primal > 0.0 { LEAST_WEIGHT * dual / primal } else { LEAST_WEIGHT };
        for k in block {
            let slope = inverse_slope(norm.p(), point.dual[k], point.primal[k]);
            self.charts[k] = Chart::new(self.matrix[(k, k)].max(least), slope);
        }
    }

    /// How far `$w_k$` moves with `$y_k$`.
    pub(crate) fn primal_slope(&self, k: usize) -> f64 {
        self.charts[k].primal_slope
    }

    /// Factors the assembled matrix.
    pub(crate) fn factor(&mut self) {
        self.lu.factor(self.matrix.as_mut());
    }

    /// Replaces `x` by the solution of the factored system; not finite if the matrix is singular.
    pub(crate) fn solve(&mut self, x: &mut [f64]) {
        self.lu.solve(self.matrix.as_ref(), x);
    }

    /// The point that lies `$t\,y$` from `point` in the charts, on the mirror curve again.
    pub(crate) fn moved(
        &self,
        norm: LpNorm,
        point: &MirrorPoint,
        y: &[f64],
        t: f64,
    ) -> MirrorPoint {
        let mut moved = point.clone();
        for (k, chart) in self.charts.iter().enumerate() {
            let y = moved.dual[k] + chart.weight * moved.primal[k] + t * y[k];
            (moved.dual[k], moved.primal[k]) = on_curve(norm, chart.weight, y);
        }
        moved
    }
}

/// Newton iterations on one entry: they converge monotonically, and quadratically from a start within
/// a factor of two.
const ENTRY_ITERATIONS: usize = 20;

/// The point `$(u, w)$` of the mirror curve with `$u + a w = y$`, for `$a > 0$`.
///
/// With `$x$` the one of `$u$`, `$w$` of which the other is a convex power `$x^e$`, this is `$x^e + c x = b$`, whose left
/// side is convex: Newton's method from above.
fn on_curve(norm: LpNorm, weight: f64, y: f64) -> (f64, f64) {
    let from_primal = norm.p() >= 2.0;
    let (power, linear, target) = if from_primal {
        (norm.mirror_power(), weight, y.abs())
    } else {
        (norm.inverse_mirror_power(), weight.recip(), y.abs() / weight)
    };
    let root = if from_primal { norm.inverse_mirror_power() } else { norm.mirror_power() };
    let mut x = (target / linear).min(root.eval_abs(target));
    let mut raised = power.eval_abs(x);
    for _ in 0..ENTRY_ITERATIONS {
        let excess = raised + linear * x - target;
        if excess.abs() <= 2.0 * f64::EPSILON * target || x == 0.0 {
            break;
        }
        x -= excess / (power.exponent() * raised / x + linear);
        raised = power.eval_abs(x);
    }
    let (u, w) = if from_primal { (raised, x) } else { (x, raised) };
    (u.copysign(y), w.copysign(y))
}

/// `$\mathrm dw/\mathrm du = \tfrac1{p-1}\, w/u$` of `$w = \operatorname{sign}(u)\lvert u\rvert^{1/(p-1)}$`.
fn inverse_slope(p: f64, u: f64, w: f64) -> f64 {
    if u != 0.0 {
        w / u / (p - 1.0)
    } else if p > 2.0 {
        f64::INFINITY
    } else if p < 2.0 {
        0.0
    } else {
        1.0
    }
}
