//! The subdifferential of the norm at `$p = 1$` and `$p = \infty$`, a staircase, by complementary pairs.
//!
//! At `$p = 1$` optimality asks for `$\lvert u_k\rvert \le 1$` and lets `$w_k$` be nonzero only where `$u_k = \pm1$`; at
//! `$p = \infty$` it asks for `$\lvert w_k\rvert \le r$` and `$\lVert u\rVert_1 \le 1$`, and lets `$u_k$` be nonzero only where
//! `$w_k = \pm r$`. One variable of each entry, `$v$`, is confined to a strip with slacks `$t^\pm = r \mp v \ge 0$`,
//! the other is `$a^+ - a^-$` with `$a^\pm \ge 0$`, and the method follows `$a^\pm t^\pm = \mu$`. Against the
//! hard-margin method's the roles of the width are exchanged: it is given at `$p = 1$` and unknown at `$p = \infty$`,
//! where `$\sum_k a_k^+ + a_k^- = 1$` determines it.

use mirrorhead_kernels::max_abs;

use crate::soft::direction::Direction;
use crate::soft::iterate::Iterate;
use crate::soft::linearization::{Linearization, Width};
use crate::strip::{Confined, Side};

/// The state of the pairs.
#[derive(Debug, Clone)]
pub(crate) struct Subdifferential {
    confined: Confined,
    radius: f64,
    d_radius: f64,
    sides: [Side; 2],
}

/// Slacks start at this share of the width or more.
const LEAST_SLACK: f64 = 0.3;

/// A width of this share of the objective costs nothing beside it: `$w = 0$` is no width to start with.
const NEGLIGIBLE: f64 = 1e-4;

impl Subdifferential {
    /// The pairs at `at`, with products of about `mu`, where the objective is `objective`.
    pub fn at(confined: Confined, at: &Iterate, mu: f64, objective: f64) -> Self {
        let radius = match confined {
            Confined::Dual => 1.0,
            Confined::Primal => {
                (1.0 + 0.5 * LEAST_SLACK) * max_abs(&at.w).max(NEGLIGIBLE * objective)
            }
        };
        let (inner, outer) = confined.split(&at.w, &at.dual_point);
        let side = |sign: f64| {
            let slack = |v: &f64| (radius - sign * v).max(0.1 * LEAST_SLACK * radius);
            Side::with_slacks(sign, outer, inner.iter().map(slack).collect(), mu)
        };
        Self { confined, radius, d_radius: 0.0, sides: [side(1.0), side(-1.0)] }
    }

    /// Aims at products of zero.
    pub fn aim_at_zero(&mut self) {
        for side in &mut self.sides {
            side.aim_at_zero();
        }
    }

    /// Aims at products of `mu`, with `part` of the second-order error of the last direction made up for.
    pub fn aim(&mut self, mu: f64, part: f64) {
        for side in &mut self.sides {
            side.aim(mu, part);
        }
    }

    /// Linearizes the curve at the current pairs, which are to meet their aims.
    pub fn linearize(&self, at: &Iterate) -> Linearization {
        let n = at.w.len();
        let (inner, outer) = self.confined.split(&at.w, &at.dual_point);
        let mut curve = Linearization::new(n);
        let (mut pulls, mut total, mut stiffness) = (vec![0.0; n], 0.0, 0.0);
        let [plus, minus] = &self.sides;
        for k in 0..n {
            let (a, ga) = plus.part(k, inner[k], self.radius, 0.0);
            let (b, gb) = minus.part(k, inner[k], self.radius, 0.0);
            let slope = ga + gb;
            match self.confined {
                Confined::Dual => {
                    curve.slopes[k] = slope;
                    curve.offsets[k] = a - b - at.w[k];
                }
                Confined::Primal => {
                    curve.slopes[k] = slope.recip();
                    curve.offsets[k] = (outer[k] - (a - b)) / slope;
                    pulls[k] = (ga - gb) / slope;
                    stiffness += slope - (ga - gb) * pulls[k];
                    total += a + b + (ga - gb) * curve.offsets[k];
                }
            }
        }
        if self.confined == Confined::Primal {
            curve.width = Some(Width { pulls, stiffness, missing: 1.0 - total });
        }
        curve
    }

    /// Sets the directions of the pairs that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        self.d_radius = direction.step.width;
        let (radius, d_radius) = (self.radius, self.d_radius);
        let (inner, _) = self.confined.split(&at.w, &at.dual_point);
        let d_inner = match self.confined {
            Confined::Dual => &direction.dual_point,
            Confined::Primal => &direction.step.w,
        };
        for side in &mut self.sides {
            for (k, (v, dv)) in inner.iter().zip(d_inner).enumerate() {
                side.follow(k, *v, *dv, (radius, d_radius), 0.0);
            }
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
