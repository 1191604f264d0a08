//! Sparse constraint rows.

use std::ops::Range;

use faer::MatMut;
use mirrorhead_kernels::{
    CompensatedSums, DenseRows, Enclosure, GramMut, LinearOperator, Matrix, PARALLEL_WORK,
};

use crate::SvmError;

/// The rows of $A$, stored by their nonzero entries.
///
/// Products cost one multiply-add per stored entry, and a Newton matrix one for each pair of entries of
/// its rows that share a column.
///
/// ```
/// use mirrorhead_kernels::LinearOperator;
/// use mirrorhead_svm::{HardMarginProblem, SparseRows, SvmSettings, solve};
///
/// // Two short texts as word counts, the second with label -1.
/// let rows = SparseRows::new(1_000, &[vec![(3, 1.0), (40, 2.0)], vec![(3, -1.0), (999, -1.0)]])?;
/// assert_eq!((rows.nrows(), rows.ncols()), (2, 1_000));
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let solution = solve(&problem, &SvmSettings::default())?.max_margin()?;
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

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], gram: GramMut<'_>) {
        let mut gram = gram.into_faer();
        let mut counts = vec![0; self.ncols];
        for (k, _) in rows.iter().flat_map(|&j| self.row(j)) {
            counts[k] += 1;
        }
        let is_frequent = |k: usize| FREQUENT * counts[k] >= rows.len();
        self.frequent_gram(rows, weights, is_frequent, gram.as_mut());
        let columns = ColumnIndex::new(self, rows, |k| !is_frequent(k));
        columns.add_gram(0..rows.len(), columns.work(), weights, gram);
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = self.row(j).map(|(k, a)| a.abs() * w[k]).sum();
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, l) in multipliers.iter().enumerate().filter(|(_, l)| **l != 0.0) {
            for (k, a) in self.row(j) {
                out[k] += l * a.abs();
            }
        }
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        let mut sum = CompensatedSums::zeros(1);
        for (j, out) in out.iter_mut().enumerate() {
            sum.clear();
            self.row(j).for_each(|(k, a)| sum.add_product(0, a, w[k]));
            sum.count_terms(self.offsets[j + 1] - self.offsets[j]);
            *out = sum.enclosure(0);
        }
    }

    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let mut sums = CompensatedSums::zeros(self.ncols);
        for (j, l) in multipliers.iter().enumerate().filter(|(_, l)| **l != 0.0) {
            self.row(j).for_each(|(k, a)| sums.add_product(k, *l, a));
            sums.count_terms(1);
        }
        sums.enclosures(out);
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        self.row(j).for_each(|(k, a)| term(k, a));
        true
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = self.row(j).fold(0.0f64, |max, (_, a)| max.max(a.abs()));
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        out.fill(0.0);
        for (&k, a) in self.columns.iter().zip(&self.values) {
            out[k] = out[k].max(a.abs());
        }
    }

    fn weighted_normal(&self, weights: &[f64], mut normal: GramMut<'_>) {
        for l in 0..self.ncols {
            for k in l..self.ncols {
                normal[(k, l)] = 0.0;
            }
        }
        for (j, s) in weights.iter().enumerate() {
            for (l, a) in self.row(j) {
                for (k, b) in self.row(j).filter(|(k, _)| *k >= l) {
                    normal[(k, l)] += s * a * b;
                }
            }
        }
    }
}

/// A column with an entry in one of this many rows is treated as a dense one: a multiply-add in order
/// takes a thirtieth of the time of one out of order.
const FREQUENT: usize = 5;

