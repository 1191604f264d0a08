//! The space of the equalities, in doubles: is there a margin in it at all?

use mirrorhead_kernels::{DenseRows, LinearOperator};

use super::pivot_system::PivotSystem;
use super::reduction::dense_row;
use crate::{HardMarginProblem, Norm, Outcome, SvmError, WatchedSettings, WorkCounters};

/// Entries below this share of their terms are rounding errors of zero.
const ROUNDING: f64 = 1e-13;

/// `$\{w : w_C = -F w_{\bar C}\}$`, the entries in the columns `$C$` being determined by the others.
pub(super) struct NullSpace<'s> {
    /// Rows `$(I, F)$`.
    rows: &'s [Vec<f64>],
    columns: &'s [usize],
    free: Vec<usize>,
}

/// What is known of a problem before it is solved.
pub(super) enum Feasibility {
    /// Some `$w$` satisfies all constraints, but for rounding.
    Holds(Vec<f64>),
    /// None seems to, and these are multipliers `$\lambda$` that show it.
    Contradicts(Vec<f64>),
    Unknown,
}

impl<'s> NullSpace<'s> {
    /// The space in which these reduced `rows` of `system` vanish.
    pub fn new(rows: &'s [Vec<f64>], system: &'s PivotSystem, ncols: usize) -> Self {
        let free = (0..ncols).filter(|&k| !system.determines(k)).collect();
        Self { rows, columns: system.columns(), free }
    }

    /// What the problem with the norm `$\lVert w_{\bar C}\rVert_2$` says: whether there is a margin doesn't depend on the norm.
    ///
    /// # Errors
    /// Settings outside their range.
    pub fn feasibility(
        &self,
        problem: &HardMarginProblem<'_, dyn LinearOperator + '_>,
        settings: &WatchedSettings<'_>,
        work: &mut WorkCounters,
    ) -> Result<Feasibility, SvmError> {
        let bounds = problem.bounds();
        if self.free.is_empty() {
            let mut multipliers: Vec<f64> = vec![0.0; bounds.len()];
            let row = bounds.iter().position(|b| *b > 0.0).expect("a problem has one");
            multipliers[row] = 1.0;
            return Ok(Feasibility::Contradicts(multipliers));
        }
        let values =
            (0..bounds.len()).flat_map(|j| self.restricted(dense_row(problem.operator(), j)));
        let rows = DenseRows::from_row_major(bounds.len(), self.free.len(), values.collect())?;
        let two = Norm::new(2.0)?;
        let Ok(problem) = HardMarginProblem::with_bounds(&rows, two, bounds.to_vec()) else {
            return Ok(Feasibility::Unknown);
        };
        Ok(match crate::solve(&problem, settings)? {
            Outcome::NotSeparable(proof) => Feasibility::Contradicts(proof.multipliers),
            Outcome::MaxMargin(found) => {
                *work += found.work;
                Feasibility::Holds(self.outer(&found.w))
            }
            Outcome::Inconclusive(found) => {
                *work += found.work;
                Feasibility::Unknown
            }
        })
    }

    /// The row of a functional in the free columns: `$a_{\bar C} - F^\top a_C$`.
    fn restricted(&self, row: Vec<f64>) -> Vec<f64> {
        let mut terms: Vec<f64> = row.iter().map(|a| a.abs()).collect();
        let mut sums = row.clone();
        for (reduced, &column) in
            self.rows.iter().zip(self.columns).filter(|(_, k)| row[**k] != 0.0)
        {
            for &k in &self.free {
                let term = row[column] * reduced[k];
                sums[k] -= term;
                terms[k] += term.abs();
            }
        }
        let entry = |&k: &usize| if sums[k].abs() <= ROUNDING * terms[k] { 0.0 } else { sums[k] };
        self.free.iter().map(entry).collect()
    }

    /// `$w$` from its free entries.
    fn outer(&self, free: &[f64]) -> Vec<f64> {
        let mut w = vec![0.0; self.free.len() + self.columns.len()];
        for (&k, x) in self.free.iter().zip(free) {
            w[k] = *x;
        }
        for (row, &column) in self.rows.iter().zip(self.columns) {
            w[column] = -self.free.iter().zip(free).map(|(&k, x)| row[k] * x).sum::<f64>();
        }
        w
    }
}
