//! The staircase that ties primal and dual at `$p = 1$` and `$p = \infty$`, by complementary pairs.
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
use crate::step::{blocking, products_after};
use crate::tangents::{Border, Tangents};
use crate::units::Units;

/// Which of `$w$` and `$u$` is confined to the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confined {
    /// `$\lvert u_k\rvert \le \kappa$`, with `$\kappa$` an unknown: `$p = 1$`.
    Force,
    /// `$\lvert w_k\rvert \le 1$`: `$p = \infty$`.
    Weight,
}

/// The pairs of one side of the strip, `$+$` or `$-$`.
#[derive(Debug, Clone)]
struct Side {
    /// `$+1$` or `$-1$`.
    sign: f64,
    /// `$a > 0$`.
    parts: Vec<f64>,
    /// `$t > 0$`.
    slacks: Vec<f64>,
    d_parts: Vec<f64>,
    d_slacks: Vec<f64>,
    /// What `$(a + \mathrm da)(t + \mathrm dt) - \mathrm da\,\mathrm dt$` should be.
    aims: Vec<f64>,
}

/// The state of the pairs.
#[derive(Debug, Clone)]
pub(crate) struct Staircase {
    confined: Confined,
    units: Units,
    /// `$h_k$`, the half-width of the strip of entry `$k$` per `$r$`: `$c_k$` for forces, `$1/c_k$` for weights.
    widths: Vec<f64>,
    /// `$r$`: `$\kappa$` or 1.
    radius: f64,
    d_radius: f64,
    sides: [Side; 2],
}

/// Half-widths of the strip exceed the largest entry by this share, beyond the gap.
const ROOM: f64 = 0.5;

impl Staircase {
    /// The pairs at `iterate`, which is scaled to fit them. `norm` is [`Norm::L1`] or
    /// [`Norm::LInfinity`]; `gap` is the relative gap of the iterate.
    pub fn at(norm: Norm, units: Units, iterate: &mut Iterate, gap: f64) -> Self {
        let confined = if norm == Norm::L1 { Confined::Force } else { Confined::Weight };
        let ones = vec![1.0; iterate.w.len()];
        let widths = match confined {
            Confined::Force => units.times(&ones),
            Confined::Weight => units.divided(&ones),
        };
        iterate.normalize(norm, &units);
        let gap = gap.min(1.0);
        let room = 1.0 + ROOM * gap;
        let radius = match confined {
            Confined::Force => room * units.dual_norm(norm, &iterate.forces),
            Confined::Weight => {
                iterate.scale(room.recip());
                1.0
            }
        };
        let n = iterate.w.len();
        let pairs = (2 * n + iterate.multipliers.len()) as f64;
        let mu = gap * units.dual_norm(norm, &iterate.forces) / pairs;
        let (inner, outer) = confined.split(&iterate.w, &iterate.forces);
        let edges: Vec<f64> = widths.iter().map(|h| radius * h).collect();
        let sides = [1.0, -1.0].map(|sign| Side::at(sign, inner, outer, &edges, mu));
        Self { confined, units, widths, radius, d_radius: 0.0, sides }
    }

    /// The units in which the norm is that of the problem.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The norm whose curve this is.
    pub fn norm(&self) -> Norm {
        match self.confined {
            Confined::Force => Norm::L1,
            Confined::Weight => Norm::LInfinity,
        }
    }

    /// Linearizes the curve at the current pairs, which are to become complementary.
    pub fn linearize(&mut self, at: &Iterate, tangents: &mut Tangents) {
        for side in &mut self.sides {
            side.aims.fill(0.0);
        }
        self.aim(at, tangents);
    }

    /// The same tangents with pairs whose products are to become `mu`, corrected for the
    /// second-order error of the last direction.
    pub fn correct(&mut self, at: &Iterate, mu: f64, tangents: &mut Tangents) {
        for side in &mut self.sides {
            for ((aim, da), dt) in side.aims.iter_mut().zip(&side.d_parts).zip(&side.d_slacks) {
                *aim = mu - da * dt;
            }
        }
        self.aim(at, tangents);
    }

