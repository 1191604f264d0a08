//! The interior-point method on the normalised problem, with continuation in `$p$`.
//!
//! See the [crate documentation](crate) for the equations.

use crate::best::Best;
use crate::cholesky::NoFactor;
use crate::continuation::{Caution, Continuation, Stage};
use crate::curve::Curve;
use crate::direction::Direction;
use crate::iterate::{Digits, Iterate};
use crate::limits::Limits;
use crate::newton::{Form, NewtonMatrix};
use crate::newton_system::System;
use crate::outcome::StallReason;
use crate::rows::EquilibratedRows;
use crate::step::longest_step;
use crate::tangents::Tangents;
use crate::units::Units;
use crate::{MarginInterval, Norm, WorkCounters};

/// Share of the relative gap that complementarity may use up at the end.
const COMPLEMENTARITY: f64 = 0.05;

/// The same for a staircase where digits are short: the smallest slacks are then no smaller than need be.
const COARSE_COMPLEMENTARITY: f64 = 0.4;

/// The same on the way to other units at `$p = \infty$`: from the end of one problem there is no way to another.
const TRAVELLING: f64 = 1e-3;

/// Complementarity is kept above this multiple of the squared distance from the curve, so that it
/// does not run ahead of the nonlinear part of the problem: less once some `$w$` is feasible, since the distance is
/// that of the farthest entry.
const CENTRALITY: f64 = 0.01;
const CENTRALITY_BEFORE: f64 = 0.1;

/// At this distance from the curve an iterate that comes no nearer is restrained, by this factor an iteration.
const FAR_FROM_CURVE: f64 = 0.25;
const DAMPING_GROWTH: f64 = 1.3;

/// A margin smaller than this is zero, if no `$w$` is known with a larger one.
const ZERO_MARGIN: f64 = 1e-100;

/// Predictors shorter than this are made up for in part only.
const SHORT_PREDICTOR: f64 = 0.3;

/// A step shorter than this is followed by one that only centres, near the curve.
const SHORT_STEP: f64 = 0.5;

/// Iterations without a narrower interval after which rounding has won.
const PATIENCE: usize = 12;

/// Most iterations of a run: what takes longer creeps, and another way is better.
const MOST_ITERATIONS: usize = 120;

/// Makes any progress with a feasible `$w$` count for more than any without.
const INFEASIBLE: f64 = 1e20;

/// How a run of the method ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The interval is as narrow as asked.
    Converged,
    /// The margin seems to be zero: time to look for a Farkas certificate.
    Vanishing,
    /// Stopped for another reason.
    Stalled(StallReason),
}

/// The method's state: the iterate, the best pair so far and the matrices.
pub(crate) struct InteriorPoint {
    pub iterate: Iterate,
    /// In the units of the equilibrated rows.
    pub best: Best,
    /// Below this margin the data may not be separable; lowered when it turned out to be.
    pub vanishing: f64,
    /// The curve that the continuation has reached.
    curve: Curve,
    continuation: Continuation,
    digits: Digits,
    /// How far the farthest entry was from the curve, and by how much more than usual tangents are damped for it.
    distance: f64,
    restraint: f64,
    step: f64,
    newton: NewtonMatrix,
    tangents: Tangents,
    direction: Direction,
}

