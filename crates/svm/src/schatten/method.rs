//! The primal-dual method for matrices: Newton's, in the frame in which the curve is diagonal.

use mirrorhead_kernels::{add_scaled, dot, max_abs};

use super::SchattenNorm;
use super::iterate::Iterate;
use super::spectral_curve::{Caution, SpectralCurve, Tangent};
use super::stored_rows::{StoredRows, gram};
use crate::best::Best;
use crate::cholesky::{Cholesky, NoFactor};
use crate::limits::Limits;
use crate::step::{blocking, longest_step, products_after};
use crate::strip::Confined;
use crate::{MarginInterval, StallReason, WorkCounters};

/// Share of the relative gap that complementarity may use up at the end.
const COMPLEMENTARITY: f64 = 0.05;

/// Iterations without a narrower interval after which rounding has won.
const PATIENCE: usize = 20;

/// The length that the step before the first counts as having had.
const FIRST_STEP: f64 = 0.6;

/// Most rounds of refinement.
const REFINEMENTS: usize = 4;

/// The method's state.
pub(crate) struct SpectralMethod<'r> {
    rows: &'r StoredRows,
    norm: SchattenNorm,
    goal: f64,
    at: Iterate,
    curve: SpectralCurve,
    newton: Cholesky,
    step: f64,
    distance: f64,
}

/// What the directions of one iteration are computed with.
struct System {
    tangent: Tangent,
    /// `$s / \lambda$`.
    ratios: Vec<f64>,
    /// `$K^{-1} b$`, where `$\rho$` is free.
    bound_response: Option<Vec<f64>>,
}

/// A direction in `$(\lambda, s)$` with the `$W$` and `$\rho$` it leads to.
struct Direction {
    multipliers: Vec<f64>,
    slacks: Vec<f64>,
    w: Vec<f64>,
    rho: f64,
}

impl<'r> SpectralMethod<'r> {
    /// The method at the start that a pair for `$p = 2$` gives, for the relative gap `goal`.
    pub fn new(
        rows: &'r StoredRows,
        norm: SchattenNorm,
        goal: f64,
        pair: (&[f64], &[f64]),
        caution: Caution,
    ) -> Option<Self> {
        let confined = SpectralCurve::first(norm, 1.0, caution).confined;
        let (at, mu) = Iterate::start(rows, norm, confined, pair)?;
        let curve = SpectralCurve::first(norm, mu, caution);
        let newton = Cholesky::new(rows.len());
        Some(Self { rows, norm, goal, at, curve, newton, step: FIRST_STEP, distance: 0.0 })
    }

    /// Iterates until the interval of the `best` pair is as narrow as asked; `judge` says what a pair
    /// proves.
    pub fn run(
        &mut self,
        best: &mut Best,
        judge: impl Fn(&[f64], &[f64]) -> MarginInterval,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), StallReason> {
        let mut narrowest = f64::INFINITY;
        let mut patience = PATIENCE;
        loop {
            let now = judge(&self.at.w, &self.at.multipliers);
            best.keep(&self.at.w, &self.at.multipliers, now);
            if best.interval.relative_gap() <= self.goal {
                return Ok(());
            }
            if now.relative_gap() < 0.9 * narrowest || !self.curve.has_arrived() {
                narrowest = narrowest.min(now.relative_gap());
                patience = PATIENCE;
            } else if patience == 0 {
                return Err(StallReason::Precision);
            } else {
                patience -= 1;
            }
            if let Some(reason) = limits.exceeded(work) {
                return Err(reason);
            }
            work.iterations += 1;
            self.advance(limits, work)?;
        }
    }

    /// One predictor-corrector step, unless it can't be taken.
    fn advance(&mut self, limits: &Limits<'_>, work: &mut WorkCounters) -> Result<(), StallReason> {
        let size = self.norm.of(&self.at.w) * self.norm.dual_of(&self.at.dual_point);
        let (nrows, ncols) = self.norm.shape();
        let m = self.rows.len() as f64;
        let least = COMPLEMENTARITY * self.goal * size / (m + 2.0 * nrows.min(ncols) as f64);
        self.curve.advance(self.step, self.distance);
        let tangent = self.curve.linearize(&self.at, least).ok_or(StallReason::Precision)?;
        self.distance = tangent.distance;
        let least = self.curve.least_product(tangent.distance, size / m, least);
        let ratios: Vec<f64> =
            self.at.slacks.iter().zip(&self.at.multipliers).map(|(s, l)| s / l).collect();
        let weighted = self.rows.weighted(&tangent.frame, &tangent.slopes);
        self.newton
            .factor_sum(|out| gram(&weighted, out), &ratios, limits, work)
            .map_err(NoFactor::reason)?;
        let bound_response = (self.curve.confined == Confined::Primal).then(|| {
            let mut response = self.rows.bounds.clone();
            self.newton.solve(&mut response);
            work.solves += 1;
            response
        });
        let system = System { tangent, ratios, bound_response };

        let mu = dot(&self.at.slacks, &self.at.multipliers) / m;
        let predicted = self.direction(&system, &vec![0.0; self.rows.len()], 0, work);
        let step = predicted.longest_step(&self.at, 0.99);
        let affine_mu = predicted.complementarity_after(&self.at, step) / m;
        let mu = ((affine_mu / mu).powi(3) * mu).max(least);
        let pairs = predicted.slacks.iter().zip(&predicted.multipliers);
        let aim: Vec<f64> =
            pairs.zip(&self.at.multipliers).map(|((ds, dl), l)| (mu - ds * dl) / l).collect();
        let to = self.direction(&system, &aim, REFINEMENTS, work);
        if !to.is_finite() {
            return Err(StallReason::Precision);
        }
        self.step = to.longest_step(&self.at, 0.99f64.max(1.0 - mu * m / size));
        self.at.advance(&to, self.step);
        self.rows.apply_adjoint(&self.at.multipliers, &mut self.at.dual_point);
        Ok(())
    }

