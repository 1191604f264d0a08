//! The interior-point method on the normalised problem, with continuation in $p$.
//!
//! See the [crate documentation](crate) for the equations.

use mirrorhead_kernels::LinearOperator;
use mirrorhead_mirror::LpNorm;

use crate::best::Best;
use crate::curve::Curve;
use crate::direction::{Direction, System};
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::newton::NewtonMatrix;
use crate::outcome::StallReason;
use crate::rows::EquilibratedRows;
use crate::step::longest_step;
use crate::tangents::Tangents;
use crate::{MarginInterval, Norm, WorkCounters};

/// Steps shorter than this leave $p$ where it is.
const HOLD: f64 = 0.3;

/// Share of the relative gap that complementarity may use up at the end.
const TAIL: f64 = 0.05;

/// Complementarity is kept above this multiple of the squared distance from the curve, so that it
/// does not run ahead of the nonlinear part of the problem.
const LEAD: f64 = 0.1;
/// Predictors shorter than this are made up for in part only.
const SHORT: f64 = 0.3;

/// Iterations without a narrower interval after which rounding has won.
const PATIENCE: usize = 12;

/// How boldly the method follows the change of exponent and the curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caution {
    /// Largest factor by which $p - 1$ changes in one iteration on the way from 2 to its value.
    continuation: f64,
    /// Damping of the tangents (see [`Tangents::linearize`]).
    damping: f64,
}

impl Caution {
    /// The quickest way for `norm`, then two more careful ones for problems that need them.
    pub fn attempts(norm: Norm) -> [Self; 3] {
        let far = norm.p().max(norm.conjugate_exponent()) > FAR;
        let continuation = if far { 1.6 } else { 2.0 };
        [
            Self { continuation, damping: 3.0 },
            Self { continuation: 1.3, damping: 5.0 },
            Self { continuation: 1.15, damping: 8.0 },
        ]
    }
}

/// Exponents (or conjugate exponents) beyond this are approached in shorter strides.
const FAR: f64 = 22.0;

/// Makes any progress with a feasible $w$ count for more than any without.
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
    caution: Caution,
    step: f64,
    newton: NewtonMatrix,
    tangents: Tangents,
    direction: Direction,
}

impl InteriorPoint {
    /// The method at `iterate`, on `curve`, factoring at most `most` rows.
    pub fn new(iterate: Iterate, curve: Curve, caution: Caution, most: usize) -> Self {
        let (m, n) = (iterate.multipliers.len(), iterate.w.len());
        Self {
            best: Best {
                w: iterate.w.clone(),
                multipliers: iterate.multipliers.clone(),
                interval: MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY },
            },
            vanishing: 1e-3,
            curve,
            caution,
            step: 1.0,
            newton: NewtonMatrix::new(m, n, most),
            tangents: Tangents::new(n),
            direction: Direction::new(m, n),
            iterate,
        }
    }

    /// Iterates until the interval of `norm` is as narrow as `relative_gap`, or no longer narrows.
    pub fn run<A: LinearOperator + ?Sized>(
        &mut self,
        rows: &mut EquilibratedRows<'_, A>,
        norm: Norm,
        relative_gap: f64,
        limits: &mut Limits<'_>,
        work: &mut WorkCounters,
    ) -> Ending {
        let mut narrowest = f64::INFINITY;
        let mut patience = PATIENCE;
        loop {
            let Some(bounds) = self.iterate.interval(rows, norm) else {
                return Ending::Stalled(StallReason::Precision);
            };
            self.best.keep(&self.iterate.w, &self.iterate.multipliers, bounds);
            let gap = self.best.interval.relative_gap();
            if gap <= relative_gap {
                return Ending::Converged;
            }
            if self.best.interval.upper <= self.vanishing && self.best.interval.lower <= 0.0 {
                return Ending::Vanishing;
            }
            // While nothing is known to be feasible, progress is the vanishing of the upper bound.
            let progress = if self.best.interval.lower > 0.0 {
                gap
            } else {
                INFEASIBLE * self.best.interval.upper
            };
            if progress < 0.9 * narrowest || self.curve.norm() != norm {
                narrowest = progress.min(narrowest);
                patience = PATIENCE;
            } else if patience == 0 {
                return Ending::Stalled(StallReason::Precision);
            } else {
                patience -= 1;
            }
            if let Some(reason) = limits.exceeded(work) {
                return Ending::Stalled(reason);
            }
            work.iterations += 1;
            // Until some w satisfies every constraint it is not known that there is one, and p = 2
            // is where that is found out most reliably.
            if self.best.interval.lower > 0.0 {
                self.continue_towards(norm);
            }
            if !self.advance(rows, relative_gap, work) {
                return Ending::Stalled(StallReason::Precision);
            }
        }
    }

    /// The norm that the continuation has reached.
    pub fn reached(&self) -> Norm {
        self.curve.norm()
    }

    /// Moves the curve towards that of `target`: the further, the better the last step went.
    fn continue_towards(&mut self, target: Norm) {
        let Curve::Power(norm) = &self.curve else { return };
        let Norm::Lp(target) = target else {
            let gap = self.best.interval.relative_gap();
            self.curve = Curve::at(target, &mut self.iterate, gap);
            return;
        };
        let most = 1.0
            + (self.caution.continuation - 1.0)
                * ((self.step - HOLD) / (1.0 - HOLD)).clamp(0.0, 1.0);
        let wanted = (target.p() - 1.0) / (norm.p() - 1.0);
        let factor = wanted.clamp(most.recip(), most);
        self.curve = Curve::Power(if factor == wanted {
            target
        } else {
            LpNorm::new(1.0 + (norm.p() - 1.0) * factor).expect("between 2 and a valid exponent")
        });
    }

    /// One predictor-corrector step. False if it could not be taken.
    fn advance<A: LinearOperator + ?Sized>(
        &mut self,
        rows: &mut EquilibratedRows<'_, A>,
        relative_gap: f64,
        work: &mut WorkCounters,
    ) -> bool {
        let (at, to) = (&mut self.iterate, &mut self.direction);
        let kappa = self.curve.rescale(at);
        let distance = self.curve.linearize(at, kappa, self.caution.damping, &mut self.tangents);
        for ((d, s), l) in to.ratios.iter_mut().zip(&at.slacks).zip(&at.multipliers) {
            *d = s / l;
        }
        if self.newton.factor(rows, &self.tangents.slopes, &to.ratios, work).is_err() {
            return false;
        }
        let mut system = System {
            rows,
            newton: &mut self.newton,
            tangents: &mut self.tangents,
            work,
            // Errors of the margins this small do not show in the gap.
            accuracy: 0.1 * TAIL * relative_gap * kappa,
        };
        let pairs = (at.multipliers.len() + self.curve.n_pairs()) as f64;
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
        let least = (TAIL * relative_gap).max(LEAD * distance * distance) * kappa / pairs;
        let mu = ((affine_mu / mu).powi(3) * mu).max(least);
        if self.curve.correct(at, mu, system.tangents) {
            to.retarget(&mut system);
        }
        // Of a step that is cut short, the second-order error is smaller by its square. Made up for in full,
        // it would drive the products apart, and the steps after would be short for that.
        let part = (step / SHORT).min(1.0).powi(2);
        to.correct(&mut system, at, mu, part);
        self.curve.follow(at, to);
        if !to.is_finite() {
            return false;
        }
        self.step = longest_step(to.blocking(at).max(self.curve.blocking()), caution);
        at.advance(to, self.step);
        self.curve.advance(self.step);
        rows.apply_adjoint(&at.multipliers, &mut at.forces);
        true
    }
}
