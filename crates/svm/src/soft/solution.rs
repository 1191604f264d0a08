//! What a soft-margin solve returns.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::remainder::Expansion;
use crate::soft::balance::balanced;
use crate::soft::certificate::{excess_bounds, objective_in};
use crate::soft::{ObjectiveInterval, SoftMarginProblem};
use crate::{Remainder, StallReason, WorkCounters};

/// What [`solve_soft`](crate::solve_soft) found. A solution exists whatever the data, so there is no third case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub enum SoftOutcome {
    /// The solution, with an interval as narrow as asked for.
    Certified(SoftMargin),
    /// The best pair so far, with its wider interval, and why the solver stopped.
    Inconclusive(SoftMargin, StallReason),
}

impl SoftOutcome {
    /// The solution, as good as it is.
    pub fn solution(&self) -> &SoftMargin {
        match self {
            Self::Certified(solution) | Self::Inconclusive(solution, _) => solution,
        }
    }

    /// The solution, as good as it is.
    pub fn into_solution(self) -> SoftMargin {
        match self {
            Self::Certified(solution) | Self::Inconclusive(solution, _) => solution,
        }
    }
}

impl fmt::Display for SoftOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certified(solution) => solution.fmt(f),
            Self::Inconclusive(solution, reason) => write!(f, "{solution}: {reason}"),
        }
    }
}

/// A soft-margin classifier with its certificate: bounds that are rounded outward, which
/// [`objective_interval`](crate::objective_interval) computes anew and [`verify`](Self::verify) checks in exact arithmetic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SoftMargin {
    /// `$w$` (`$N$`).
    pub w: Vec<f64>,
    /// `$\beta$`; zero where none was asked for.
    pub intercept: f64,
    /// `$\lambda$` (`$M$`), `$0 \le \lambda \le C$`, with `$A^\top\lambda$` a (sub)gradient of `$\varphi$` at `$w$` and, where
    /// there is an intercept, `$y^\top\lambda = 0$` exactly.
    pub multipliers: Vec<f64>,
    /// `$\xi$` (`$M$`): by how much `$(w, \beta)$` fails a row at most, which is more than zero by rounding alone.
    pub excesses: Vec<f64>,
    /// Proven bounds on the smallest objective, recomputed from `$(w, \beta, \lambda)$` and the data.
    pub objective: ObjectiveInterval,
    /// What rounding to doubles takes from `$(w, \beta, \lambda)$`, where the proof needs it.
    #[serde(default, skip_serializing_if = "Remainder::is_empty")]
    pub remainder: Remainder,
    /// What the solve cost.
    pub work: WorkCounters,
}

impl fmt::Display for SoftMargin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the smallest objective lies in {}, a relative gap of {:.1e}, after {} iterations",
            self.objective,
            self.objective.relative_gap(),
            self.work.iterations
        )
    }
}

impl SoftMargin {
    /// The rows whose multiplier exceeds `tolerance` times the largest: the support vectors, in increasing
    /// order.
    pub fn support(&self, tolerance: f64) -> Vec<usize> {
        let least = tolerance * mirrorhead_kernels::max_abs(&self.multipliers);
        (0..self.multipliers.len()).filter(|&j| self.multipliers[j] > least).collect()
    }

    /// What `$(w, \beta)$` and the multipliers, brought into their box, prove.
    pub(crate) fn certified(
        problem: &SoftMarginProblem<'_>,
        w: Vec<f64>,
        intercept: f64,
        multipliers: &[f64],
        work: WorkCounters,
    ) -> Self {
        let multipliers = balanced(problem, multipliers);
        Self::of(problem, (w, intercept, multipliers, Remainder::default()), work)
    }

    /// What is to be said of a pair as it stands, in as many digits as it has.
    pub(crate) fn of(
        problem: &SoftMarginProblem<'_>,
        (w, intercept, multipliers, remainder): (Vec<f64>, f64, Vec<f64>, Remainder),
        work: WorkCounters,
    ) -> Self {
        let sum = Expansion { leading: &w, rest: &remainder.w };
        let sum_of = Expansion { leading: &multipliers, rest: &remainder.multipliers };
        let intercepts: Vec<f64> =
            std::iter::once(intercept).chain(remainder.intercept.iter().copied()).collect();
        let excesses = excess_bounds(problem, sum, &intercepts);
        let objective = objective_in(problem, (sum, &excesses), sum_of);
        Self { w, intercept, multipliers, excesses, objective, remainder, work }
    }
}
