//! The subdifferential of the norm at `$p = 1$` and `$p = \infty$`, a staircase, by complementary pairs.
//!
//! At `$p = 1$` optimality asks for `$\lvert u_k\rvert \le \kappa$` and lets `$w_k$` be nonzero only where `$u_k = \pm\kappa$`; at
//! `$p = \infty$` it asks for `$\lvert w_k\rvert \le 1$` and lets `$u_k$` be nonzero only where `$w_k = \pm1$`. Either way one
//! variable of each entry, `$v$`, is confined to a strip `$\lvert v\rvert \le r$` with slacks
//! `$t^\pm = r \mp v \ge 0$`, the other is a difference `$a^+ - a^-$` of nonnegative parts, and
//! `$a^\pm t^\pm = 0$`: the conditions of a linear program. The interior-point method follows
//! `$a^\pm t^\pm = \mu$`, where the corners of the staircase are rounded off.

use mirrorhead_kernels::dot;

use crate::Norm;
use crate::direction::Direction;
use crate::iterate::Iterate;
use crate::strip::{Confined, Side};
use crate::tangents::{Border, Tangents};
use crate::units::Units;

/// The state of the pairs.
#[derive(Debug, Clone)]
pub(crate) struct Subdifferential {
    confined: Confined,
    units: Units,
    /// `$h_k$`, the half-width of the strip of entry `$k$` per `$r$`: `$c_k$` for dual points, `$1/c_k$` for primal ones.
    widths: Vec<f64>,
    /// `$r$`: `$\kappa$` or 1.
    radius: f64,
    d_radius: f64,
    sides: [Side; 2],
}

/// Half-widths of the strip exceed the largest entry by this share, beyond the gap.
const ROOM: f64 = 0.5;

impl Subdifferential {
    /// The pairs at `iterate`, which is scaled to fit them. `norm` is [`Norm::L1`] or
    /// [`Norm::LInfinity`]; `gap` is the relative gap of the iterate.
    pub fn at(norm: Norm, units: Units, iterate: &mut Iterate, gap: f64) -> Self {
        let confined = if norm == Norm::L1 { Confined::Dual } else { Confined::Primal };
        let ones = vec![1.0; iterate.w.len()];
        let widths = match confined {
            Confined::Dual => units.times(&ones),
            Confined::Primal => units.divided(&ones),
        };
        iterate.normalize(norm, &units);
        let gap = gap.min(1.0);
        let room = 1.0 + ROOM * gap;
        let radius = match confined {
            Confined::Dual => room * units.dual_norm(norm, &iterate.dual_point),
            Confined::Primal => {
                iterate.scale(room.recip());
                1.0
            }
        };
        let n = iterate.w.len();
        let pairs = (2 * n + iterate.multipliers.len()) as f64;
        let mu = gap * units.dual_norm(norm, &iterate.dual_point) / pairs;
        let (inner, outer) = confined.split(&iterate.w, &iterate.dual_point);
        let edges: Vec<f64> = widths.iter().map(|h| radius * h).collect();
        let sides = [1.0, -1.0].map(|sign: f64| {
            let slacks = inner.iter().zip(&edges).map(|(v, r)| r - sign * v).collect();
            Side::with_slacks(sign, outer, slacks, mu)
        });
        Self { confined, units, widths, radius, d_radius: 0.0, sides }
    }

    /// The units in which the norm is that of the problem.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The norm whose curve this is.
    pub fn norm(&self) -> Norm {
        match self.confined {
            Confined::Dual => Norm::L1,
            Confined::Primal => Norm::LInfinity,
        }
    }

    /// Linearizes the curve at the current pairs, which are to become complementary.
    pub fn linearize(&mut self, at: &Iterate, tangents: &mut Tangents) {
        for side in &mut self.sides {
            side.aim_at_zero();
        }
        self.aim(at, tangents);
    }

    /// The same tangents with pairs whose products are to become `mu`, corrected for the
    /// second-order error of the last direction.
    pub fn correct(&mut self, at: &Iterate, mu: f64, tangents: &mut Tangents) {
        for side in &mut self.sides {
            side.aim(mu, 1.0);
        }
        self.aim(at, tangents);
    }

    /// Sets the tangents for the aims of the sides.
    fn aim(&self, at: &Iterate, tangents: &mut Tangents) {
        let (inner, _) = self.confined.split(&at.w, &at.dual_point);
        let noise = self.noise(at);
        let [plus, minus] = &self.sides;
        let (mut pulls, mut shares) = (vec![0.0; inner.len()], vec![0.0; inner.len()]);
        let (mut stiffness, mut rest, mut total) = (0.0, 0.0, 0.0);
        for (k, &v) in inner.iter().enumerate() {
            let width = self.widths[k];
            let (to_plus, d_plus) = plus.part(k, v, self.radius * width, noise);
            let (to_minus, d_minus) = minus.part(k, v, self.radius * width, noise);
            let (to, slope) = (to_plus - to_minus, d_plus + d_minus);
            match self.confined {
                Confined::Dual => {
                    tangents.shifts[k] = to - at.w[k];
                    tangents.slopes[k] = slope;
                    pulls[k] = width * (d_plus - d_minus);
                    shares[k] = pulls[k] / slope;
                    stiffness += width * width * slope;
                    rest += 4.0 * width * width * d_plus * (d_minus / slope);
                    total += width * (to_plus + to_minus);
                }
                Confined::Primal => {
                    tangents.shifts[k] = (at.dual_point[k] - to) / slope;
                    tangents.slopes[k] = slope.recip();
                }
            }
        }
        tangents.border = match self.confined {
            Confined::Dual => Some(Border { pulls, stiffness, missing: 1.0 - total, shares, rest }),
            Confined::Primal => None,
        };
    }

    /// Sets the directions of the pairs that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        self.d_radius = direction.d_width;
        let noise = self.noise(at);
        for side in &mut self.sides {
            for k in 0..at.w.len() {
                let (v, dv) = match self.confined {
                    Confined::Dual => (at.dual_point[k], direction.dual_point[k]),
                    Confined::Primal => (at.w[k], direction.w[k]),
                };
                let width = self.widths[k];
                side.follow(k, v, dv, (self.radius * width, self.d_radius * width), noise);
            }
        }
    }

    /// Rounding error of the confined variable, at most: a dual point is a sum of multipliers that cancel.
    fn noise(&self, at: &Iterate) -> f64 {
        match self.confined {
            Confined::Dual => 4.0 * f64::EPSILON * dot(&at.multipliers, &at.multipliers).sqrt(),
            Confined::Primal => 0.0,
        }
    }

    /// The largest `$-\mathrm dx/x$` of all pairs.
    pub fn blocking(&self) -> f64 {
        self.sides.iter().fold(0.0f64, |most, side| most.max(side.blocking()))
    }

    /// The sum of products of the pairs after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        self.sides.iter().map(|side| side.complementarity_after(step)).sum()
    }

    /// Number of pairs.
    pub fn n_pairs(&self) -> usize {
        2 * self.sides[0].len()
    }

    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64) {
        self.radius += step * self.d_radius;
        for side in &mut self.sides {
            side.advance(step);
        }
    }
}
