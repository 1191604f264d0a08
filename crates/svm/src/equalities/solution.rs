//! What a solve under equalities finds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::exact_point::ExactEntries;
use super::farkas::EqualityFarkas;
use crate::outcome::StallReason;
use crate::{MarginInterval, WorkCounters};

/// What [`solve_with_equalities`](crate::solve_with_equalities) found, with its certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum EqualityOutcome {
    /// The solution, with a margin interval as narrow as asked for.
    MaxMargin(EqualityMargin),
    /// A proof that no `$w$` satisfies the constraints.
    NotSeparable(EqualityFarkas),
    /// Neither: the best interval so far, and why the solver stopped.
    Inconclusive(EqualityMargin, StallReason),
}

impl EqualityOutcome {
    /// The solution.
    ///
    /// # Errors
    /// What there is instead: the proof that nothing satisfies the constraints, or the interval that the solver got to.
    pub fn max_margin(self) -> Result<EqualityMargin, NoEqualityMargin> {
        match self {
            Self::MaxMargin(found) => Ok(found),
            Self::NotSeparable(proof) => Err(NoEqualityMargin::NotSeparable(proof)),
            Self::Inconclusive(found, reason) => {
                Err(NoEqualityMargin::Inconclusive { interval: found.interval, reason })
            }
        }
    }
}

impl fmt::Display for EqualityOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxMargin(found) => found.fmt(f),
            Self::NotSeparable(proof) => proof.fmt(f),
            Self::Inconclusive(found, reason) => {
                write!(f, "the margin is only known to lie in {}: {reason}", found.interval)
            }
        }
    }
}

/// Why there is no solution to go on with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEqualityMargin {
    /// There is none, and this proves it.
    #[error(transparent)]
    NotSeparable(EqualityFarkas),
    /// None was certified.
    #[error("the margin is only known to lie in {interval}: {reason}")]
    Inconclusive {
        /// What was proven.
        interval: MarginInterval,
        /// Why the solver stopped.
        reason: StallReason,
    },
}

/// A direction with `$E w = 0$`, and what it and multipliers prove of the largest margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EqualityMargin {
    /// The direction `$w$` (`$N$`), for a solution scaled to `$\min_{j : b_j > 0} (A w)_j / b_j = 1$` to rounding. Entries that the
    /// equalities determine are rounded; which they are and what exactly is in [`exact`](Self::exact).
    pub w: Vec<f64>,
    /// The entries of `$w$` that make `$E w = 0$` exactly. The proof is about them. Empty if no feasible vector was found.
    pub exact: ExactEntries,
    /// The multipliers `$\lambda \ge 0$` (`$M$`) of `$A w \ge b$`, of any scale.
    pub multipliers: Vec<f64>,
    /// What rounding to doubles takes from these: vectors (`$M$`) to be added to them. Mostly there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multiplier_remainder: Vec<Vec<f64>>,
    /// The multipliers `$\mu$` (`$L$`, of either sign) of `$E w = 0$`, of the same scale; zero for rows that depend on others.
    pub equality_multipliers: Vec<f64>,
    /// What rounding to doubles takes from these: vectors (`$L$`) to be added to them.
    pub equality_remainder: Vec<Vec<f64>>,
    /// Proven bounds on the margin, recomputed from these and the data:
    /// `$\min_{j : b_j > 0} (A w)_j / b_j$` over `$\lVert w\rVert_p$`, and `$\lVert A^\top\lambda + E^\top\mu\rVert_q / b^\top\lambda$`.
    pub interval: MarginInterval,
    /// What the solve cost.
    pub work: WorkCounters,
}

impl EqualityMargin {
    /// The direction of largest margin: `$w$` itself.
    pub fn direction(&self) -> &[f64] {
        &self.w
    }

    /// Relative width of the certified interval.
    pub fn relative_gap(&self) -> f64 {
        self.interval.relative_gap()
    }
}

impl fmt::Display for EqualityMargin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the largest margin lies in {}, a relative gap of {:.1e}, after {} iterations",
            self.interval,
            self.relative_gap(),
            self.work.iterations
        )
    }
}
