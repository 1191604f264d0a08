//! The strip to which one variable of each entry is confined at `$p = 1$` and `$p = \infty$`, and the complementary pairs
//! of its two sides.

use mirrorhead_kernels::add_scaled;

use crate::step::{blocking, products_after};

/// Which of the primal variable `$w$` and the dual variable `$u = A^\top\lambda$` is confined: to `$\lvert v\rvert \le r$` at an
/// end, and nearly so for a steep power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confined {
    /// `$u$`: `$p = 1$`.
    Dual,
    /// `$w$`: `$p = \infty$`.
    Primal,
}

impl Confined {
    /// The confined variable and the other one.
    pub fn split<'x>(self, w: &'x [f64], u: &'x [f64]) -> (&'x [f64], &'x [f64]) {
        match self {
            Self::Dual => (u, w),
            Self::Primal => (w, u),
        }
    }
}

/// The pairs of one side of the strip, `$+$` or `$-$`: slacks `$t = r \mp v > 0$` and the part `$a > 0$` of the other
/// variable that is nonzero there, on the way to `$a t = 0$`.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// `$+1$` or `$-1$`.
    sign: f64,
    /// `$a$`.
    parts: Vec<f64>,
    /// `$t$`.
    slacks: Vec<f64>,
    d_parts: Vec<f64>,
    d_slacks: Vec<f64>,
    /// What `$(a + \mathrm da)(t + \mathrm dt) - \mathrm da\,\mathrm dt$` should be.
    aims: Vec<f64>,
}

impl Side {
    /// The pairs with these slacks for the variable `outer` that isn't confined, with products of at least `mu`.
    pub fn with_slacks(sign: f64, outer: &[f64], slacks: Vec<f64>, mu: f64) -> Self {
        let parts = outer.iter().zip(&slacks).map(|(a, t)| (sign * a).max(mu / t)).collect();
        let zeros = vec![0.0; slacks.len()];
        let (d_parts, d_slacks, aims) = (zeros.clone(), zeros.clone(), zeros);
        Self { sign, parts, slacks, d_parts, d_slacks, aims }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Aims at products of zero.
    pub fn aim_at_zero(&mut self) {
        self.aims.fill(0.0);
    }

    /// Aims at products of `mu`, with `part` of the second-order error of the last direction made up for.
    pub fn aim(&mut self, mu: f64, part: f64) {
        let directions = self.d_parts.iter().zip(&self.d_slacks);
        for (aim, (da, dt)) in self.aims.iter_mut().zip(directions) {
            *aim = mu - part * da * dt;
        }
    }

    /// Where `$a_k$` goes if neither `$v_k$` nor its edge moves, and `$a/t$`, by which it moves with `$\pm v_k$` minus
    /// the edge.
    pub fn part(&self, k: usize, v: f64, edge: f64, noise: f64) -> (f64, f64) {
        let (a, t) = (self.parts[k], self.slacks[k]);
        ((self.aims[k] - a * self.missing(k, v, edge, noise)) / t, a / t)
    }

    /// The direction of pair `$k$` when `$v_k$` moves by `dv` and the edge of its strip by `d_edge`.
    pub fn follow(&mut self, k: usize, v: f64, dv: f64, (edge, d_edge): (f64, f64), noise: f64) {
        let (a, t) = (self.parts[k], self.slacks[k]);
        let dt = self.missing(k, v, edge, noise) + d_edge - self.sign * dv;
        self.d_slacks[k] = dt;
        self.d_parts[k] = (self.aims[k] - a * dt) / t - a;
    }

    /// What the slack misses, zero where it is lost in the `noise` of `$v$`: the slacks have more digits.
    fn missing(&self, k: usize, v: f64, edge: f64, noise: f64) -> f64 {
        let missing = edge - self.sign * v - self.slacks[k];
        if missing.abs() <= noise { 0.0 } else { missing }
    }

    /// The largest `$-\mathrm dx/x$` of all slacks and parts.
    pub fn blocking(&self) -> f64 {
        blocking(&self.parts, &self.d_parts).max(blocking(&self.slacks, &self.d_slacks))
    }

    /// The sum of products of the pairs after a step of length `step`.
    pub fn complementarity_after(&self, step: f64) -> f64 {
        products_after(&self.parts, &self.d_parts, &self.slacks, &self.d_slacks, step)
    }

    /// Goes `step` of the way.
    pub fn advance(&mut self, step: f64) {
        add_scaled(&mut self.parts, step, &self.d_parts);
        add_scaled(&mut self.slacks, step, &self.d_slacks);
    }
}
