//! The constraints of the AttSVM, never materialised.

use std::borrow::Cow;
use std::ops::Range;

use mirrorhead_kernels::{
    CompensatedSums, Enclosure, GramMut, LinearOperator, Matrix, PARALLEL_WORK, TokenBatch,
    add_scaled, max_abs, product, rows_times, simd_dispatch, two_product, two_sum, weighted_rows,
};

use crate::gram_blocks::{GramBlocks, Run};

/// The rows of the lp-AttSVM of a selection `$\alpha$`,
///
/// `$$ (x_{i\alpha_i} - x_{it}) \otimes z_i, \qquad t \ne \alpha_i, $$`
///
/// acting on `$W \in \mathbb{R}^{d\times d}$` stored by columns: row `$(i, t)$` of `$A w$` is
/// `$(x_{i\alpha_i} - x_{it})^\top W z_i$`. Rows come sequence after sequence; a sequence of one token
/// has none.
///
/// With `$\delta_i$` the differences of sequence `$i$` as rows, nothing of size `$M \times d^2$` is formed:
/// `$A w$` is `$\delta_i (W z_i)$`, `$A^\top\lambda$` is the product `$\sum_i (\delta_i^\top\lambda_i) z_i^\top$`,
/// and the block of `$A \operatorname{diag}(D) A^\top$` for `$(i, i')$` is
/// `$\delta_i \operatorname{diag}\!\left(D (z_i \circ z_{i'})\right) \delta_{i'}^\top$`.
///
/// The size of `$z_i$` is moved to `$\delta_i$` as a power of two, which changes no row and no digit: tokens
/// and queries of any size are fine as long as their products, the rows, are within the range of `f64`.
/// A row that is not has a size ([`row_max_abs`](LinearOperator::row_max_abs)) that is subnormal or
/// infinite, never zero.
///
/// ```
/// use mirrorhead_attention::{AttSvmOperator, toy_pair};
/// use mirrorhead_kernels::LinearOperator;
/// let data = toy_pair();
/// let svm = AttSvmOperator::new(data.tokens(), data.queries(), &[1, 0]);
/// assert_eq!((svm.nrows(), svm.ncols()), (4, 4));
/// assert_eq!(svm.row_token(2), (1, 1));
/// let mut margins = [0.0; 4];
/// svm.apply(&[1.0, 0.0, 0.0, 1.0], &mut margins); // W = I
/// // (x_01 - x_00)^T z_0 = (4.1, 0.9)^T (-2.7, 1.2)
/// assert!((margins[0] - (4.1 * -2.7 + 0.9 * 1.2)).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AttSvmOperator {
    dim: usize,
    /// `$2^{k_i} \delta_i$` one after the other, row-major.
    differences: Vec<f64>,
    /// What rounding took off `differences`, in the same order: with it a proof is about the tokens
    /// themselves. NaN where not even two doubles hold a difference, empty where nothing was rounded.
    remainders: Vec<f64>,
    /// Rows of sequence `i` are `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
    /// (sequence, token) of each row.
    tokens: Vec<(usize, usize)>,
    /// `$d \times n$`, column `$i$` is `$2^{-k_i} z_i$`, of size one.
    queries: Matrix,
    /// The size of each row.
    sizes: Vec<f64>,
}