    /// The direction to `$(\lambda + \mathrm d\lambda)(s + \mathrm d s) \approx \lambda\,(s + \text{aim})$` on the tangent,
    /// `$$K\,\mathrm d\lambda = \text{aim} - A\hat w + \rho\,b, \qquad K = A D A^\top + \operatorname{diag}(s/\lambda),$$`
    /// refined against the rows themselves.
    fn direction(
        &mut self,
        System { tangent, ratios, bound_response }: &System,
        aim: &[f64],
        refinements: usize,
        work: &mut WorkCounters,
    ) -> Direction {
        let (m, at) = (self.rows.len(), &self.at);
        let mut to = Direction {
            multipliers: vec![0.0; m],
            slacks: vec![0.0; m],
            w: at.w.clone(),
            rho: at.rho,
        };
        let mut margins = vec![0.0; m];
        let mut last = f64::INFINITY;
        for round in 0..=refinements + 1 {
            tangent.follow(self.rows, &to.multipliers, &mut to.w);
            if round > refinements {
                break;
            }
            self.rows.apply(&to.w, &mut margins);
            let mut residual: Vec<f64> = (0..m)
                .map(|j| {
                    aim[j] - ratios[j] * to.multipliers[j] - margins[j]
                        + to.rho * self.rows.bounds[j]
                })
                .collect();
            let size = max_abs(&residual);
            if size.is_nan() || size > 0.5 * last {
                break;
            }
            last = size;
            self.newton.solve(&mut residual);
            work.solves += 1;
            for (dl, r) in to.multipliers.iter_mut().zip(&residual) {
                *dl += r;
            }
            if let Some(response) = bound_response {
                to.meet_normalization(at, &self.rows.bounds, response);
            }
        }
        for (j, ds) in to.slacks.iter_mut().enumerate() {
            *ds = aim[j] - ratios[j] * to.multipliers[j] - at.slacks[j];
        }
        to
    }
}

impl Tangent {
    /// `w` `$= \hat w + D A^\top \mathrm d\lambda$`, out of the frame.
    fn follow(&self, rows: &StoredRows, multipliers: &[f64], w: &mut [f64]) {
        let mut dual_point = vec![0.0; w.len()];
        rows.apply_adjoint(multipliers, &mut dual_point);
        let mut coordinates = vec![0.0; w.len()];
        self.frame.coordinates(&dual_point, &mut coordinates);
        for ((x, target), slope) in coordinates.iter_mut().zip(&self.targets).zip(&self.slopes) {
            *x = target + slope * *x;
        }
        self.frame.matrix(&coordinates, w);
    }
}

impl Direction {
    /// Adds the multiple of `response` `$= K^{-1} b$` that brings `$b^\top(\lambda + \mathrm d\lambda)$` to 1.
    fn meet_normalization(&mut self, at: &Iterate, bounds: &[f64], response: &[f64]) {
        let missing = 1.0 - dot(bounds, &at.multipliers) - dot(bounds, &self.multipliers);
        let rho = missing / dot(bounds, response);
        for (dl, r) in self.multipliers.iter_mut().zip(response) {
            *dl += rho * r;
        }
        self.rho += rho;
    }

    /// The longest step in `$(0, 1]$` that goes at most `caution` of the way to where a slack or a
    /// multiplier vanishes.
    fn longest_step(&self, at: &Iterate, caution: f64) -> f64 {
        let most =
            blocking(&at.multipliers, &self.multipliers).max(blocking(&at.slacks, &self.slacks));
        longest_step(most, caution)
    }

    fn complementarity_after(&self, at: &Iterate, step: f64) -> f64 {
        products_after(&at.slacks, &self.slacks, &at.multipliers, &self.multipliers, step)
    }

    fn is_finite(&self) -> bool {
        self.multipliers.iter().chain(&self.slacks).chain(&self.w).all(|x| x.is_finite())
    }
}

impl Iterate {
    /// Goes `step` of the way that `direction` points.
    fn advance(&mut self, direction: &Direction, step: f64) {
        add_scaled(&mut self.multipliers, step, &direction.multipliers);
        add_scaled(&mut self.slacks, step, &direction.slacks);
        for (w, to) in self.w.iter_mut().zip(&direction.w) {
            *w += step * (to - *w);
        }
        self.rho += step * (direction.rho - self.rho);
    }
}
