//! The way along the central path to the solution.

use super::line::Line;
use super::number::{Wide, wide};
use crate::WorkCounters;
use crate::limits::Limits;

/// So near a centre the next one is aimed at, and multipliers are positive.
const NEAR_CENTRE: f64 = 0.3;

/// `$\tau$` grows by a factor between these: larger where few steps led to the last centre, smaller where many did.
const LEAST_GROWTH: f64 = 2.0;
const FIRST_GROWTH: f64 = 4.0;
const MOST_GROWTH: f64 = 1e4;
const FEW_STEPS: usize = 4;
const MANY_STEPS: usize = 7;

/// After so many steps a centre is too far, and one half way there is aimed at.
const PATIENCE: usize = 10;

/// Most steps in all, whatever the limit on iterations in doubles: it was not reached.
const MOST_STEPS: usize = 1_000;

/// A margin that hasn't shown when `$\tau$` has grown by this is none.
const HOPELESS: f64 = 1e200;

/// Share of the relative gap that the distance to the solution may use up.
pub(super) const SHARE: f64 = 0.1;

/// An objective with barriers of all constraints, at a point inside of them.
pub(super) trait Barrier {
    /// Where to go.
    type Direction;

    /// The parameter of the barrier: a centre is at most this over `$\tau$` from the best objective.
    fn parameter(&self) -> f64;

    /// The Newton step for `$\tau$` times the objective and the barriers. None if digits are short.
    fn newton(&self, tau: &Wide) -> Option<Step<Self::Direction>>;

    /// Goes `length` of the way.
    fn advance(&mut self, length: f64, direction: &Self::Direction);

    /// Whether an objective is good enough that is so far from the best at most.
    fn is_good(&self, distance: &Wide) -> bool;

    /// Whether none will be, if the best one is so far at most.
    fn is_hopeless(&self, _distance: &Wide) -> bool {
        false
    }
}

/// A Newton step.
pub(super) struct Step<D> {
    pub direction: D,
    /// Newton's decrement: how far the centre is, in the barrier's own measure.
    pub decrement: f64,
    pub line: Line,
    /// The multipliers that go with the step. They and their pull are in the cones of what the barriers allow, to the last
    /// digit.
    pub multipliers: Vec<Wide>,
    /// The pulls of entries that others determine.
    pub forces: Vec<Wide>,
}

/// Where a way ends.
pub(super) enum End<D> {
    /// Where the objective is good, by this step.
    Good(Step<D>),
    /// After this one it hasn't shown to many digits that it ever will be.
    Hopeless(Step<D>),
    /// At a limit, or out of digits.
    Stopped,
}

impl<D> End<D> {
    pub fn good(self) -> Option<Step<D>> {
        if let Self::Good(step) = self { Some(step) } else { None }
    }
}

/// Goes along the minima for larger and larger `$\tau$` to where the objective is good.
pub(super) fn follow<B: Barrier>(
    barrier: &mut B,
    mut tau: Wide,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> End<B::Direction> {
    let hopeless = wide(HOPELESS) * &tau;
    let (mut last, mut growth, mut steps) = (tau.clone(), FIRST_GROWTH, 0);
    // With room for points that are only near a centre.
    let parameter = wide(2.0 * barrier.parameter());
    for _ in 0..MOST_STEPS {
        if limits.check().is_err() {
            return End::Stopped;
        }
        work.iterations += 1;
        work.factorizations += 1;
        work.solves += 2;
        if steps == PATIENCE {
            tau = (&tau * &last).sqrt();
            growth = (0.5 * growth).max(LEAST_GROWTH);
            steps = 0;
        }
        let Some(newton) = barrier.newton(&tau) else { return End::Stopped };
        steps += 1;
        let is_near = newton.decrement < NEAR_CENTRE;
        let damped = 1.0 / (1.0 + newton.decrement);
        let length = if is_near { 1.0 } else { newton.line.step().unwrap_or(damped) };
        barrier.advance(length, &newton.direction);
        if !is_near {
            continue;
        }
        let distance = &parameter / &tau;
        if barrier.is_good(&distance) {
            return End::Good(newton);
        }
        if tau > hopeless || barrier.is_hopeless(&distance) {
            return End::Hopeless(newton);
        }
        growth = match steps {
            ..=FEW_STEPS => (2.0 * growth).min(MOST_GROWTH),
            MANY_STEPS.. => (0.5 * growth).max(LEAST_GROWTH),
            _ => growth,
        };
        last.clone_from(&tau);
        tau *= wide(growth);
        steps = 0;
    }
    End::Stopped
}
