//! The space of the equalities, in doubles: is there a margin in it at all?

use mirrorhead_kernels::{DenseRows, LinearOperator};

use super::fraction::Rounded;
use super::pivot_system::PivotSystem;
use super::reduction::dense_row;
use crate::{HardMarginProblem, Norm, Outcome, SvmError, WatchedSettings, WorkCounters};

/// Entries below this share of their terms are rounding errors of zero.
const ROUNDING: f64 = 1e-13;

/// Entries below this share of their terms have lost digits.
const CANCELLED: f64 = 1e-6;

/// `$\{w : w_C = -F w_{\bar C}\}$`, the entries in the columns `$C$` being determined by the others.
pub(super) struct NullSpace<'s> {
    /// Rows `$(I, F)$`.
    rows: &'s [Vec<f64>],
    system: &'s PivotSystem,
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
        Self { rows, system, free }
    }

    /// The rows of `operator` without any entry in the columns `$C$`: the same functionals where the equalities hold. Where
    /// problems are small, or much cancels in an entry and there is time for it, the row is solved for exactly and rounded once.
    pub fn restricted_rows(
        &self,
        operator: &dyn LinearOperator,
        go_on: &dyn Fn() -> bool,
    ) -> Vec<Vec<f64>> {
        let nrows = operator.nrows();
        let (is_quick, has_time) =
            (self.system.is_quick_for(nrows), self.system.has_time_for(nrows));
        let exactly = |j: usize| {
            let rounded = |m: &_, d: &_, exponent| Rounded::double((m, d), exponent);
            let row = self.system.restricted_row(operator, j, rounded, go_on)?;
            row.iter().all(|a| a.is_finite()).then_some(row)
        };
        let row = |j: usize| {
            let (row, is_accurate) = self.restricted(&dense_row(operator, j));
            let is_worth_it = is_quick || has_time && !is_accurate;
            let exact = is_worth_it.then(|| exactly(j)).flatten();
            exact.unwrap_or(row)
        };
        (0..nrows).map(row).collect()
    }

    /// What the problem of these restricted `rows` with the norm `$\lVert w_{\bar C}\rVert_2$` says: whether there is a margin
    /// doesn't depend on the norm.
    ///
    /// # Errors
    /// Settings outside their range.
    pub fn feasibility(
        &self,
        (rows, bounds): (&[Vec<f64>], &[f64]),
        settings: &WatchedSettings<'_>,
        work: &mut WorkCounters,
    ) -> Result<Feasibility, SvmError> {
        let mut multipliers: Vec<f64> = vec![0.0; bounds.len()];
        let is_nothing = |j: &usize| bounds[*j] > 0.0 && rows[*j].iter().all(|a| *a == 0.0);
        if let Some(row) = (0..bounds.len()).find(is_nothing) {
            multipliers[row] = 1.0;
            return Ok(Feasibility::Contradicts(multipliers));
        }
        let values = rows.iter().flat_map(|row| self.free.iter().map(|&k| row[k]));
        let rows = DenseRows::from_row_major(bounds.len(), self.free.len(), values.collect());
        let Ok(rows) = rows else { return Ok(Feasibility::Unknown) };
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

    /// A restricted row in doubles, `$a_{\bar C} - F^\top a_C$`, and whether little cancels in it.
    fn restricted(&self, row: &[f64]) -> (Vec<f64>, bool) {
        let mut terms: Vec<f64> = row.iter().map(|a| a.abs()).collect();
        let mut sums = row.to_vec();
        let columns = self.system.columns();
        for (reduced, &column) in self.rows.iter().zip(columns).filter(|(_, k)| row[**k] != 0.0) {
            for &k in &self.free {
                let term = row[column] * reduced[k];
                sums[k] -= term;
                terms[k] += term.abs();
            }
        }
        let is_accurate = self.free.iter().all(|&k| sums[k].abs() >= CANCELLED * terms[k]);
        for k in 0..row.len() {
            if self.system.determines(k) || sums[k].abs() <= ROUNDING * terms[k] {
                sums[k] = 0.0;
            }
        }
        (sums, is_accurate)
    }

    /// `$w$` from its free entries.
    fn outer(&self, free: &[f64]) -> Vec<f64> {
        let columns = self.system.columns();
        let mut w = vec![0.0; self.free.len() + columns.len()];
        for (&k, x) in self.free.iter().zip(free) {
            w[k] = *x;
        }
        for (row, &column) in self.rows.iter().zip(columns) {
            w[column] = -self.free.iter().zip(free).map(|(&k, x)| row[k] * x).sum::<f64>();
        }
        w
    }
}
