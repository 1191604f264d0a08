//! The primal-dual interior-point method with Mehrotra's predictor and corrector, on the problem as it is.
//!
//! At `$p = 2$` the curve is a line and the method the usual one for quadratic programs. From there `$p - 1$` moves
//! by a factor of up to 2 in each iteration, together with `$\mu$`, once the gap of the problem at `$p = 2$` is
//! closed by two thirds; to either end it moves at once.

use mirrorhead_mirror::LpNorm;

use crate::cholesky::NoFactor;
use crate::limits::Limits;
use crate::outcome::StallReason;
use crate::soft::SoftMarginProblem;
use crate::soft::curve::Curve;
use crate::soft::direction::{Aims, Directions};
use crate::soft::iterate::Iterate;
use crate::soft::newton::NewtonSystem;
use crate::soft::reference::strength;
use crate::soft::solution::SoftMargin;
use crate::step::longest_step;
use crate::{Norm, WorkCounters};

/// How boldly the method follows the change of exponent and the curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caution {
    /// Largest factor by which `$p - 1$` changes in one iteration.
    pub continuation: f64,
    /// Damping of the tangents.
    pub damping: f64,
}

/// The quickest way, then a more careful one for problems that need it.
pub(crate) const ATTEMPTS: [Caution; 2] =
    [Caution { continuation: 2.0, damping: 3.0 }, Caution { continuation: 1.3, damping: 5.0 }];

/// The relative gap at `$p = 2$` below which the exponent starts to move.
const NEAR_THE_LINE: f64 = 0.3;
/// Steps shorter than this leave it where it is.
const SHORT_STEP: f64 = 0.3;
/// Share of the gap that complementarity may use up at the end.
const COMPLEMENTARITY: f64 = 0.05;
/// Complementarity is kept above this multiple of the squared distance from the curve.
const CENTRALITY: f64 = 0.1;
/// Complementarity falls by this factor at most in one iteration, so that no step asks for digits that the
/// last one has not got.
const STEEPEST_FALL: f64 = 1e-4;
/// Predictors shorter than this are made up for in part only.
const SHORT_PREDICTOR: f64 = 0.3;
/// Relative gaps from which nothing but a narrower one is progress.
const NEARLY: f64 = 1e-6;
/// Iterations without a narrower interval after which the method gives up.
const PATIENCE: usize = 20;
/// Iterations after which another attempt is the better idea, whatever the progress.
const MOST_ITERATIONS: usize = 160;

/// A run of the method.
pub(crate) struct InteriorPoint<'p> {
    problem: &'p SoftMarginProblem<'p>,
    at: Iterate,
    curve: Curve,
    caution: Caution,
    newton: NewtonSystem<'p>,
    step: f64,
    best: Best,
}

/// The best pair so far; both need not be of the same iteration.
struct Best {
    w: Vec<f64>,
    intercept: f64,
    primal: f64,
    multipliers: Vec<f64>,
    dual: f64,
}

impl<'p> InteriorPoint<'p> {
    /// The method at `at`, on `curve`.
    pub fn new(
        problem: &'p SoftMarginProblem<'p>,
        at: Iterate,
        curve: Curve,
        caution: Caution,
    ) -> Self {
        let best = Best {
            w: at.w.clone(),
            intercept: at.intercept,
            primal: f64::INFINITY,
            multipliers: at.multipliers.clone(),
            dual: 0.0,
        };
        let newton = NewtonSystem::new(problem);
        Self { problem, at, curve, caution, newton, step: 0.0, best }
    }

