//! Sparse constraint rows.

use faer::MatMut;
use mirrorhead_kernels::LinearOperator;

use crate::SvmError;

/// The rows of $A$, stored by their nonzero entries.
///
/// Products cost one multiply-add per stored entry, and the Newton matrix of $k$ rows $k/2$ of them per
/// entry of those rows.
///
/// ```
/// use mirrorhead_kernels::LinearOperator;
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{HardMarginProblem, Outcome, SparseRows, SvmSettings, solve};
///
/// // Two short texts as word counts, the second with label -1.
/// let rows = SparseRows::new(1_000, &[vec![(3, 1.0), (40, 2.0)], vec![(3, -1.0), (999, -1.0)]])?;
/// assert_eq!((rows.nrows(), rows.ncols()), (2, 1_000));
/// let problem = HardMarginProblem::new(&rows, LpNorm::new(2.0)?)?;
/// let Outcome::MaxMargin(solution) = solve(&problem, &SvmSettings::default())? else { panic!() };
/// assert!(solution.direction()[40] > 0.0 && solution.direction()[999] < 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows {
    ncols: usize,
    /// Entries of row `j` are `offsets[j]..offsets[j + 1]`.
    offsets: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
}

impl SparseRows {
    /// Rows of `ncols` columns from their entries (column, value), columns increasing in each row.
    ///
    /// # Errors
    /// [`SvmError::InvalidColumn`] for a column out of order or range, [`SvmError::NotFinite`] for a NaN
    /// or infinite value.
    pub fn new<R: AsRef<[(usize, f64)]>>(ncols: usize, rows: &[R]) -> Result<Self, SvmError> {
        let mut stored = Self { ncols, offsets: vec![0], columns: Vec::new(), values: Vec::new() };
        for (row, entries) in rows.iter().enumerate() {
            let mut next = 0;
            for &(column, value) in entries.as_ref() {
                if column < next || column >= ncols {
                    return Err(SvmError::InvalidColumn { row, column, ncols });
                }
                if !value.is_finite() {
                    return Err(SvmError::NotFinite { what: "sparse row", index: row, value });
                }
                next = column + 1;
                stored.columns.push(column);
                stored.values.push(value);
            }
            stored.offsets.push(stored.columns.len());
        }
        Ok(stored)
    }

    /// Number of stored entries.
    pub fn n_entries(&self) -> usize {
        self.values.len()
    }

    fn row(&self, j: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.offsets[j]..self.offsets[j + 1];
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }
}

impl LinearOperator for SparseRows {
    fn nrows(&self) -> usize {
        self.offsets.len() - 1
    }

    fn ncols(&self) -> usize {
        self.ncols
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = self.row(j).map(|(k, a)| a * w[k]).sum();
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, l) in multipliers.iter().enumerate().filter(|(_, l)| **l != 0.0) {
            for (k, a) in self.row(j) {
                out[k] += l * a;
            }
        }
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: MatMut<'_, f64>) {
        // One row at a time is spread out over all columns, and the others are read against it.
        let mut spread = vec![0.0; self.ncols];
        for (l, &row_l) in rows.iter().enumerate() {
            for (k, a) in self.row(row_l) {
                spread[k] = a * weights[k];
            }
            for (i, &row_i) in rows.iter().enumerate().skip(l) {
                gram[(i, l)] = self.row(row_i).map(|(k, a)| a * spread[k]).sum();
            }
            for (k, _) in self.row(row_l) {
                spread[k] = 0.0;
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = self.row(j).fold(0.0f64, |max, (_, a)| max.max(a.abs()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misplaced_and_infinite_entries_are_refused() {
        let of = |row: Vec<(usize, f64)>| SparseRows::new(4, &[row]).err();
        assert!(of(vec![(0, 1.0), (3, 2.0)]).is_none());
        for row in [vec![(4, 1.0)], vec![(1, 1.0), (1, 2.0)], vec![(2, 1.0), (0, 1.0)]] {
            assert!(matches!(of(row), Some(SvmError::InvalidColumn { row: 0, .. })));
        }
        assert!(matches!(of(vec![(1, f64::NAN)]), Some(SvmError::NotFinite { index: 0, .. })));
    }
}
