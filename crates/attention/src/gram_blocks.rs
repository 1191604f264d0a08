//! The blocks of the Newton matrix of an AttSVM.

use std::ops::Range;

use faer::prelude::ReborrowMut;
use faer::{MatMut, MatRef, Par};
use mirrorhead_kernels::dense::multiply;
use mirrorhead_kernels::{Matrix, add_scaled, dot, rows_times, simd_dispatch};

/// Consecutive positions whose rows belong to one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub sequence: usize,
    pub positions: Range<usize>,
}

/// Multiply-adds of a product from which faer's kernels pay.
const BLOCKED_WORK: usize = 1 << 13;

/// The blocks `$\delta_i \operatorname{diag}\!\left(D (z_i \circ z_{i'})\right) \delta_{i'}^\top$` of a Newton matrix.
pub(crate) struct GramBlocks<'a> {
    /// `$d \times n$`, one column per sequence.
    pub queries: &'a Matrix,
    /// `$\delta$` of the rows in play, one after the other.
    pub differences: &'a [f64],
    pub runs: &'a [Run],
    /// `$D$`, by columns.
    pub weights: &'a [f64],
}

impl GramBlocks<'_> {
    /// Fills the columns of `columns`, shared among threads. Every entry is computed in the same
    /// way whoever computes it.
    pub fn fill_shared(&self, columns: Range<usize>, gram: MatMut<'_, f64>) {
        if columns.len() == 1 {
            return simd_dispatch(
                #[inline(always)]
                || self.fill(columns, gram),
            );
        }
        let middle = usize::midpoint(columns.start, columns.end);
        let width = self.runs[middle].positions.start - self.runs[columns.start].positions.start;
        let (left, right) = gram.split_at_col_mut(width);
        rayon::join(
            || self.fill_shared(columns.start..middle, left),
            || self.fill_shared(middle..columns.end, right),
        );
    }

    /// Fills the lower triangle of the columns of the runs `columns`, which `gram` starts with.
    #[inline(always)]
    pub fn fill(&self, columns: Range<usize>, mut gram: MatMut<'_, f64>) {
        let dim = self.queries.nrows();
        // No rows, no runs: every sequence has one token.
        let Some(first) = self.runs.get(columns.start).map(|run| run.positions.start) else {
            return;
        };
        let below = self.runs.last().map_or(0, |run| run.positions.end) - first;
        let mut weighted = vec![0.0; below * dim];
        let mut profiles = Profiles::new(dim, self.runs.len() - columns.start);
        for (r, right) in self.runs.iter().enumerate().take(columns.end).skip(columns.start) {
            let left = &self.runs[r..];
            let weighted = self.weigh(left, profiles.of(self, right, left), &mut weighted);
            let right_rows = self.rows(right);
            let (start, width) = (right.positions.start, right.positions.len());
            // The triangle on the diagonal, then the rectangle below it.
            let height = weighted.len() / dim;
            let mut panel = gram.as_mut().submatrix_mut(start, start - first, height, width);
            let above = if (height - width) * width * dim < BLOCKED_WORK { height } else { width };
            for (l, row) in right_rows.chunks_exact(dim).enumerate() {
                let left_rows = &weighted[l * dim..above * dim];
                let mut column = panel.rb_mut().col_mut(l).subrows_mut(l, above - l);
                if let Some(column) = column.rb_mut().try_as_col_major_mut() {
                    rows_times(left_rows, row, column.as_slice_mut());
                    continue;
                }
                for (entry, weighted) in column.iter_mut().zip(left_rows.chunks_exact(dim)) {
                    *entry = dot(row, weighted);
                }
            }
            if above < height {
                multiply(
                    panel.submatrix_mut(width, 0, height - width, width),
                    MatRef::from_row_major_slice(&weighted[width * dim..], height - width, dim),
                    MatRef::from_column_major_slice(right_rows, dim, width),
                    Par::Seq,
                );
            }
        }
    }

    /// The rows of the runs `left`, each times the profile of its run.
    #[inline(always)]
    fn weigh<'w>(&self, left: &[Run], profiles: &[f64], out: &'w mut [f64]) -> &'w [f64] {
        let dim = self.queries.nrows();
        let mut end = 0;
        for (run, profile) in left.iter().zip(profiles.chunks_exact(dim)) {
            for row in self.rows(run).chunks_exact(dim) {
                for ((out, x), p) in out[end..].iter_mut().zip(row).zip(profile) {
                    *out = x * p;
                }
                end += dim;
            }
        }
        &out[..end]
    }

    fn rows(&self, run: &Run) -> &[f64] {
        let dim = self.queries.nrows();
        &self.differences[run.positions.start * dim..run.positions.end * dim]
    }
}

/// The vectors `$D (z_i \circ z_{i'})$` for one `$i'$` and a stretch of runs `$i$`, as one product.
struct Profiles {
    dim: usize,
    pairs: Vec<f64>,
    products: Vec<f64>,
}

impl Profiles {
    /// Room for `most` runs.
    fn new(dim: usize, most: usize) -> Self {
        Self { dim, pairs: vec![0.0; most * dim], products: vec![0.0; most * dim] }
    }

    /// The profiles of `right` with each of `left`, one after the other.
    #[inline(always)]
    fn of(&mut self, blocks: &GramBlocks<'_>, right: &Run, left: &[Run]) -> &[f64] {
        let dim = self.dim;
        let queries = blocks.queries;
        let (pairs, profiles) =
            (&mut self.pairs[..left.len() * dim], &mut self.products[..left.len() * dim]);
        for (pair, run) in pairs.chunks_exact_mut(dim).zip(left) {
            let both = queries.col(right.sequence).iter().zip(queries.col(run.sequence));
            for (out, (z, y)) in pair.iter_mut().zip(both) {
                *out = z * y;
            }
        }
        if pairs.len() * dim < BLOCKED_WORK {
            for (profile, pair) in profiles.chunks_exact_mut(dim).zip(pairs.chunks_exact(dim)) {
                profile.fill(0.0);
                for (pair, column) in pair.iter().zip(blocks.weights.chunks_exact(dim)) {
                    add_scaled(profile, *pair, column);
                }
            }
        } else {
            multiply(
                MatMut::from_column_major_slice_mut(profiles, dim, left.len()),
                MatRef::from_column_major_slice(blocks.weights, dim, dim),
                MatRef::from_column_major_slice(pairs, dim, left.len()),
                Par::Seq,
            );
        }
        profiles
    }
}