    /// Sets the tangents for the aims of the sides.
    fn aim(&self, at: &Iterate, tangents: &mut Tangents) {
        let (inner, _) = self.confined.split(&at.w, &at.forces);
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
                Confined::Force => {
                    tangents.shifts[k] = to - at.w[k];
                    tangents.slopes[k] = slope;
                    pulls[k] = width * (d_plus - d_minus);
                    shares[k] = pulls[k] / slope;
                    stiffness += width * width * slope;
                    rest += 4.0 * width * width * d_plus * (d_minus / slope);
                    total += width * (to_plus + to_minus);
                }
                Confined::Weight => {
                    tangents.shifts[k] = (at.forces[k] - to) / slope;
                    tangents.slopes[k] = slope.recip();
                }
            }
        }
        tangents.border = match self.confined {
            Confined::Force => {
                Some(Border { pulls, stiffness, missing: 1.0 - total, shares, rest })
            }
            Confined::Weight => None,
        };
    }

    /// Sets the directions of the pairs that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        self.d_radius = direction.d_width;
        let noise = self.noise(at);
        for side in &mut self.sides {
            for k in 0..at.w.len() {
                let (v, dv) = match self.confined {
                    Confined::Force => (at.forces[k], direction.forces[k]),
                    Confined::Weight => (at.w[k], direction.w[k]),
                };
                let width = self.widths[k];
                side.follow(k, v, dv, (self.radius * width, self.d_radius * width), noise);
            }
        }
    }

    /// Rounding error of the confined variable, at most: forces are sums of multipliers that cancel.
    fn noise(&self, at: &Iterate) -> f64 {
        match self.confined {
            Confined::Force => 4.0 * f64::EPSILON * dot(&at.multipliers, &at.multipliers).sqrt(),
            Confined::Weight => 0.0,
        }
    }

    /// The largest `$-\mathrm dx/x$` of all pairs.
    pub fn blocking(&self) -> f64 {
        self.sides.iter().fold(0.0f64, |most, side| {
            most.max(blocking(&side.parts, &side.d_parts))
                .max(blocking(&side.slacks, &side.d_slacks))
        })
    }

    /// The sum of products of the pairs after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        self.sides
            .iter()
            .map(|s| products_after(&s.parts, &s.d_parts, &s.slacks, &s.d_slacks, step))
            .sum()
    }

    /// Number of pairs.
    pub fn n_pairs(&self) -> usize {
        2 * self.sides[0].parts.len()
    }

    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64) {
        self.radius += step * self.d_radius;
        for side in &mut self.sides {
            for (a, da) in side.parts.iter_mut().zip(&side.d_parts) {
                *a += step * da;
            }
            for (t, dt) in side.slacks.iter_mut().zip(&side.d_slacks) {
                *t += step * dt;
            }
        }
    }
}

impl Confined {
    /// The confined variable and the other one.
    fn split<'x>(self, w: &'x [f64], u: &'x [f64]) -> (&'x [f64], &'x [f64]) {
        match self {
            Self::Force => (u, w),
            Self::Weight => (w, u),
        }
    }
}

impl Side {
    fn at(sign: f64, inner: &[f64], outer: &[f64], edges: &[f64], mu: f64) -> Self {
        let slacks: Vec<f64> = inner.iter().zip(edges).map(|(v, r)| r - sign * v).collect();
        let parts = outer.iter().zip(&slacks).map(|(a, t)| (sign * a).max(mu / t)).collect();
        let zeros = vec![0.0; inner.len()];
        let (d_parts, d_slacks, aims) = (zeros.clone(), zeros.clone(), zeros);
        Self { sign, parts, slacks, d_parts, d_slacks, aims }
    }

    /// `$r h_k \mp v - t$`, zero where it is lost in the `noise` of `$v$`: the slacks have more digits.
    fn missing(&self, k: usize, v: f64, edge: f64, noise: f64) -> f64 {
        let missing = edge - self.sign * v - self.slacks[k];
        if missing.abs() <= noise { 0.0 } else { missing }
    }

    /// Where `$a_k$` goes if neither `$v_k$` nor `$r$` moves, and `$a/t$`, by which it moves with `$\pm v_k - r h_k$`.
    fn part(&self, k: usize, v: f64, edge: f64, noise: f64) -> (f64, f64) {
        let (a, t) = (self.parts[k], self.slacks[k]);
        let missing = self.missing(k, v, edge, noise);
        ((self.aims[k] - a * missing) / t, a / t)
    }

    /// The direction of pair `$k$` when `$v_k$` moves by `dv` and the edge of its strip by `d_edge`.
    fn follow(&mut self, k: usize, v: f64, dv: f64, (edge, d_edge): (f64, f64), noise: f64) {
        let (a, t) = (self.parts[k], self.slacks[k]);
        let dt = self.missing(k, v, edge, noise) + d_edge - self.sign * dv;
        self.d_slacks[k] = dt;
        self.d_parts[k] = (self.aims[k] - a * dt) / t - a;
    }
}
