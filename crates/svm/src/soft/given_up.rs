//! The solution without any `$w$`: all that is left is the intercept, and that is known exactly.
//!
//! It is the solution where rows are zero, or so small that a `$w$` which would do something for them costs more than
//! they do.

use crate::WorkCounters;
use crate::soft::iterate::Iterate;
use crate::soft::{SoftMargin, SoftMarginProblem};

/// `$w = 0$`, if that is the solution to a relative gap of `goal`.
pub(crate) fn without_w(problem: &SoftMarginProblem<'_>, goal: f64) -> Option<SoftMargin> {
    let (intercept, multipliers) = best_intercept(problem);
    let w = vec![0.0; problem.operator().ncols()];
    let at = Iterate::at(problem, w, intercept, multipliers);
    let (primal, dual) = at.objectives(problem, problem.norm(), 1.0);
    if primal.is_nan() || primal - dual > goal * primal {
        return None;
    }
    let work = WorkCounters::default();
    let found = SoftMargin::certified(problem, at.w, intercept, &at.multipliers, work);
    (found.objective.relative_gap() <= goal).then_some(found)
}

/// A `$\beta$` with `$\beta y \ge b$`.
pub(crate) fn sufficient_intercept(bounds: &[f64], signs: &[f64]) -> Option<f64> {
    let of_sign = |sign: f64| {
        let pairs = bounds.iter().zip(signs).filter(move |(_, y)| **y == sign);
        pairs.map(|(b, _)| *b).fold(f64::NEG_INFINITY, f64::max)
    };
    let (least, most) = (of_sign(1.0), -of_sign(-1.0));
    let finite = if least.is_finite() { least } else { most };
    (least <= most).then_some(finite)
}

/// The `$\beta$` that minimises `$\sum_j C_j (b_j - \beta y_j)_+$`, and multipliers that prove it.
///
/// The sum is convex and made of straight pieces between the `$\beta$` at which a row turns, `$y_j b_j$`. It is least where
/// its slope turns positive: there rows on either side have the multipliers `$C_j$` or zero, and those that turn
/// there share what is missing from `$y^\top\lambda = 0$`.
fn best_intercept(problem: &SoftMarginProblem<'_>) -> (f64, Vec<f64>) {
    let (bounds, costs) = (problem.bounds(), problem.costs());
    let Some(signs) = problem.signs() else {
        let given_up = bounds.iter().zip(costs).map(|(b, c)| if *b > 0.0 { *c } else { 0.0 });
        return (0.0, given_up.collect());
    };
    let turns: Vec<f64> = signs.iter().zip(bounds).map(|(y, b)| y * b).collect();
    let mut order: Vec<usize> = (0..turns.len()).collect();
    order.sort_by(|&j, &k| turns[j].total_cmp(&turns[k]));
    // Far on the left all rows of the sign +1 are given up. Halves, for costs as large as can be.
    let heavy = signs.iter().zip(costs).filter(|(y, _)| **y > 0.0);
    let mut missing: f64 = heavy.map(|(_, c)| 0.5 * c).sum();
    let mut intercept = 0.0;
    for j in order {
        intercept = turns[j];
        missing -= 0.5 * costs[j];
        if missing <= 0.0 {
            break;
        }
    }
    let is_given_up = |j: usize| bounds[j] - intercept * signs[j] > 0.0;
    let mut multipliers: Vec<f64> =
        (0..turns.len()).map(|j| if is_given_up(j) { costs[j] } else { 0.0 }).collect();
    let surplus: f64 = signs.iter().zip(&multipliers).map(|(y, l)| 0.5 * y * l).sum();
    let turning = |j: &usize| turns[*j] == intercept && signs[*j] * surplus < 0.0;
    let turning: Vec<usize> = (0..turns.len()).filter(turning).collect();
    let room: f64 = turning.iter().map(|&j| 0.5 * costs[j]).sum();
    for j in turning {
        multipliers[j] = costs[j] * (surplus.abs() / room).min(1.0);
    }
    (intercept, multipliers)
}
