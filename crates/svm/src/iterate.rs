//! The iterate: `$(w, \lambda, s, \rho)$` on the way to the solution.

use mirrorhead_kernels::dot;
use mirrorhead_mirror::LpNorm;

use crate::rows::EquilibratedRows;
use crate::units::Units;
use crate::{MarginInterval, Norm};

/// The precision of the products that an iterate is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digits {
    /// That of `f64`.
    Plain,
    /// Twice that, where rows are stored.
    Twofold,
}

/// The state of the interior-point method.
#[derive(Debug, Clone)]
pub(crate) struct Iterate {
    /// `$w$` (`$N$`).
    pub w: Vec<f64>,
    /// `$\lambda > 0$`, one per row.
    pub multipliers: Vec<f64>,
    /// `$s > 0$`, on the way to `$A w - \rho b$`.
    pub slacks: Vec<f64>,
    /// `$u = A^\top\lambda$` (`$N$`).
    pub dual_point: Vec<f64>,
    /// `$\rho$`, on the way to the margin of `$w$`.
    pub rho: f64,
    margins: Vec<f64>,
}

impl Iterate {
    /// The start: all rows pull alike. None if their pulls cancel, and then `$\lambda$` may be a Farkas
    /// certificate, which is returned.
    pub fn start(rows: &mut EquilibratedRows<'_>) -> Result<Self, Vec<f64>> {
        let positive: f64 = rows.bounds.iter().filter(|b| **b > 0.0).sum();
        let negative: f64 = rows.bounds.iter().filter(|b| **b < 0.0).sum();
        let others = if negative < 0.0 { (-0.5 * positive / negative).min(1.0) } else { 1.0 };
        let mut multipliers: Vec<f64> =
            rows.bounds.iter().map(|&b| if b > 0.0 { 1.0 } else { others }).collect();
        let weight = dot(&rows.bounds, &multipliers);
        for l in &mut multipliers {
            *l /= weight;
        }
        let total: f64 = multipliers.iter().sum();
        let mut dual_point = vec![0.0; rows.ncols()];
        rows.apply_adjoint(&multipliers, &mut dual_point);
        let euclidean = LpNorm::new(2.0).expect("2 is a valid exponent");
        let size = euclidean.of(&dual_point);
        if size <= 1e-12 * total {
            return Err(multipliers);
        }
        let w: Vec<f64> = dual_point.iter().map(|u| u / size).collect();
        let mut margins = vec![0.0; rows.len()];
        rows.apply(&w, &mut margins);
        let slacks = margins
            .iter()
            .zip(&rows.bounds)
            .map(|(margin, b)| (margin - size * b).max(0.5 * size))
            .collect();
        Ok(Self { w, multipliers, slacks, dual_point, rho: size, margins })
    }

    /// An iterate at `$(w, \lambda, s, \rho)$`.
    pub fn new(
        rows: &mut EquilibratedRows<'_>,
        w: Vec<f64>,
        multipliers: Vec<f64>,
        slacks: Vec<f64>,
        rho: f64,
    ) -> Self {
        let (mut dual_point, mut margins) = (vec![0.0; rows.ncols()], vec![0.0; rows.len()]);
        rows.apply_adjoint(&multipliers, &mut dual_point);
        rows.apply(&w, &mut margins);
        Self { w, multipliers, slacks, dual_point, rho, margins }
    }

    /// An iterate that [`interval`](Self::interval) refuses: there is no direction to start in.
    pub fn stuck(rows: &EquilibratedRows<'_>, multipliers: Vec<f64>) -> Self {
        let (m, n) = (rows.len(), rows.ncols());
        let (w, dual_point) = (vec![0.0; n], vec![0.0; n]);
        Self { w, multipliers, slacks: vec![1.0; m], dual_point, rho: 0.0, margins: vec![0.0; m] }
    }

    /// `$A w$`.
    pub fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// `$(A w)_j$` at the start.
    pub fn margin(&self, j: usize) -> f64 {
        self.margins[j]
    }

    /// Whether products in plain double precision are too coarse, if errors of the margins and of the dual norm of
    /// `$u$` up to `accuracy` don't matter.
    pub fn needs_digits(&self, rows: &EquilibratedRows<'_>, norm: Norm, accuracy: f64) -> bool {
        let length = dot(&self.w, &self.w).sqrt();
        let pull = dot(&self.multipliers, &self.multipliers).sqrt();
        let spread = rows.units.dual_norm_of_constant(norm, pull, self.w.len());
        let noise = f64::EPSILON * length.max(spread * rows.units.norm(norm, &self.w));
        noise > accuracy
    }

    /// `out` `$= A w - \rho b - s$`, zero where it is lost in rounding, in which case the slacks have more digits
    /// than `$A w - \rho b$` has. The margins are those of the last [`interval`](Self::interval).
    pub fn misfits(&self, rows: &EquilibratedRows<'_>, digits: Digits, out: &mut [f64]) {
        let noise = f64::EPSILON * dot(&self.w, &self.w).sqrt();
        for (j, out) in out.iter_mut().enumerate() {
            if digits == Digits::Twofold && rows.is_stored() {
                *out = rows.misfit(j, &self.w, self.rho, self.slacks[j]);
                continue;
            }
            let misfit = self.margins[j] - self.rho * rows.bounds[j] - self.slacks[j];
            *out = if misfit.abs() <= noise { 0.0 } else { misfit };
        }
    }

    /// What `$(w, \lambda)$` proves in `norm`; none if rounding or overflow ruined it.
    pub fn interval(
        &mut self,
        rows: &mut EquilibratedRows<'_>,
        norm: Norm,
        digits: Digits,
    ) -> Option<MarginInterval> {
        match digits {
            Digits::Plain => rows.apply(&self.w, &mut self.margins),
            Digits::Twofold => rows.apply_twofold(&self.w, &mut self.margins),
        }
        let lower = rows.lower_bound(&self.w, &self.margins, norm);
        let dual_size = rows.units.dual_norm(norm, &self.dual_point);
        let upper = dual_size / dot(&rows.bounds, &self.multipliers);
        (!lower.is_nan() && upper.is_finite()).then_some(MarginInterval { lower, upper })
    }

    /// Sets `$u = A^\top\lambda$`.
    pub fn pull(&mut self, rows: &mut EquilibratedRows<'_>, digits: Digits) {
        match digits {
            Digits::Plain => rows.apply_adjoint(&self.multipliers, &mut self.dual_point),
            Digits::Twofold => {
                rows.apply_adjoint_twofold(&self.multipliers, &[], &mut self.dual_point);
            }
        }
    }

    /// Scales `$w$` to unit norm; everything linear in it follows.
    pub fn normalize(&mut self, norm: Norm, units: &Units) {
        self.scale(units.norm(norm, &self.w).recip());
    }

    /// Scales `$w$`; everything linear in it follows.
    pub fn scale(&mut self, factor: f64) {
        for values in [&mut self.w, &mut self.slacks, &mut self.margins] {
            for x in values.iter_mut() {
                *x *= factor;
            }
        }
        self.rho *= factor;
    }
}
