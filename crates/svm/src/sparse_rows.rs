//! Sparse constraint rows.

use std::ops::Range;

use faer::MatMut;
use mirrorhead_kernels::{
    CompensatedSums, DenseRows, Enclosure, GramMut, KernelError, LinearOperator, Matrix,
};

use crate::SvmError;
use crate::column_index::ColumnIndex;
use crate::sparse_arrays::{IndexArray, ValueArray};

/// The rows of `$A$`, stored by their nonzero entries.
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
pub struct SparseRows<P = Vec<usize>, K = Vec<usize>, V = Vec<f64>> {
    ncols: usize,
    /// Entries of row `j` are `offsets[j]..offsets[j + 1]`.
    offsets: P,
    columns: K,
    values: V,
}

/// Checks that an entry of a row is finite.
fn require_finite(row: usize, column: usize, value: f64) -> Result<(), KernelError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(KernelError::NotFinite { what: format!("sparse row {row}").into(), index: column, value })
}

impl SparseRows {
    /// Rows of `ncols` columns from their entries (column, value), columns increasing in each row.
    ///
    /// # Errors
    /// [`SvmError::InvalidColumn`] for a column out of order or range, [`KernelError::NotFinite`] for a NaN
    /// or infinite value.
    pub fn new<R: AsRef<[(usize, f64)]>>(ncols: usize, rows: &[R]) -> Result<Self, SvmError> {
        let mut stored = Self { ncols, offsets: vec![0], columns: Vec::new(), values: Vec::new() };
        for (row, entries) in rows.iter().enumerate() {
            let mut next = 0;
            for &(column, value) in entries.as_ref() {
                if column < next || column >= ncols {
                    return Err(SvmError::InvalidColumn { row, column, ncols });
                }
                require_finite(row, column, value)?;
                next = column + 1;
                stored.columns.push(column);
                stored.values.push(value);
            }
            stored.offsets.push(stored.columns.len());
        }
        Ok(stored)
    }
}

impl<P: IndexArray, K: IndexArray, V: ValueArray> SparseRows<P, K, V> {
    /// Rows of `ncols` columns in compressed form (CSR), nothing of it copied: the entries of row `$j$` are those
    /// from `$\mathtt{offsets}_j$` to `$\mathtt{offsets}_{j+1}$` of `columns`, which increase in each row, and of `values`.
    ///
    /// ```
    /// use mirrorhead_kernels::LinearOperator;
    /// use mirrorhead_svm::SparseRows;
    /// // As numpy has them: 32-bit integers and floats.
    /// let (offsets, columns, values) = ([0i32, 2, 3], [0i32, 2, 1], [1.5f32, 2.0, -1.0]);
    /// let rows = SparseRows::from_arrays(3, &offsets[..], &columns[..], &values[..])?;
    /// let mut margins = [0.0; 2];
    /// rows.apply(&[1.0, 10.0, 100.0], &mut margins);
    /// assert_eq!(margins, [201.5, -10.0]);
    /// # Ok::<(), mirrorhead_svm::SvmError>(())
    /// ```
    ///
    /// # Errors
    /// [`SvmError::InvalidOffsets`] for offsets that are negative, decrease or don't end at the number of
    /// entries, [`KernelError::ShapeMismatch`] for columns and values of different lengths, and those of
    /// [`new`](SparseRows::new); a column named twice in a row is out of order.
    pub fn from_arrays(ncols: usize, offsets: P, columns: K, values: V) -> Result<Self, SvmError> {
        let (expected, found) = (columns.len(), values.len());
        KernelError::require_size(|| "sparse values", expected, found)?;
        let mut start = 0;
        for j in 0..offsets.len() {
            let is_last = j + 1 == offsets.len();
            match offsets.position(j) {
                Some(end) if end >= start && end <= found && !(is_last && end != found) => {
                    start = end;
                }
                _ => return Err(SvmError::InvalidOffsets { position: j, entries: found }),
            }
        }
        if offsets.is_empty() || offsets.position(0) != Some(0) {
            return Err(SvmError::InvalidOffsets { position: 0, entries: found });
        }
        let stored = Self { ncols, offsets, columns, values };
        for row in 0..stored.offsets.len() - 1 {
            let mut next = 0;
            for i in stored.range(row) {
                match stored.columns.position(i) {
                    Some(column) if column >= next && column < ncols => {
                        require_finite(row, column, stored.values.value(i))?;
                        next = column + 1;
                    }
                    column => {
                        let column = column.unwrap_or(usize::MAX);
                        return Err(SvmError::InvalidColumn { row, column, ncols });
                    }
                }
            }
        }
        Ok(stored)
    }

