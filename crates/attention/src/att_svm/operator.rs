//! What a solver asks of the constraints of an AttSVM.

use mirrorhead_kernels::{
    CompensatedSums, EXACT_PRODUCT, Enclosure, GramMut, LinearOperator, Matrix, PARALLEL_WORK,
    Twofold, TwofoldVector, add_scaled, enclosed_dot, product, rows_times, simd_dispatch,
    two_product, weighted_rows,
};

use super::AttSvmOperator;
use crate::gram_blocks::GramBlocks;

impl LinearOperator for AttSvmOperator {
    fn nrows(&self) -> usize {
        self.tokens.len()
    }

    fn ncols(&self) -> usize {
        self.dim * self.dim
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        let mut key_query = Matrix::zeros(self.dim, self.dim);
        key_query.as_mut_slice().copy_from_slice(w);
        let mut directions = Matrix::zeros(self.dim, self.n_sequences());
        product(&key_query, self.queries.as_mat(), &mut directions);
        let mut room = Vec::new();
        for i in 0..self.n_sequences() {
            rows_times(self.block(i, &mut room), directions.col(i), &mut out[self.rows(i)]);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        let mut weighted = Matrix::zeros(self.dim, self.n_sequences());
        let mut room = Vec::new();
        for i in 0..self.n_sequences() {
            let multipliers = &multipliers[self.rows(i)];
            weighted_rows(self.block(i, &mut room), multipliers, weighted.col_mut(i));
        }
        let mut key_query = Matrix::zeros(self.dim, self.dim);
        product(&weighted, self.queries.as_mat().transpose(), &mut key_query);
        out.copy_from_slice(key_query.as_slice());
    }

    /// `$\lvert\delta_i\rvert (\lvert W\rvert \lvert z_i\rvert)$`, block after block.
    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        let (mut direction, mut room) = (vec![0.0; self.dim], Vec::new());
        for i in 0..self.n_sequences() {
            direction.fill(0.0);
            for (z, column) in self.queries.col(i).iter().zip(w.chunks_exact(self.dim)) {
                add_scaled(&mut direction, z.abs(), column);
            }
            let differences = self.block(i, &mut room).chunks_exact(self.dim);
            for (difference, out) in differences.zip(&mut out[self.rows(i)]) {
                *out = difference.iter().zip(&direction).map(|(x, y)| x.abs() * y).sum();
            }
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let (mut sum, mut room) = (vec![0.0; self.dim], Vec::new());
        for i in 0..self.n_sequences() {
            sum.fill(0.0);
            let differences = self.block(i, &mut room).chunks_exact(self.dim);
            for (difference, multiplier) in differences.zip(&multipliers[self.rows(i)]) {
                for (out, x) in sum.iter_mut().zip(difference) {
                    *out += multiplier * x.abs();
                }
            }
            for (z, column) in self.queries.col(i).iter().zip(out.chunks_exact_mut(self.dim)) {
                add_scaled(column, z.abs(), &sum);
            }
        }
    }

    /// One subtraction for `$\delta$`, then two sums in a row: over the columns and the rows of `$W$`, or
    /// over the tokens of a sequence and the sequences.
    fn rounding_depth(&self) -> usize {
        let longest = self.offsets.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        (2 * self.dim).max(longest + self.n_sequences()) + 6
    }

    /// `$W z_i$` in two doubles an entry, then `$\delta_i$` times that.
    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        let mut sums = CompensatedSums::zeros(self.dim);
        let mut direction = TwofoldVector::zeros(self.dim);
        let (mut room, mut rest) = (Vec::new(), Vec::new());
        for i in 0..self.n_sequences() {
            sums.clear();
            for (z, column) in self.queries.col(i).iter().zip(w.chunks_exact(self.dim)) {
                sums.add_scaled(*z, column);
            }
            sums.round_to(&mut direction);
            for (j, out) in self.rows(i).zip(&mut out[self.rows(i)]) {
                *out = enclosed_dot(self.difference(j, &mut room, &mut rest), direction.get());
            }
        }
    }

    /// `$\delta_i^\top\lambda_i$` in two doubles an entry, then the sum of their products with `$z_i$`.
    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let mut weighted = CompensatedSums::zeros(self.dim);
        let mut pull = TwofoldVector::zeros(self.dim);
        let mut adjoint = CompensatedSums::zeros(self.ncols());
        let (mut room, mut rest) = (Vec::new(), Vec::new());
        for i in 0..self.n_sequences() {
            weighted.clear();
            for (j, multiplier) in self.rows(i).zip(&multipliers[self.rows(i)]) {
                let difference = self.difference(j, &mut room, &mut rest);
                weighted.add_scaled_twofold(*multiplier, 0, difference);
            }
            weighted.count_terms(2 * self.rows(i).len());
            weighted.round_to(&mut pull);
            let lost = pull.get().highs.iter().chain(pull.get().lows).any(|x| x.is_nan());
            for (b, z) in self.queries.col(i).iter().enumerate() {
                // A query whose scale isn't exact may have entries that have become zero and are not.
                let z = if lost { f64::NAN } else { *z };
                adjoint.add_scaled_twofold(z, b * self.dim, pull.get());
            }
            adjoint.count_terms(2);
        }
        adjoint.enclosures(out);
    }

    /// The products of the two parts of each difference with the query, in two parts each.
    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let mut is_exact = true;
        let (mut room, mut rest) = (Vec::new(), Vec::new());
        let difference = self.difference(j, &mut room, &mut rest);
        for row in [difference.highs, difference.lows] {
            for (b, z) in self.queries.col(self.blocks[j]).iter().enumerate() {
                for (a, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0 && *z != 0.0) {
                    let (high, low) = two_product(*x, *z);
                    is_exact &= high.is_finite() && high.abs() >= EXACT_PRODUCT;
                    for part in [high, low].into_iter().filter(|part| *part != 0.0) {
                        term(a + b * self.dim, part);
                    }
                }
            }
        }
        is_exact
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        out.fill(0.0);
        let (mut largest, mut room) = (vec![0.0f64; self.dim], Vec::new());
        for i in 0..self.n_sequences() {
            largest.fill(0.0);
            for difference in self.block(i, &mut room).chunks_exact(self.dim) {
                for (most, x) in largest.iter_mut().zip(difference) {
                    *most = most.max(x.abs());
                }
            }
            for (z, column) in self.queries.col(i).iter().zip(out.chunks_exact_mut(self.dim)) {
                for (out, most) in column.iter_mut().zip(&largest) {
                    *out = out.max(most * z.abs());
                }
            }
        }
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], gram: GramMut<'_>) {
        let differences = self.gathered(rows);
        let runs = self.runs(rows);
        let queries = &self.queries;
        let blocks = GramBlocks { queries, differences: &differences, runs: &runs, weights };
        let gram = gram.into_faer();
        let work = rows.len() * rows.len() / 2 * self.dim;
        if work >= PARALLEL_WORK {
            blocks.fill_shared(0..runs.len(), gram);
        } else {
            simd_dispatch(
                #[inline(always)]
                || blocks.fill(0..runs.len(), gram),
            );
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.sizes);
    }
}

impl AttSvmOperator {
    /// The difference of row `j`, with what was rounded off it.
    fn difference<'a>(
        &'a self,
        j: usize,
        room: &'a mut Vec<f64>,
        rest: &'a mut Vec<f64>,
    ) -> Twofold<'a> {
        let highs = self.differences.of(j..j + 1, self.dim, room);
        Twofold { highs, lows: self.differences.remainder(j, self.dim, rest), radii: &[] }
    }
}