impl SparseRows {
    /// What the frequent columns contribute to the Newton matrix of `rows`.
    fn frequent_gram(
        &self,
        rows: &[usize],
        weights: &[f64],
        is_frequent: impl Fn(usize) -> bool,
        gram: MatMut<'_, f64>,
    ) {
        let columns: Vec<usize> = (0..self.ncols).filter(|&k| is_frequent(k)).collect();
        let mut places = vec![None; self.ncols];
        for (place, &k) in columns.iter().enumerate() {
            places[k] = Some(place);
        }
        let mut frequent = Matrix::zeros(rows.len(), columns.len());
        for (l, &j) in rows.iter().enumerate() {
            for (k, a) in self.row(j) {
                if let Some(place) = places[k] {
                    frequent[(l, place)] = a;
                }
            }
        }
        let weights: Vec<f64> = columns.iter().map(|&k| weights[k]).collect();
        let positions: Vec<usize> = (0..rows.len()).collect();
        DenseRows::new(&frequent).weighted_gram(&positions, &weights, GramMut::of_faer(gram));
    }
}

/// The entries of some rows in some columns, column by column.
///
/// A column $k$ with $c_k$ entries contributes to $c_k^2/2$ entries of the Newton matrix, and rows of text
/// share few of their words: this is less work by far than reading every row against every other.
struct ColumnIndex {
    /// Entries of column `k` are `offsets[k]..offsets[k + 1]`.
    offsets: Vec<usize>,
    /// Positions among the rows, increasing in each column.
    positions: Vec<usize>,
    values: Vec<f64>,
    /// Entries of the row at position `l` are `entries[starts[l]..starts[l + 1]]`.
    starts: Vec<usize>,
    /// Column and place there of each entry, row by row.
    entries: Vec<(usize, usize)>,
}

impl ColumnIndex {
    fn new(operator: &SparseRows, rows: &[usize], is_member: impl Fn(usize) -> bool) -> Self {
        let row = |j: usize| operator.row(j).filter(|(k, _)| is_member(*k));
        let mut offsets = vec![0; operator.ncols + 1];
        for (k, _) in rows.iter().flat_map(|&j| row(j)) {
            offsets[k + 1] += 1;
        }
        for k in 0..operator.ncols {
            offsets[k + 1] += offsets[k];
        }
        let n_entries = offsets[operator.ncols];
        let mut next = offsets.clone();
        let (mut positions, mut values) = (vec![0; n_entries], vec![0.0; n_entries]);
        let (mut starts, mut entries) = (vec![0], Vec::with_capacity(n_entries));
        for (l, &j) in rows.iter().enumerate() {
            for (k, a) in row(j) {
                let place = next[k];
                next[k] += 1;
                (positions[place], values[place]) = (l, a);
                entries.push((k, place));
            }
            starts.push(entries.len());
        }
        Self { offsets, positions, values, starts, entries }
    }

    /// Multiply-adds of the Newton matrix.
    fn work(&self) -> usize {
        self.offsets.windows(2).map(|pair| (pair[1] - pair[0]).pow(2) / 2).sum()
    }

    /// Adds to the lower triangle of the columns `range` of the Newton matrix, which `gram` starts
    /// with; `work` is about how many multiply-adds that takes. Every entry is computed in the same
    /// way whoever computes it.
    fn add_gram(&self, range: Range<usize>, work: usize, weights: &[f64], gram: MatMut<'_, f64>) {
        if work >= PARALLEL_WORK && range.len() > 1 {
            let width = range.len() / 2;
            let middle = range.start + width;
            let (left, right) = gram.split_at_col_mut(width);
            rayon::join(
                || self.add_gram(range.start..middle, work / 2, weights, left),
                || self.add_gram(middle..range.end, work / 2, weights, right),
            );
            return;
        }
        let mut column = vec![0.0; self.starts.len() - 1];
        for (l, out) in range.zip(gram.col_iter_mut()) {
            for &(k, place) in &self.entries[self.starts[l]..self.starts[l + 1]] {
                let factor = self.values[place] * weights[k];
                // From the diagonal on: the entry at `place` is that of row `l`.
                let below = place..self.offsets[k + 1];
                for (&i, a) in self.positions[below.clone()].iter().zip(&self.values[below]) {
                    column[i] += factor * a;
                }
            }
            for (out, entry) in out.iter_mut().zip(&mut column).skip(l) {
                *out += std::mem::take(entry);
            }
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