impl InteriorPoint {
    /// The method at `iterate`, of this relative `gap`, on the curve of `stage`, with Newton matrices in this form of
    /// at most `most` rows.
    pub fn new(
        rows: &EquilibratedRows<'_>,
        mut iterate: Iterate,
        (stage, gap): (Stage, f64),
        caution: Caution,
        (form, most): (Form, usize),
    ) -> Self {
        let (m, n) = (iterate.multipliers.len(), iterate.w.len());
        let units = rows.units.power(stage.share).within_reach(stage.norm, &iterate.w);
        let curve = Curve::at(stage.norm, units, &mut iterate, gap);
        Self {
            best: Best {
                w: iterate.w.clone(),
                multipliers: iterate.multipliers.clone(),
                interval: MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY },
            },
            vanishing: 1e-3,
            curve,
            continuation: Continuation::new(stage, caution),
            digits: Digits::Plain,
            distance: f64::INFINITY,
            restraint: 1.0,
            step: 1.0,
            newton: NewtonMatrix::in_form(form, m, n, most),
            tangents: Tangents::new(n),
            direction: Direction::new(m, n),
            iterate,
        }
    }

    /// Iterates until the interval of `norm` is as narrow as `relative_gap`, or no longer narrows.
    pub fn run(
        &mut self,
        rows: &mut EquilibratedRows<'_>,
        norm: Norm,
        relative_gap: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Ending {
        let mut narrowest = f64::INFINITY;
        let mut patience = PATIENCE;
        let last = work.iterations + MOST_ITERATIONS;
        loop {
            let Some(bounds) = self.iterate.interval(rows, norm, self.digits) else {
                return Ending::Stalled(StallReason::Precision);
            };
            self.best.keep(&self.iterate.w, &self.iterate.multipliers, bounds);
            limits.tell(work, self.best.interval.lower, self.best.interval.upper);
            let gap = self.best.interval.relative_gap();
            if gap <= relative_gap {
                return Ending::Converged;
            }
            if let Some(reason) = limits.exceeded(work) {
                return Ending::Stalled(reason);
            }
            if self.best.interval.upper <= self.vanishing && self.best.interval.lower <= 0.0 {
                let nothing = self.vanishing < ZERO_MARGIN;
                return if nothing {
                    Ending::Stalled(StallReason::Precision)
                } else {
                    Ending::Vanishing
                };
            }
            // While nothing is known to be feasible, progress is the vanishing of the upper bound.
            let progress = if self.best.interval.lower > 0.0 {
                gap
            } else {
                INFEASIBLE * self.best.interval.upper
            };
            if progress < 0.9 * narrowest || !self.has_arrived(norm, rows) {
                narrowest = progress.min(narrowest);
                patience = PATIENCE;
            } else if patience == 0 {
                return Ending::Stalled(StallReason::Precision);
            } else {
                patience -= 1;
            }
            if work.iterations == last {
                return Ending::Stalled(StallReason::Precision);
            }
            work.iterations += 1;
            // Until some w satisfies every constraint it is not known that there is one, and p = 2
            // is where that is found out most reliably.
            if self.best.interval.lower > 0.0 {
                self.continue_towards(norm, &rows.units);
            }
            let travels = norm == Norm::LInfinity
                && rows.units.get().is_some()
                && !self.has_arrived(norm, rows);
            if let Err(reason) = self.advance(rows, (relative_gap, travels), limits, work) {
                return Ending::Stalled(reason);
            }
        }
    }

    /// What the continuation has reached.
    pub fn reached(&self) -> Stage {
        self.continuation.stage()
    }

    /// Whether the continuation is at its end.
    fn has_arrived(&self, norm: Norm, rows: &EquilibratedRows<'_>) -> bool {
        self.reached().norm == norm && (self.reached().share == 1.0 || rows.units.get().is_none())
    }

    /// Moves the curve towards that of `target` in `units`: the further, the better the last step went.
    fn continue_towards(&mut self, target: Norm, units: &Units) {
        if self.continuation.advance(target, units, self.step) {
            let Stage { norm, share } = self.continuation.stage();
            let gap = self.best.interval.relative_gap();
            let units = units.power(share).within_reach(target, &self.best.w);
            self.curve = Curve::at(norm, units, &mut self.iterate, gap);
        }
    }

    /// One predictor-corrector step, unless it can't be taken.
    fn advance(
        &mut self,
        rows: &mut EquilibratedRows<'_>,
        (relative_gap, travels): (f64, bool),
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), StallReason> {
        let feasible = self.best.interval.lower > 0.0;
        let (at, to) = (&mut self.iterate, &mut self.direction);
        let kappa = self.curve.rescale(at);
        let damping = self.continuation.damping() * self.restraint;
        let distance = self.curve.linearize(at, kappa, damping, &mut self.tangents);
        // Steps that lead from one side of the curve to the other and back are damped until they don't.
        let circles = distance > FAR_FROM_CURVE && distance > 0.5 * self.distance;
        self.restraint = if circles { DAMPING_GROWTH * self.restraint } else { 1.0 };
        self.distance = distance;
        for ((d, s), l) in to.ratios.iter_mut().zip(&at.slacks).zip(&at.multipliers) {
            *d = s / l;
        }
        // Errors of the margins this small do not show in the gap.
        let accuracy = 0.1 * COMPLEMENTARITY * relative_gap * kappa;
        if self.digits == Digits::Plain && at.needs_digits(rows, self.curve.norm(), accuracy) {
            rows.store();
            self.digits = Digits::Twofold;
        }
        let (slopes, sigma) = (&self.tangents.slopes, &to.ratios);
        let accurate = self.digits == Digits::Twofold
            && self
                .newton
                .factor_accurately(rows, &self.tangents, sigma, limits, work)
                .map_err(NoFactor::reason)?;
        if !accurate {
            self.newton.factor(rows, slopes, sigma, limits, work).map_err(NoFactor::reason)?;
        }
        let pairs = (at.multipliers.len() + self.curve.n_pairs()) as f64;
        // Where digits are short the smallest slacks are, too.
        let accuracy = if self.digits == Digits::Twofold { accuracy / pairs } else { accuracy };
        at.misfits(rows, self.digits, &mut to.misfits);
        let mut system = System {
            rows: &mut *rows,
            newton: &mut self.newton,
            tangents: &mut self.tangents,
            limits,
            work,
            accuracy,
        };
        let caution = 0.99f64.max(1.0 - self.best.interval.relative_gap());
        let complementarity = |curve: &Curve, at: &Iterate, to: &Direction, step: f64| {
            (to.complementarity_after(at, step) + curve.complementarity_after(step)) / pairs
        };
        to.predict(&mut system, at);
        if self.curve.n_pairs() > 0 {
            to.reach(&mut system);
            self.curve.follow(at, to);
        }
        let step = longest_step(to.blocking(at).max(self.curve.blocking()), caution);
        let mu = complementarity(&self.curve, at, to, 0.0);
        let affine_mu = complementarity(&self.curve, at, to, step);
        // Complementarity below what the gap asks for would only spoil the conditioning.
        let lead = if feasible { CENTRALITY } else { CENTRALITY_BEFORE };
        let short = self.digits == Digits::Twofold && self.curve.n_pairs() > 0;
        let tail = if short { COARSE_COMPLEMENTARITY } else { COMPLEMENTARITY };
        let tail = if travels { TRAVELLING } else { tail * relative_gap };
        let least = tail.max(lead * distance * distance) * kappa / pairs;
        // Where the last step was short the path bends: without a step that only centres, the next ones creep along its edge.
        let creeps = self.step < SHORT_STEP && distance < FAR_FROM_CURVE;
        let centring = if creeps { mu } else { 0.0 };
        let mu = ((affine_mu / mu).powi(3) * mu).max(least).max(centring);
        if self.curve.correct(at, mu, system.tangents) {
            to.retarget(&mut system);
        }
        // Of a step that is cut short, the second-order error is smaller by its square. Made up for in full,
        // it would drive the products apart, and the steps after would be short for that.
        let part = (step / SHORT_PREDICTOR).min(1.0).powi(2);
        to.correct(&mut system, at, mu, part);
        self.curve.follow(at, to);
        limits.check()?;
        if !to.is_finite() {
            return Err(StallReason::Precision);
        }
        self.step = longest_step(to.blocking(at).max(self.curve.blocking()), caution);
        to.advance(at, self.step);
        self.curve.advance(self.step);
        at.pull(rows, self.digits);
        Ok(())
    }
}