    /// Number of stored entries.
    pub fn n_entries(&self) -> usize {
        self.values.len()
    }

    fn offset(&self, j: usize) -> usize {
        self.offsets.position(j).expect("checked when they were taken")
    }

    fn range(&self, j: usize) -> Range<usize> {
        self.offset(j)..self.offset(j + 1)
    }

    fn row(&self, j: usize) -> impl Iterator<Item = (usize, f64)> {
        let column = |i| self.columns.position(i).expect("checked when they were taken");
        self.range(j).map(move |i| (column(i), self.values.value(i)))
    }
}

impl<P: IndexArray, K: IndexArray, V: ValueArray> LinearOperator for SparseRows<P, K, V> {
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
        if let [j] = rows {
            gram[(0, 0)] = self.row(*j).map(|(k, a)| a * a * weights[k]).sum();
            return;
        }
        let mut counts = vec![0; self.ncols];
        for (k, _) in rows.iter().flat_map(|&j| self.row(j)) {
            counts[k] += 1;
        }
        let is_frequent = |k: usize| FREQUENT * counts[k] >= rows.len();
        self.frequent_gram(rows, weights, is_frequent, gram.as_mut());
        let seldom = |j: usize| self.row(j).filter(|(k, _)| !is_frequent(*k));
        let columns = ColumnIndex::new(self.ncols, rows, seldom);
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
            sum.count_terms(self.range(j).len());
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
        for (k, a) in (0..self.nrows()).flat_map(|j| self.row(j)) {
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
            for (l, (column, a)) in self.row(j).enumerate() {
                for (k, b) in self.row(j).skip(l) {
                    normal[(k, column)] += s * a * b;
                }
            }
        }
    }
}

/// A column with an entry in one of this many rows is treated as a dense one: a multiply-add in order
/// takes a thirtieth of the time of one out of order.
const FREQUENT: usize = 5;

impl<P: IndexArray, K: IndexArray, V: ValueArray> SparseRows<P, K, V> {
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
        assert!(matches!(
            of(vec![(1, f64::NAN)]),
            Some(SvmError::Kernel(KernelError::NotFinite { index: 1, .. }))
        ));
    }

    #[test]
    fn arrays_that_are_no_rows_are_refused() {
        let of = |offsets: &[i64], columns: &[i32], values: &[f32]| {
            SparseRows::from_arrays(4, offsets, columns, values).err()
        };
        assert!(of(&[0, 1, 1, 3], &[3, 0, 2], &[1.0, 2.0, 3.0]).is_none());
        assert!(of(&[0], &[], &[]).is_none());
        for offsets in [&[][..], &[1, 3], &[0, 2], &[0, 4], &[0, 2, 1, 3], &[0, -1, 3], &[0, 9, 3]]
        {
            let found = of(offsets, &[0, 1, 2], &[1.0; 3]);
            let refused = matches!(found, Some(SvmError::InvalidOffsets { .. }));
            assert!(refused, "{offsets:?}: {found:?}");
        }
        for columns in [[0, 0, 1], [1, 0, 2], [0, 1, 4], [-1, 0, 1]] {
            let found = of(&[0, 3], &columns, &[1.0; 3]);
            assert!(matches!(found, Some(SvmError::InvalidColumn { row: 0, .. })), "{columns:?}");
        }
        assert!(matches!(
            of(&[0, 1], &[0], &[]),
            Some(SvmError::Kernel(KernelError::ShapeMismatch { .. }))
        ));
        let infinite = of(&[0, 1], &[0], &[f32::INFINITY]);
        assert!(matches!(infinite, Some(SvmError::Kernel(KernelError::NotFinite { .. }))));
    }
}