impl AttSvmOperator {
    /// The constraints of `selection`, one token of each sequence of `tokens`; column `$i$` of
    /// `queries` is `$z_i$`.
    ///
    /// # Panics
    /// If the arguments are of different data sets.
    pub fn new(tokens: &TokenBatch, queries: &Matrix, selection: &[usize]) -> Self {
        assert_eq!(tokens.len(), selection.len(), "one selected token a sequence");
        assert_eq!((tokens.dim(), tokens.len()), (queries.nrows(), queries.ncols()), "queries");
        let (mut differences, mut offsets, mut rows) = (Vec::new(), vec![0], Vec::new());
        let (mut unit_queries, mut sizes) = (queries.clone(), Vec::new());
        let mut remainders = Vec::new();
        for (i, &selected) in selection.iter().enumerate() {
            let query = unit_queries.col_mut(i);
            let (size, shrink) = power_of_two(max_abs(query));
            let mut is_exact = true;
            for z in query.iter_mut() {
                let scaled = *z * shrink;
                is_exact &= scaled * size == *z;
                *z = scaled;
            }
            let query = max_abs(query);
            for t in (0..tokens.sequence_len(i)).filter(|&t| t != selected) {
                let pairs = || tokens.token(i, selected).iter().zip(tokens.token(i, t));
                let start = differences.len();
                differences.extend(pairs().map(|(a, b)| a - b));
                remainders.extend(pairs().map(|(a, b)| {
                    let (high, low) = two_sum(*a, -*b);
                    let fits = is_exact && [high, low].iter().all(|x| (x * size) * shrink == *x);
                    if fits { low * size } else { f64::NAN }
                }));
                let difference = &mut differences[start..];
                let vanishes = query == 0.0 || max_abs(difference) == 0.0;
                for x in difference.iter_mut() {
                    *x = if vanishes { 0.0 } else { *x * size };
                }
                let row = max_abs(difference) * query;
                sizes.push(if row == 0.0 && !vanishes { f64::from_bits(1) } else { row });
                rows.push((i, t));
            }
            offsets.push(rows.len());
        }
        if remainders.iter().all(|x| *x == 0.0) {
            remainders = Vec::new();
        }
        let dim = tokens.dim();
        let queries = unit_queries;
        Self { dim, differences, remainders, offsets, tokens: rows, queries, sizes }
    }

    /// The sequence and the token of row `j`.
    pub fn row_token(&self, j: usize) -> (usize, usize) {
        self.tokens[j]
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The rows of sequence `i`.
    fn rows(&self, i: usize) -> Range<usize> {
        self.offsets[i]..self.offsets[i + 1]
    }

    fn difference(&self, j: usize) -> &[f64] {
        &self.differences[j * self.dim..(j + 1) * self.dim]
    }

    /// What was rounded off the difference of row `j`; nothing where nothing was.
    fn remainder(&self, j: usize) -> &[f64] {
        let range = j * self.dim..(j + 1) * self.dim;
        self.remainders.get(range).unwrap_or_default()
    }

    fn sequence(&self, i: usize) -> &[f64] {
        &self.differences[self.offsets[i] * self.dim..self.offsets[i + 1] * self.dim]
    }
}

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
        for i in 0..self.n_sequences() {
            let out = &mut out[self.offsets[i]..self.offsets[i + 1]];
            rows_times(self.sequence(i), directions.col(i), out);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        let mut weighted = Matrix::zeros(self.dim, self.n_sequences());
        for i in 0..self.n_sequences() {
            let multipliers = &multipliers[self.offsets[i]..self.offsets[i + 1]];
            weighted_rows(self.sequence(i), multipliers, weighted.col_mut(i));
        }
        let mut key_query = Matrix::zeros(self.dim, self.dim);
        product(&weighted, self.queries.as_mat().transpose(), &mut key_query);
        out.copy_from_slice(key_query.as_slice());
    }

