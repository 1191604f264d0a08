//! The interior-point method on the normalised problem, with continuation in $p$.
//!
//! See the [crate documentation](crate) for the equations.

use mirrorhead_kernels::{LinearOperator, dot};
use mirrorhead_mirror::LpNorm;

use crate::curve::Tangents;
use crate::direction::{Direction, System};
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::newton::NewtonMatrix;
use crate::outcome::StallReason;
use crate::rows::EquilibratedRows;
use crate::{MarginInterval, WorkCounters};

/// Steps shorter than this leave $p$ where it is.
const HOLD: f64 = 0.3;

/// Share of the relative gap that complementarity may use up at the end.
const TAIL: f64 = 0.05;

/// Complementarity is kept above this multiple of the squared distance from the curve, so that it
/// does not run ahead of the nonlinear part of the problem.
const LEAD: f64 = 0.1;

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
    pub fn attempts(norm: LpNorm) -> [Self; 3] {
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
    /// The best $w$ so far, of lower bound `interval.lower`.
    pub best_w: Vec<f64>,
    /// The best multipliers so far, of upper bound `interval.upper`.
    pub best_multipliers: Vec<f64>,
    /// In the units of the equilibrated rows.
    pub interval: MarginInterval,
    /// Below this margin the data may not be separable; lowered when it turned out to be.
    pub vanishing: f64,
    /// The exponent reached by the continuation.
    p: f64,
    caution: Caution,
    step: f64,
    newton: NewtonMatrix,
    tangents: Tangents,
    direction: Direction,
}

impl InteriorPoint {
    /// The method at `iterate`, at exponent `p`.
    pub fn new(iterate: Iterate, p: f64, caution: Caution) -> Self {
        let (m, n) = (iterate.multipliers.len(), iterate.w.len());
        Self {
            best_w: iterate.w.clone(),
            best_multipliers: iterate.multipliers.clone(),
            interval: MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY },
            vanishing: 1e-3,
            p,
            caution,
            step: 1.0,
            newton: NewtonMatrix::new(m, n),
            tangents: Tangents::new(n),
            direction: Direction::new(m, n),
            iterate,
        }
    }

    /// Iterates until the interval of `norm` is as narrow as `relative_gap`, or no longer narrows.
    pub fn run<A: LinearOperator + ?Sized>(
        &mut self,
        rows: &mut EquilibratedRows<'_, A>,
        norm: LpNorm,
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
            self.keep_best(bounds);
            let gap = self.interval.relative_gap();
            if gap <= relative_gap {
                return Ending::Converged;
            }
            if self.interval.upper <= self.vanishing && self.interval.lower <= 0.0 {
                return Ending::Vanishing;
            }
            // While nothing is known to be feasible, progress is the vanishing of the upper bound.
            let progress =
                if self.interval.lower > 0.0 { gap } else { INFEASIBLE * self.interval.upper };
            if progress < 0.9 * narrowest || self.p != norm.p() {
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
            if self.interval.lower > 0.0 {
                self.continue_in_p(norm.p());
            }
            if !self.advance(rows, norm, relative_gap, work) {
                return Ending::Stalled(StallReason::Precision);
            }
        }
    }

    /// The exponent that the continuation has reached.
    pub fn exponent(&self) -> f64 {
        self.p
    }

    fn keep_best(&mut self, bounds: MarginInterval) {
        if bounds.lower > self.interval.lower {
            self.interval.lower = bounds.lower;
            self.best_w.copy_from_slice(&self.iterate.w);
        }
        if bounds.upper < self.interval.upper {
            self.interval.upper = bounds.upper;
            self.best_multipliers.copy_from_slice(&self.iterate.multipliers);
        }
    }

    /// Moves the exponent towards `target`: the further, the better the last step went.
    fn continue_in_p(&mut self, target: f64) {
        let most = 1.0
            + (self.caution.continuation - 1.0)
                * ((self.step - HOLD) / (1.0 - HOLD)).clamp(0.0, 1.0);
        let wanted = (target - 1.0) / (self.p - 1.0);
        let factor = wanted.clamp(most.recip(), most);
        self.p = if factor == wanted { target } else { 1.0 + (self.p - 1.0) * factor };
    }

    /// One predictor-corrector step. False if it could not be taken.
    fn advance<A: LinearOperator + ?Sized>(
        &mut self,
        rows: &mut EquilibratedRows<'_, A>,
        target: LpNorm,
        relative_gap: f64,
        work: &mut WorkCounters,
    ) -> bool {
        let norm = if self.p == target.p() {
            target
        } else {
            LpNorm::new(self.p).expect("between 2 and a valid exponent")
        };
        let (at, to) = (&mut self.iterate, &mut self.direction);
        at.normalize(norm);
        let kappa = norm.dual_of(&at.forces);
        let damping = self.caution.damping;
        let distance = self.tangents.linearize(norm, kappa, &at.w, &at.forces, damping);
        for ((d, s), l) in to.ratios.iter_mut().zip(&at.slacks).zip(&at.multipliers) {
            *d = s / l;
        }
        if self.newton.factor(rows, &self.tangents.slopes, &to.ratios, work).is_err() {
            return false;
        }
        let mut system = System {
            rows,
            newton: &mut self.newton,
            tangents: &self.tangents,
            work,
            // Errors of the margins this small do not show in the gap.
            accuracy: 0.1 * TAIL * relative_gap * kappa,
        };
        let m = at.multipliers.len() as f64;
        let caution = 0.99f64.max(1.0 - self.interval.relative_gap());
        let mu = dot(&at.slacks, &at.multipliers) / m;
        to.predict(&mut system, at);
        let affine_mu = to.complementarity_after(at, to.longest_step(at, caution)) / m;
        // Complementarity below what the gap asks for would only spoil the conditioning.
        let least = (TAIL * relative_gap).max(LEAD * distance * distance) * kappa / m;
        to.correct(&mut system, at, ((affine_mu / mu).powi(3) * mu).max(least));
        if !to.is_finite() {
            return false;
        }
        self.step = to.longest_step(at, caution);
        at.advance(to, self.step);
        rows.apply_adjoint(&at.multipliers, &mut at.forces);
        true
    }
}
