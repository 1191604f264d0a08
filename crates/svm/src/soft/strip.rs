//! The staircase that ties primal and dual at `$p = 1$` and `$p = \infty$`, by complementary pairs.
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
use crate::step::{blocking, products_after};

/// Which of `$w$` and `$u$` is confined to the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confined {
    /// `$\lvert u_k\rvert \le 1$`: `$p = 1$`.
    Force,
    /// `$\lvert w_k\rvert \le r$`: `$p = \infty$`.
    Weight,
}

/// The pairs of one side of the strip.
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
pub(crate) struct Strip {
    confined: Confined,
    radius: f64,
    d_radius: f64,
    sides: [Side; 2],
}

/// Slacks start at this share of the width or more.
const LEAST_SLACK: f64 = 0.3;

/// A width of this share of the objective costs nothing beside it: `$w = 0$` is no width to start with.
const NEGLIGIBLE: f64 = 1e-4;

impl Strip {
    /// The pairs at `at`, with products of about `mu`, where the objective is `objective`.
    pub fn at(confined: Confined, at: &Iterate, mu: f64, objective: f64) -> Self {
        let radius = match confined {
            Confined::Force => 1.0,
            Confined::Weight => {
                (1.0 + 0.5 * LEAST_SLACK) * max_abs(&at.w).max(NEGLIGIBLE * objective)
            }
        };
        let (inner, outer) = confined.split(at);
        let side = |sign: f64| {
            let slacks: Vec<f64> =
                inner.iter().map(|v| (radius - sign * v).max(0.1 * LEAST_SLACK * radius)).collect();
            let parts = outer.iter().zip(&slacks).map(|(a, t)| (sign * a).max(mu / t)).collect();
            let zeros = vec![0.0; inner.len()];
            let (d_parts, d_slacks, aims) = (zeros.clone(), zeros.clone(), zeros);
            Side { sign, parts, slacks, d_parts, d_slacks, aims }
        };
        Self { confined, radius, d_radius: 0.0, sides: [side(1.0), side(-1.0)] }
    }

    /// Aims at products of zero.
    pub fn aim_at_zero(&mut self) {
        for side in &mut self.sides {
            side.aims.fill(0.0);
        }
    }

    /// Aims at products of `mu`, with `part` of the second-order error of the last direction made up for.
    pub fn aim(&mut self, mu: f64, part: f64) {
        for side in &mut self.sides {
            let directions = side.d_parts.iter().zip(&side.d_slacks);
            for (aim, (da, dt)) in side.aims.iter_mut().zip(directions) {
                *aim = mu - part * da * dt;
            }
        }
    }

    /// Linearizes the curve at the current pairs, which are to meet their aims.
    pub fn linearize(&self, at: &Iterate) -> Linearization {
        let n = at.w.len();
        let (inner, outer) = self.confined.split(at);
        let mut curve = Linearization::new(n);
        let (mut pulls, mut total, mut stiffness) = (vec![0.0; n], 0.0, 0.0);
        let [plus, minus] = &self.sides;
        for k in 0..n {
            let (a, ga) = plus.part(k, inner[k], self.radius);
            let (b, gb) = minus.part(k, inner[k], self.radius);
            let slope = ga + gb;
            match self.confined {
                Confined::Force => {
                    curve.slopes[k] = slope;
                    curve.offsets[k] = a - b - at.w[k];
                }
                Confined::Weight => {
                    curve.slopes[k] = slope.recip();
                    curve.offsets[k] = (outer[k] - (a - b)) / slope;
                    pulls[k] = (ga - gb) / slope;
                    stiffness += slope - (ga - gb) * pulls[k];
                    total += a + b + (ga - gb) * curve.offsets[k];
                }
            }
        }
        if self.confined == Confined::Weight {
            curve.width = Some(Width { pulls, stiffness, missing: 1.0 - total });
        }
        curve
    }

    /// Sets the directions of the pairs that go with `direction`.
    pub fn follow(&mut self, at: &Iterate, direction: &Direction) {
        self.d_radius = direction.step.width;
        let (radius, d_radius) = (self.radius, self.d_radius);
        let (inner, _) = self.confined.split(at);
        let d_inner = match self.confined {
            Confined::Force => &direction.forces,
            Confined::Weight => &direction.step.w,
        };
        for side in &mut self.sides {
            for (k, (v, dv)) in inner.iter().zip(d_inner).enumerate() {
                let (a, t) = (side.parts[k], side.slacks[k]);
                let dt = radius - side.sign * v - t + d_radius - side.sign * dv;
                side.d_slacks[k] = dt;
                side.d_parts[k] = (side.aims[k] - a * dt) / t - a;
            }
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
            mirrorhead_kernels::add_scaled(&mut side.parts, step, &side.d_parts);
            mirrorhead_kernels::add_scaled(&mut side.slacks, step, &side.d_slacks);
        }
    }
}

impl Confined {
    /// The confined variable and the other one.
    fn split(self, at: &Iterate) -> (&[f64], &[f64]) {
        match self {
            Self::Force => (&at.forces, &at.w),
            Self::Weight => (&at.w, &at.forces),
        }
    }
}

impl Side {
    /// Where `$a_k$` goes if neither `$v_k$` nor `$r$` moves, and `$a/t$`, by which it moves with `$\pm v_k - r$`.
    fn part(&self, k: usize, v: f64, radius: f64) -> (f64, f64) {
        let (a, t) = (self.parts[k], self.slacks[k]);
        let missing = radius - self.sign * v - t;
        ((self.aims[k] - a * missing) / t, a / t)
    }
}