    /// `$\lvert\delta_i\rvert (\lvert W\rvert \lvert z_i\rvert)$`, block after block.
    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        let mut direction = vec![0.0; self.dim];
        for i in 0..self.n_sequences() {
            direction.fill(0.0);
            for (z, column) in self.queries.col(i).iter().zip(w.chunks_exact(self.dim)) {
                add_scaled(&mut direction, z.abs(), column);
            }
            for (j, out) in self.rows(i).zip(&mut out[self.rows(i)]) {
                *out = self.difference(j).iter().zip(&direction).map(|(x, y)| x.abs() * y).sum();
            }
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let mut sum = vec![0.0; self.dim];
        for i in 0..self.n_sequences() {
            sum.fill(0.0);
            for (j, multiplier) in self.rows(i).zip(&multipliers[self.rows(i)]) {
                for (out, x) in sum.iter_mut().zip(self.difference(j)) {
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
        let mut directions = CompensatedSums::zeros(self.dim);
        let mut margin = CompensatedSums::zeros(8);
        let (mut highs, mut lows) = (vec![0.0; self.dim], vec![0.0; self.dim]);
        let mut radii = vec![0.0; self.dim];
        for i in 0..self.n_sequences() {
            directions.clear();
            for (z, column) in self.queries.col(i).iter().zip(w.chunks_exact(self.dim)) {
                directions.add_scaled(*z, column);
            }
            let parts = highs.iter_mut().zip(&mut lows).zip(&mut radii);
            for (k, ((high, low), radius)) in parts.enumerate() {
                (*high, *low, *radius) = directions.parts(k);
            }
            for (j, out) in self.rows(i).zip(&mut out[self.rows(i)]) {
                margin.clear();
                for row in
                    [self.difference(j), self.remainder(j)].into_iter().filter(|x| !x.is_empty())
                {
                    margin.add_products(row, &highs);
                    margin.add_products(row, &lows);
                    for (x, radius) in row.iter().zip(&radii) {
                        margin.widen(0, *x, *radius);
                    }
                }
                *out = margin.total();
            }
        }
    }

    /// `$\delta_i^\top\lambda_i$` in two doubles an entry, then the sum of their products with `$z_i$`.
    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let mut weighted = CompensatedSums::zeros(self.dim);
        let mut adjoint = CompensatedSums::zeros(self.ncols());
        for i in 0..self.n_sequences() {
            weighted.clear();
            for (j, multiplier) in self.rows(i).zip(&multipliers[self.rows(i)]) {
                weighted.add_scaled(*multiplier, self.difference(j));
                weighted.add_scaled(*multiplier, self.remainder(j));
            }
            simd_dispatch(
                #[inline(always)]
                || {
                    for a in 0..self.dim {
                        let (high, low, radius) = weighted.parts(a);
                        for (b, z) in self.queries.col(i).iter().enumerate() {
                            let entry = a + b * self.dim;
                            adjoint.add_product(entry, high, *z);
                            adjoint.add_product(entry, low, *z);
                            adjoint.widen(entry, *z, radius);
                        }
                    }
                },
            );
            adjoint.count_terms(2);
        }
        adjoint.enclosures(out);
    }

    /// The products of the two parts of each difference with the query, in two parts each.
    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let (sequence, _) = self.tokens[j];
        let mut is_exact = true;
        for row in [self.difference(j), self.remainder(j)] {
            for (b, z) in self.queries.col(sequence).iter().enumerate() {
                for (a, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0 && *z != 0.0) {
                    let (high, low) = two_product(*x, *z);
                    is_exact &= high.is_finite() && high.abs() >= LEAST_PRODUCT;
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
        let mut largest = vec![0.0f64; self.dim];
        for i in 0..self.n_sequences() {
            largest.fill(0.0);
            for j in self.offsets[i]..self.offsets[i + 1] {
                for (most, x) in largest.iter_mut().zip(self.difference(j)) {
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
    /// The differences of `rows`, one after the other.
    fn gathered(&self, rows: &[usize]) -> Cow<'_, [f64]> {
        if rows.len() == self.nrows() && rows.iter().enumerate().all(|(k, &j)| k == j) {
            return Cow::Borrowed(&self.differences);
        }
        let mut gathered = Vec::with_capacity(rows.len() * self.dim);
        for &j in rows {
            gathered.extend_from_slice(self.difference(j));
        }
        Cow::Owned(gathered)
    }

    /// Maximal stretches of `rows` that belong to the same sequence.
    fn runs(&self, rows: &[usize]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (position, &j) in rows.iter().enumerate() {
            let (sequence, _) = self.tokens[j];
            match runs.last_mut() {
                Some(run) if run.sequence == sequence => run.positions.end = position + 1,
                _ => runs.push(Run { sequence, positions: position..position + 1 }),
            }
        }
        runs
    }
}

/// The error of a product smaller than `$2^{-960}$` may not be a double.
const LEAST_PRODUCT: f64 = f64::from_bits((1023 - 960) << 52);

/// `$2^k$` and `$2^{-k}$`, both normal, with `$2^k$` the largest power of two up to `$x$` where there is one.
fn power_of_two(x: f64) -> (f64, f64) {
    let exponent = ((x.to_bits() >> 52) & 0x7ff).clamp(1, 2045);
    (f64::from_bits(exponent << 52), f64::from_bits((2046 - exponent) << 52))
}

#[cfg(test)]
mod tests;
