//! Entries of sparse rows, column by column.

use std::ops::Range;

use faer::MatMut;
use mirrorhead_kernels::PARALLEL_WORK;

/// The entries of some rows in some columns, column by column.
///
/// A column `$k$` with `$c_k$` entries contributes to `$c_k^2/2$` entries of the Newton matrix, and rows of text
/// share few of their words: this is less work by far than reading every row against every other.
pub(crate) struct ColumnIndex {
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
    /// Of `rows`, whose entries in these of `ncols` columns `row` gives, columns increasing.
    pub(crate) fn new<I: Iterator<Item = (usize, f64)>>(
        ncols: usize,
        rows: &[usize],
        row: impl Fn(usize) -> I,
    ) -> Self {
        let mut offsets = vec![0; ncols + 1];
        for (k, _) in rows.iter().flat_map(|&j| row(j)) {
            offsets[k + 1] += 1;
        }
        for k in 0..ncols {
            offsets[k + 1] += offsets[k];
        }
        let n_entries = offsets[ncols];
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
    pub(crate) fn work(&self) -> usize {
        self.offsets.windows(2).map(|pair| (pair[1] - pair[0]).pow(2) / 2).sum()
    }

    /// Adds to the lower triangle of the columns `range` of the Newton matrix, which `gram` starts
    /// with; `work` is about how many multiply-adds that takes. Every entry is computed in the same
    /// way whoever computes it.
    pub(crate) fn add_gram(
        &self,
        range: Range<usize>,
        work: usize,
        weights: &[f64],
        gram: MatMut<'_, f64>,
    ) {
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