    /// Iterates until the certificate is as narrow as `goal`, or no longer narrows.
    pub fn run(
        &mut self,
        goal: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> (SoftMargin, Option<StallReason>) {
        // The solver's own gap is a rounded one, so it aims at less than what has to be proven.
        let mut target = 0.5 * goal;
        let mut narrowest = f64::INFINITY;
        let (mut smallest, mut highest) = (f64::INFINITY, 0.0);
        let mut patience = PATIENCE;
        let first = work.iterations;
        loop {
            let (norm, kappa) = self.stage();
            let (current, current_dual) = self.at.objectives(self.problem, norm, kappa);
            let gap = self.keep();
            if gap <= target {
                let found = self.certified(*work);
                if found.objective.relative_gap() <= goal {
                    return (found, None);
                }
                target *= 0.25;
            }
            // Where the objective is tiny the gap is nearly one until complementarity is as small.
            let (mu, dual) = (self.at.complementarity(), self.best.dual);
            let progress = gap < 0.9 * narrowest
                || gap > NEARLY && (mu < 0.9 * smallest || dual > 1.1 * highest);
            let reason = if progress || norm != self.problem.norm() {
                (narrowest, smallest) = (gap.min(narrowest), mu.min(smallest));
                highest = dual;
                patience = PATIENCE;
                limits.exceeded(work)
            } else if patience == 0 || work.iterations - first > MOST_ITERATIONS {
                Some(StallReason::Precision)
            } else {
                patience -= 1;
                limits.exceeded(work)
            };
            if reason.is_some() {
                return (self.certified(*work), reason);
            }
            limits.tell(work, self.best.dual, self.best.primal);
            work.iterations += 1;
            self.continue_towards((current - current_dual) / current);
            if let Err(reason) = self.advance(target, limits, work) {
                return (self.certified(*work), Some(reason));
            }
        }
    }

    /// The norm and strength of the curve.
    fn stage(&self) -> (Norm, f64) {
        match &self.curve {
            Curve::Power { norm, kappa } => (Norm::Lp(*norm), *kappa),
            Curve::Subdifferential(_) => (self.problem.norm(), 1.0),
        }
    }

    /// Keeps of the iterate what is better than anything before. Returns the relative gap.
    fn keep(&mut self) -> f64 {
        let (primal, dual) = self.at.objectives(self.problem, self.problem.norm(), 1.0);
        let best = &mut self.best;
        if primal < best.primal {
            (best.primal, best.intercept) = (primal, self.at.intercept);
            best.w.copy_from_slice(&self.at.w);
        }
        if dual > best.dual {
            best.dual = dual;
            best.multipliers.copy_from_slice(&self.at.multipliers);
        }
        (best.primal - best.dual) / best.primal
    }

    fn certified(&self, work: WorkCounters) -> SoftMargin {
        let best = &self.best;
        let (w, multipliers) = (best.w.clone(), &best.multipliers);
        SoftMargin::certified(self.problem, w, best.intercept, multipliers, work)
    }

    /// Moves the curve towards that of the problem: the further, the better the last step went. `gap` is
    /// the relative gap of the problem that it is for now.
    fn continue_towards(&mut self, gap: f64) {
        let Curve::Power { norm, kappa } = &self.curve else { return };
        let (norm, kappa) = (*norm, *kappa);
        let target = self.problem.norm();
        let reference = |norm: LpNorm| {
            let at = &self.at;
            strength(self.problem, Norm::Lp(norm), &at.w, &at.margins, at.intercept)
        };
        if Norm::Lp(norm) == target {
            return;
        }
        if norm.p() == 2.0 && gap >= NEAR_THE_LINE {
            let kappa = reference(norm).clamp(0.1 * kappa, 10.0 * kappa);
            self.curve = Curve::Power { norm, kappa };
            return;
        }
        let Norm::Lp(target) = target else {
            let (objective, _) = self.at.objectives(self.problem, target, 1.0);
            self.curve = Curve::subdifferential(target, &self.at, objective);
            return;
        };
        let most = 1.0
            + (self.caution.continuation - 1.0)
                * ((self.step - SHORT_STEP) / (1.0 - SHORT_STEP)).clamp(0.0, 1.0);
        let wanted = (target.p() - 1.0) / (norm.p() - 1.0);
        let factor = wanted.clamp(most.recip(), most);
        self.curve = if factor == wanted {
            Curve::Power { norm: target, kappa: 1.0 }
        } else {
            let norm = LpNorm::new(1.0 + (norm.p() - 1.0) * factor)
                .expect("between 2 and a valid exponent");
            Curve::Power { norm, kappa: reference(norm) }
        };
    }

    /// One predictor-corrector step, or why it could not be taken.
    fn advance(
        &mut self,
        target: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), StallReason> {
        let (norm, kappa) = self.stage();
        let (objective, _) = self.at.objectives(self.problem, norm, kappa);
        let scale = objective.min(2.0 * self.best.primal);
        let gap = (self.best.primal - self.best.dual) / self.best.primal;
        let at = &self.at;
        let m = at.multipliers.len();
        let mut tangents = self.curve.linearize(at, scale, self.caution.damping);
        let sigma: Vec<f64> = (0..m)
            .map(|j| at.slacks[j] / at.multipliers[j] + at.excesses[j] / at.rooms[j])
            .collect();
        self.newton.factor(&tangents.slopes, &sigma, limits, work).map_err(NoFactor::reason)?;
        // Errors of the rows this small do not show in the objective.
        let price: f64 = self.problem.costs().iter().sum();
        let accuracy = 0.1 * COMPLEMENTARITY * target * scale / price;
        let pairs = (2 * m + self.curve.n_pairs()) as f64;
        let mut directions =
            Directions::new(self.problem, &mut self.newton, at, &tangents, accuracy, work);
        let predictor = directions.towards(&Aims::zero(m), &tangents, work);
        self.curve.follow(at, &predictor);
        let caution = 0.99f64.max(1.0 - gap);
        let step = longest_step(predictor.blocking(at).max(self.curve.blocking()), caution);
        let complementarity = |curve: &Curve, step: f64| {
            (predictor.complementarity_after(at, step) + curve.complementarity_after(step)) / pairs
        };
        let now = complementarity(&self.curve, 0.0);
        let affine = complementarity(&self.curve, step);
        let lead = CENTRALITY * tangents.distance.powi(2) * tangents.energy.min(objective);
        let least = (COMPLEMENTARITY * target * objective).max(lead) / pairs;
        let mu = ((affine / now).powi(3).max(STEEPEST_FALL) * now).max(least);
        // Of a step that is cut short, the second-order error is smaller by its square.
        let part = (step / SHORT_PREDICTOR).min(1.0).powi(2);
        self.curve.correct(at, mu, part, &mut tangents);
        let aims = Aims::towards(at, mu, part, &predictor);
        let corrector = directions.towards(&aims, &tangents, work);
        self.curve.follow(at, &corrector);
        if !corrector.is_finite() {
            return Err(StallReason::Precision);
        }
        self.step = longest_step(corrector.blocking(at).max(self.curve.blocking()), caution);
        corrector.advance(&mut self.at, self.step);
        self.curve.advance(self.step);
        self.at.refresh(self.problem);
        if self.at.is_finite() { Ok(()) } else { Err(StallReason::Precision) }
    }
}
