//! The Newton direction: predictor, corrector, and the refinement that makes it accurate.

use mirrorhead_kernels::{LinearOperator, dot, max_abs};

use crate::WorkCounters;
use crate::curve::Tangents;
use crate::iterate::Iterate;
use crate::newton::NewtonMatrix;
use crate::rows::EquilibratedRows;

/// A direction in $(\lambda, s)$ with the $w$ and $\rho$ it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    /// $\mathrm d\lambda$.
    pub multipliers: Vec<f64>,
    /// $\mathrm d s$.
    pub slacks: Vec<f64>,
    /// The $w$ that a full step leads to: $\hat w + D A^\top \mathrm d\lambda$.
    pub w: Vec<f64>,
    /// The $\rho$ that a full step leads to.
    pub rho: f64,
    /// $s / \lambda$.
    pub ratios: Vec<f64>,
    /// $K^{-1} b$.
    bound_response: Vec<f64>,
    /// $A \hat w$.
    target_margins: Vec<f64>,
    /// What $(\lambda + \mathrm d\lambda)(s + \mathrm d s)$ should be, over $\lambda$, minus $s$ and the corrector.
    aim: Vec<f64>,
    margins: Vec<f64>,
    residual: Vec<f64>,
}

/// What a direction is computed with.
pub(crate) struct System<'s, 'a, A: ?Sized> {
    pub rows: &'s mut EquilibratedRows<'a, A>,
    pub newton: &'s mut NewtonMatrix,
    pub tangents: &'s Tangents,
    pub work: &'s mut WorkCounters,
    /// Residuals of the margins below this need no refinement.
    pub accuracy: f64,
}

/// Most rounds of refinement.
const REFINEMENTS: usize = 4;

impl Direction {
    /// Room for `m` rows of `n` unknowns.
    pub fn new(m: usize, n: usize) -> Self {
        let rows = vec![0.0; m];
        Self {
            multipliers: rows.clone(),
            slacks: rows.clone(),
            w: vec![0.0; n],
            rho: 0.0,
            ratios: rows.clone(),
            bound_response: rows.clone(),
            target_margins: rows.clone(),
            aim: rows.clone(),
            margins: rows.clone(),
            residual: rows,
        }
    }

    /// The direction towards complementarity zero.
    pub fn predict<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
    ) {
        self.bound_response.copy_from_slice(&system.rows.bounds);
        system.newton.solve(&mut self.bound_response, system.work);
        system.rows.apply(&system.tangents.targets, &mut self.target_margins);
        self.aim.fill(0.0);
        self.solve(system, at);
        self.complete(at);
    }

    /// The direction towards complementarity `mu` that makes up for the second-order error of the
    /// predictor, which must have been computed.
    pub fn correct<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
        mu: f64,
    ) {
        for (((aim, ds), dl), l) in
            self.aim.iter_mut().zip(&self.slacks).zip(&self.multipliers).zip(&at.multipliers)
        {
            *aim = (mu - ds * dl) / l;
        }
        self.solve(system, at);
        self.refine(system, at);
        self.complete(at);
    }

    /// $K\,\mathrm d\lambda = \text{aim} - A\hat w + \rho\,b$ with the $\rho$ that makes
    /// $b^\top(\lambda + \mathrm d\lambda) = 1$.
    fn solve<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        for ((r, aim), margin) in
            self.multipliers.iter_mut().zip(&self.aim).zip(&self.target_margins)
        {
            *r = aim - margin;
        }
        system.newton.solve(&mut self.multipliers, system.work);
        self.rho = 0.0;
        self.meet_normalization(system, at);
    }

    /// Adds the multiple of $K^{-1} b$ that brings $b^\top(\lambda + \mathrm d\lambda)$ to 1.
    fn meet_normalization<A: LinearOperator + ?Sized>(
        &mut self,
        system: &System<'_, '_, A>,
        at: &Iterate,
    ) {
        let b = &system.rows.bounds;
        let missing = 1.0 - dot(b, &at.multipliers) - dot(b, &self.multipliers);
        let rho = missing / dot(b, &self.bound_response);
        for (dl, r) in self.multipliers.iter_mut().zip(&self.bound_response) {
            *dl += rho * r;
        }
        self.rho += rho;
    }

    /// Refines $(\mathrm d\lambda, \rho)$ against the operator itself, and sets `w`.
    ///
    /// Near the solution $\mathrm d\lambda$ is tiny, and so is the error left by a solve whose right-hand
    /// side is only what is missing.
    fn refine<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        let mut last = f64::INFINITY;
        for round in 0..=REFINEMENTS {
            system.rows.apply_adjoint(&self.multipliers, &mut self.w);
            let tangents = system.tangents;
            for ((w, target), slope) in
                self.w.iter_mut().zip(&tangents.targets).zip(&tangents.slopes)
            {
                *w = target + slope * *w;
            }
            if round == REFINEMENTS {
                return;
            }
            system.rows.apply(&self.w, &mut self.margins);
            for (((((r, aim), dl), ratio), margin), b) in self
                .residual
                .iter_mut()
                .zip(&self.aim)
                .zip(&self.multipliers)
                .zip(&self.ratios)
                .zip(&self.margins)
                .zip(&system.rows.bounds)
            {
                *r = aim - ratio * dl - margin + self.rho * b;
            }
            let size = max_abs(&self.residual);
            if size.is_nan() || size <= system.accuracy || size > 0.5 * last {
                return;
            }
            last = size;
            system.newton.solve(&mut self.residual, system.work);
            for (dl, r) in self.multipliers.iter_mut().zip(&self.residual) {
                *dl += r;
            }
            self.meet_normalization(system, at);
        }
    }

    /// The slacks that go with the multipliers.
    fn complete(&mut self, at: &Iterate) {
        for ((((ds, dl), aim), ratio), s) in self
            .slacks
            .iter_mut()
            .zip(&self.multipliers)
            .zip(&self.aim)
            .zip(&self.ratios)
            .zip(&at.slacks)
        {
            *ds = aim - ratio * dl - s;
        }
    }

    /// The longest step in $(0, 1]$ that goes at most `caution` of the way to where a slack or a
    /// multiplier vanishes.
    pub fn longest_step(&self, at: &Iterate, caution: f64) -> f64 {
        let blocking = |x: &[f64], dx: &[f64]| {
            x.iter().zip(dx).fold(0.0f64, |most, (x, dx)| most.max(-dx / x))
        };
        let most =
            blocking(&at.multipliers, &self.multipliers).max(blocking(&at.slacks, &self.slacks));
        if most > caution { caution / most } else { 1.0 }
    }

    /// $(s + t\,\mathrm d s)^\top(\lambda + t\,\mathrm d\lambda)$ for a step $t$.
    pub fn complementarity_after(&self, at: &Iterate, step: f64) -> f64 {
        (at.slacks.iter().zip(&self.slacks))
            .zip(at.multipliers.iter().zip(&self.multipliers))
            .map(|((s, ds), (l, dl))| (s + step * ds) * (l + step * dl))
            .sum()
    }

    /// Whether rounding or overflow left the direction usable.
    pub fn is_finite(&self) -> bool {
        self.multipliers.iter().chain(&self.slacks).all(|x| x.is_finite())
    }
}
