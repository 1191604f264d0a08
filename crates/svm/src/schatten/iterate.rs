//! The iterate: `$(W, \lambda, s, \rho)$` on the way to the solution.

use mirrorhead_kernels::{dot, max_abs};

use super::SchattenNorm;
use super::frame::singular_values;
use super::stored_rows::StoredRows;
use crate::Norm;
use crate::rows::tightest;
use crate::strip::Confined;

/// The state of the method.
#[derive(Debug, Clone)]
pub(crate) struct Iterate {
    /// `$\operatorname{vec}(W)$` (`$r c$`).
    pub w: Vec<f64>,
    /// `$\lambda > 0$`, one per row.
    pub multipliers: Vec<f64>,
    /// `$s > 0$`, on the way to `$A w - \rho b$`.
    pub slacks: Vec<f64>,
    /// `$\operatorname{vec}(U) = A^\top\lambda$` (`$r c$`).
    pub dual_point: Vec<f64>,
    /// `$\rho$`, on the way to the margin of `$W$`.
    pub rho: f64,
}

/// Share of the ball of a corner that the start fills.
const FILLED: f64 = 0.9;

/// Share of its margin that the start claims.
const CLAIMED: f64 = 0.95;

/// Slacks and multipliers of the start are at least this share of what their mean product asks for.
const CENTERED: f64 = 0.3;

/// Multipliers of the start are at least this share of the largest.
const SMALLEST: f64 = 1e-3;

impl Iterate {
    /// A start from a pair that is good for `$p = 2$`, `w` being strictly feasible up to scale, and the
    /// mean product of slacks and multipliers there. None if rounding ruined the pair.
    pub fn start(
        rows: &StoredRows,
        norm: SchattenNorm,
        confined: Confined,
        (w, multipliers): (&[f64], &[f64]),
    ) -> Option<(Self, f64)> {
        let unit = |x: &[f64]| {
            let size = max_abs(x);
            x.iter().map(|x| x / size).collect::<Vec<f64>>()
        };
        let (w, multipliers) = (unit(w), unit(multipliers));
        let (slacks, dual_point) = (vec![0.0; rows.len()], vec![0.0; w.len()]);
        let mut start = Self { w, multipliers, slacks, dual_point, rho: 1.0 };
        let mut margins = vec![0.0; rows.len()];
        rows.apply(&start.w, &mut margins);
        rows.apply_adjoint(&start.multipliers, &mut start.dual_point);
        let margin = tightest(&margins, &rows.bounds);
        let weight = dot(&rows.bounds, &start.multipliers);
        if !(margin > 0.0 && weight > 0.0) {
            return None;
        }
        let corner = !matches!(norm.of_singular_values(), Norm::Lp(_));
        let filled = |x: &[f64]| Some(FILLED / singular_values(x, norm.shape())?[0]);
        let (w_scale, dual_scale) = match confined {
            Confined::Dual => {
                let scale = if corner { filled(&start.dual_point)? } else { weight.recip() };
                ((CLAIMED * margin).recip(), scale)
            }
            Confined::Primal => {
                let scale = if corner { filled(&start.w)? } else { margin.recip() };
                start.rho = CLAIMED * margin * scale;
                (scale, weight.recip())
            }
        };
        for x in start.w.iter_mut().chain(&mut margins) {
            *x *= w_scale;
        }
        for x in start.multipliers.iter_mut().chain(&mut start.dual_point) {
            *x *= dual_scale;
        }
        let mu = start.center(rows, norm, &margins);
        rows.apply_adjoint(&start.multipliers, &mut start.dual_point);
        Some((start, mu))
    }

    /// Makes slacks and multipliers positive, with products near the mean that the gap amounts to,
    /// which is returned.
    fn center(&mut self, rows: &StoredRows, norm: SchattenNorm, margins: &[f64]) -> f64 {
        let (nrows, ncols) = norm.shape();
        let claimed = self.rho * dot(&rows.bounds, &self.multipliers);
        let size = (dot(&self.w, &self.w) * dot(&self.dual_point, &self.dual_point)).sqrt();
        let pairs = (rows.len() + 2 * nrows.min(ncols)) as f64;
        let mu = (size - claimed).max(1e-3 * claimed) / pairs;
        let largest = max_abs(&self.multipliers);
        let each = self.slacks.iter_mut().zip(&mut self.multipliers);
        for ((slack, multiplier), (margin, b)) in each.zip(margins.iter().zip(&rows.bounds)) {
            let least = CENTERED * mu / multiplier.max(SMALLEST * largest);
            *slack = (margin - self.rho * b).max(least);
            *multiplier = multiplier.max(CENTERED * mu / *slack);
        }
        mu
    }
}
