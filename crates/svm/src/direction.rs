//! The Newton direction: predictor, corrector, and the refinement that makes it accurate.

use mirrorhead_kernels::{LinearOperator, add_scaled, dot, max_abs};

use crate::WorkCounters;
use crate::iterate::Iterate;
use crate::newton::NewtonMatrix;
use crate::rows::EquilibratedRows;
use crate::step::{blocking, products_after};
use crate::tangents::Tangents;

/// A direction in $(\lambda, s)$ with the $w$ and $\rho$ it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    /// $\mathrm d\lambda$.
    pub multipliers: Vec<f64>,
    /// $\mathrm d s$.
    pub slacks: Vec<f64>,
    /// The $w$ that a full step leads to: $\hat w + D A^\top \mathrm d\lambda$.
    pub w: Vec<f64>,
    /// $\mathrm du = A^\top\mathrm d\lambda$.
    pub forces: Vec<f64>,
    /// The $\rho$ that a full step leads to.
    pub rho: f64,
    /// $\mathrm d\kappa$, where the curve has a width that is unknown.
    pub d_width: f64,
    /// $s / \lambda$.
    pub ratios: Vec<f64>,
    /// $K^{-1} b$.
    bound_response: Vec<f64>,
    /// $A E$ and $K^{-1} A E$, where there is a border.
    pulls: Vec<f64>,
    pull_response: Vec<f64>,
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
    pub tangents: &'s mut Tangents,
    pub work: &'s mut WorkCounters,
    /// Residuals of the margins below this need no refinement.
    pub accuracy: f64,
}

impl<A: LinearOperator + ?Sized> System<'_, '_, A> {
    /// `x` $= K^{-1}$ `x`.
    fn solve(&mut self, x: &mut [f64]) {
        self.newton.solve(self.rows, x, self.work);
    }
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
            forces: vec![0.0; n],
            rho: 0.0,
            d_width: 0.0,
            ratios: rows.clone(),
            bound_response: rows.clone(),
            pulls: rows.clone(),
            pull_response: rows.clone(),
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
        system.solve(&mut self.bound_response);
        if let Some(border) = &system.tangents.border {
            system.rows.apply(&border.pulls, &mut self.pulls);
            self.pull_response.copy_from_slice(&self.pulls);
            system.solve(&mut self.pull_response);
        }
        self.aim.fill(0.0);
        self.retarget(system);
        self.solve(system, at);
        self.complete(at);
    }

    /// Takes in targets that have changed.
    pub fn retarget<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>) {
        system.rows.apply(&system.tangents.targets, &mut self.target_margins);
    }

    /// The direction towards complementarity `mu` that makes up for a part of the second-order error of the
    /// predictor, which must have been computed.
    pub fn correct<A: LinearOperator + ?Sized>(
        &mut self,
        system: &mut System<'_, '_, A>,
        at: &Iterate,
        mu: f64,
        part: f64,
    ) {
        for (((aim, ds), dl), l) in
            self.aim.iter_mut().zip(&self.slacks).zip(&self.multipliers).zip(&at.multipliers)
        {
            *aim = (mu - part * ds * dl) / l;
        }
        self.solve(system, at);
        self.refine(system, at);
        self.complete(at);
    }

    /// $K\,\mathrm d\lambda = \text{aim} - A\hat w + \rho\,b + \mathrm d\kappa\,A E$ with the $\rho$ and
    /// $\mathrm d\kappa$ that [`meet_conditions`](Self::meet_conditions) asks for.
    fn solve<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        for ((r, aim), margin) in
            self.multipliers.iter_mut().zip(&self.aim).zip(&self.target_margins)
        {
            *r = aim - margin;
        }
        system.solve(&mut self.multipliers);
        (self.rho, self.d_width) = (0.0, 0.0);
        self.meet_conditions(system, at);
    }

    /// Adds the multiples of $K^{-1} b$ and $K^{-1} A E$ that bring $b^\top(\lambda + \mathrm d\lambda)$ to
    /// 1 and meet the equation of the border, if there is one.
    fn meet_conditions<A: LinearOperator + ?Sized>(
        &mut self,
        system: &System<'_, '_, A>,
        at: &Iterate,
    ) {
        let b = &system.rows.bounds;
        let missing = 1.0 - dot(b, &at.multipliers) - dot(b, &self.multipliers);
        let bb = dot(b, &self.bound_response);
        let (rho, width) = match &system.tangents.border {
            None => (missing / bb, 0.0),
            Some(border) => {
                let still = border.missing + border.stiffness * self.d_width
                    - dot(&self.pulls, &self.multipliers);
                let be = dot(b, &self.pull_response);
                let ee = dot(&self.pulls, &self.pull_response) - border.stiffness;
                let determinant = bb * ee - be * be;
                (
                    (missing * ee - still * be) / determinant,
                    (still * bb - missing * be) / determinant,
                )
            }
        };
        add_scaled(&mut self.multipliers, rho, &self.bound_response);
        if width != 0.0 {
            add_scaled(&mut self.multipliers, width, &self.pull_response);
        }
        self.rho += rho;
        self.d_width += width;
    }

    /// Sets `forces` and `w` to what the multipliers lead to.
    pub fn reach<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>) {
        system.rows.apply_adjoint(&self.multipliers, &mut self.forces);
        let tangents = &*system.tangents;
        let curve = tangents.targets.iter().zip(&tangents.slopes);
        for ((w, du), (target, slope)) in self.w.iter_mut().zip(&self.forces).zip(curve) {
            *w = target + slope * du;
        }
        if let Some(border) = &tangents.border {
            add_scaled(&mut self.w, -self.d_width, &border.pulls);
        }
    }

    /// Refines $(\mathrm d\lambda, \rho, \mathrm d\kappa)$ against the operator itself, and sets `w`.
    ///
    /// Near the solution $\mathrm d\lambda$ is tiny, and so is the error left by a solve whose right-hand
    /// side is only what is missing.
    fn refine<A: LinearOperator + ?Sized>(&mut self, system: &mut System<'_, '_, A>, at: &Iterate) {
        let mut last = f64::INFINITY;
        for round in 0..=REFINEMENTS {
            self.reach(system);
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
            system.solve(&mut self.residual);
            add_scaled(&mut self.multipliers, 1.0, &self.residual);
            self.meet_conditions(system, at);
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

    /// The largest share by which a full step would shrink a slack or a multiplier.
    pub fn blocking(&self, at: &Iterate) -> f64 {
        blocking(&at.multipliers, &self.multipliers).max(blocking(&at.slacks, &self.slacks))
    }

    /// $(s + t\,\mathrm d s)^\top(\lambda + t\,\mathrm d\lambda)$ for a step $t$.
    pub fn complementarity_after(&self, at: &Iterate, step: f64) -> f64 {
        products_after(&at.slacks, &self.slacks, &at.multipliers, &self.multipliers, step)
    }

    /// Whether rounding or overflow left the direction usable.
    pub fn is_finite(&self) -> bool {
        self.multipliers.iter().chain(&self.slacks).all(|x| x.is_finite())
    }
}
