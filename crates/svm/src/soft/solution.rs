//! What a soft-margin solve returns.

use std::fmt;

use mirrorhead_kernels::LinearOperator;
use serde::{Deserialize, Serialize};

use crate::soft::balance::balanced;
use crate::soft::certificate::excess_bounds;
use crate::soft::{ObjectiveInterval, SoftMarginProblem, objective_interval};
use crate::{StallReason, WorkCounters};

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
/// [`objective_interval`] computes anew and [`verify`](Self::verify) checks in exact arithmetic.
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
    pub(crate) fn certified<A: LinearOperator + ?Sized>(
        problem: &SoftMarginProblem<'_, A>,
        w: Vec<f64>,
        intercept: f64,
        multipliers: &[f64],
        work: WorkCounters,
    ) -> Self {
        let multipliers = balanced(problem, multipliers);
        let objective = objective_interval(problem, &w, intercept, &multipliers);
        let excesses = excess_bounds(problem, &w, intercept);
        Self { w, intercept, multipliers, excesses, objective, work }
    }
}
