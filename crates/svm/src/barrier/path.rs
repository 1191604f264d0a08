//! The way along the central path to the solution.

use super::cone::PowerCone;
use super::constraints::Constraints;
use super::newton::{Point, step};
use super::number::{Wide, wide};
use crate::WorkCounters;
use crate::limits::Limits;

/// So near a centre the next one is aimed at, and multipliers are positive.
const NEAR: f64 = 0.3;

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

/// A margin that hasn't shown when `$\tau$` is this large is none.
const HOPELESS: f64 = 1e200;

/// Share of the relative gap that the distance to the solution may use up.
const SHARE: f64 = 0.1;

/// Maximises `$\rho$` subject to `$A w \ge \rho b$`, `$\lVert w\rVert \le 1$`: the minima of `$-\tau\rho$` and the barriers of
/// all constraints for larger and larger `$\tau$`. Returns `$w$` and `$\lambda$` with a relative gap below `relative_gap`. None if
/// a limit was reached, or the margin isn't positive to many digits.
pub(super) fn follow(
    constraints: &Constraints,
    cone: &PowerCone,
    relative_gap: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Option<(Vec<Wide>, Vec<Wide>)> {
    let (m, n) = constraints.size();
    let rho = constraints.far_below()?;
    let mut tau = wide(-(m as f64)) / &rho;
    let share = wide(0.5 / n as f64);
    let mut at = Point { w: vec![wide(0.0); n], shares: vec![share; n], rho };
    let (mut last, mut growth, mut steps) = (tau.clone(), FIRST_GROWTH, 0);
    // The parameter of the barrier, with room for points that are only near a centre.
    let parameter = wide(2.0 * (m + 3 * n + 1) as f64);
    for _ in 0..MOST_STEPS {
        limits.check().ok()?;
        work.iterations += 1;
        work.factorizations += 1;
        work.solves += 2;
        if steps == PATIENCE {
            tau = (&tau * &last).sqrt();
            growth = (0.5 * growth).max(LEAST_GROWTH);
            steps = 0;
        }
        let newton = step(constraints, cone, &at, &tau)?;
        steps += 1;
        let is_near = newton.decrement < NEAR;
        let damped = 1.0 / (1.0 + newton.decrement);
        at.advance(
            if is_near { 1.0 } else { newton.line.step().unwrap_or(damped) },
            &newton.direction,
        );
        if !is_near {
            continue;
        }
        let reached = &parameter / &tau;
        if at.rho > wide(0.0) && reached <= wide(SHARE * relative_gap) * &at.rho {
            return Some((at.w, newton.multipliers));
        }
        if tau > wide(HOPELESS) {
            return None;
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
    None
}
