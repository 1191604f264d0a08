//! Linear operators: constraint matrices that need not be stored.

use std::fmt;

use faer::{MatRef, Par};

use crate::dense::multiply_lower;
use crate::{CompensatedSums, Enclosure, GramMut, KernelError, Matrix, enclosed_dot};

/// A linear map `$A : \mathbb{R}^{N} \to \mathbb{R}^{M}$` known through its products.
///
/// Both products are all that has to be written. Everything else that an interior-point method on
/// `$A w \ge b$` asks of the data follows from them, at the cost of many products: an operator with
/// structure does better to override it.
///
/// ```
/// use mirrorhead_kernels::{GramMut, LinearOperator, Matrix};
///
/// /// Differences of neighbours.
/// struct Differences(usize);
///
/// impl LinearOperator for Differences {
///     fn nrows(&self) -> usize { self.0 - 1 }
///     fn ncols(&self) -> usize { self.0 }
///     fn apply(&self, w: &[f64], out: &mut [f64]) {
///         for (out, pair) in out.iter_mut().zip(w.windows(2)) { *out = pair[1] - pair[0]; }
///     }
///     fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
///         out.fill(0.0);
///         for (j, l) in multipliers.iter().enumerate() { out[j] -= l; out[j + 1] += l; }
///     }
/// }
///
/// let mut gram = Matrix::zeros(2, 2);
/// Differences(4).weighted_gram(&[0, 1], &[1.0; 4], GramMut::of(&mut gram));
/// assert_eq!((gram[(0, 0)], gram[(1, 0)], gram[(1, 1)]), (2.0, -1.0, 2.0));
/// ```
pub trait LinearOperator: Sync {
    /// Number of rows `$M$` (constraints).
    fn nrows(&self) -> usize;

    /// Number of columns `$N$` (unknowns).
    fn ncols(&self) -> usize;

    /// `out` `$= A w$`.
    fn apply(&self, w: &[f64], out: &mut [f64]);

    /// `out` `$= A^\top \lambda$`.
    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]);

    /// `$\mathtt{out}_j \ge \sum_k \lvert A_{jk}\rvert w_k$` for `$w \ge 0$`, up to its own rounding: the size that
    /// the terms of row `$j$` can have in [`apply`](Self::apply), of which its rounding error is a small
    /// multiple.
    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        self.row_max_abs(out);
        let length: f64 = w.iter().sum();
        for out in out {
            *out *= length;
        }
    }

    /// `$\mathtt{out}_k \ge \sum_j \lvert A_{jk}\rvert \lambda_j$` for `$\lambda \ge 0$`, up to its own rounding: the
    /// size that the terms of column `$k$` can have in [`apply_adjoint`](Self::apply_adjoint).
    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        self.col_max_abs(out);
        let length: f64 = multipliers.iter().sum();
        for out in out {
            *out *= length;
        }
    }

    /// The most additions and multiplications that any term goes through in [`apply`](Self::apply) and
    /// [`apply_adjoint`](Self::apply_adjoint), or in their sizes: with `$\gamma = n u/(1 - n u)$`, where `$n$` is
    /// this number and `$u = 2^{-53}$`, entry `$j$` of either is off by at most `$\gamma$` times the entry of
    /// [`apply_abs`](Self::apply_abs) or [`apply_adjoint_abs`](Self::apply_adjoint_abs), and underflow adds at
    /// most `$n$` times the smallest double. By default `$M + N + 2$`, which is right for sums of stored entries
    /// in any order. An operator whose rows are themselves computed counts that too, or overrides
    /// [`apply_enclosed`](Self::apply_enclosed) and its adjoint: what is called proven rests on it.
    fn rounding_depth(&self) -> usize {
        self.nrows() + self.ncols() + 2
    }

    /// `$\mathtt{out}_j \ni (A w)_j$`: the product with a bound on its error, for proofs.
    ///
    /// By default [`apply`](Self::apply) and what [`rounding_depth`](Self::rounding_depth) says of it. The
    /// operators of this project override it with sums in twice the digits
    /// ([`CompensatedSums`]), so that proofs stay tight where terms cancel.
    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        let (mut values, mut sizes) = (vec![0.0; self.nrows()], vec![0.0; self.nrows()]);
        self.apply(w, &mut values);
        self.apply_abs(&absolute(w), &mut sizes);
        enclose(self.rounding_depth(), &values, &sizes, out);
    }

    /// `$\mathtt{out}_k \ni (A^\top\lambda)_k$`, like [`apply_enclosed`](Self::apply_enclosed).
    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let (mut values, mut sizes) = (vec![0.0; self.ncols()], vec![0.0; self.ncols()]);
        self.apply_adjoint(multipliers, &mut values);
        self.apply_adjoint_abs(&absolute(multipliers), &mut sizes);
        enclose(self.rounding_depth(), &values, &sizes, out);
    }

    /// Row `$j$` without any rounding: calls `term(k, a)` with terms whose exact sum over the calls with the
    /// same `$k$` is `$A_{jk}$`. False if doubles cannot say it.
    ///
    /// By default what [`apply_adjoint`](Self::apply_adjoint) makes of a unit vector, which is right where
    /// entries are stored. Exact proofs (of infeasibility, and whoever checks a certificate) read rows
    /// through it, so an operator that computes its entries overrides it: the product of two doubles is the
    /// sum of the two parts of [`two_product`](crate::two_product).
    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let (mut unit, mut row) = (vec![0.0; self.nrows()], vec![0.0; self.ncols()]);
        unit[j] = 1.0;
        self.apply_adjoint(&unit, &mut row);
        stored_row(row.iter().copied().enumerate(), term)
    }

    /// The lower triangle of `gram` `$= A_S \operatorname{diag}(D) A_S^\top$` for the rows `$S$`, in
    /// the order given.
    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        let (mut unit, mut column) = (vec![0.0; self.nrows()], vec![0.0; self.nrows()]);
        let mut row = vec![0.0; self.ncols()];
        for (l, &j) in rows.iter().enumerate() {
            unit[j] = 1.0;
            self.apply_adjoint(&unit, &mut row);
            unit[j] = 0.0;
            for (entry, d) in row.iter_mut().zip(weights) {
                *entry *= d;
            }
            self.apply(&row, &mut column);
            for (k, &i) in rows.iter().enumerate().skip(l) {
                gram[(k, l)] = column[i];
            }
        }
    }

    /// The lower triangle of `normal` `$= A^\top \operatorname{diag}(\sigma) A$`, one weight `$\sigma_j$` a row:
    /// what there is to factor where rows are many more than unknowns.
    fn weighted_normal(&self, weights: &[f64], mut normal: GramMut<'_>) {
        let (mut unit, mut row) = (vec![0.0; self.ncols()], vec![0.0; self.ncols()]);
        let mut column = vec![0.0; self.nrows()];
        for l in 0..self.ncols() {
            unit[l] = 1.0;
            self.apply(&unit, &mut column);
            unit[l] = 0.0;
            for (entry, s) in column.iter_mut().zip(weights) {
                *entry *= s;
            }
            self.apply_adjoint(&column, &mut row);
            for (k, entry) in row.iter().enumerate().skip(l) {
                normal[(k, l)] = *entry;
            }
        }
    }

    /// `$\mathtt{out}_j = \max_k \lvert A_{jk} \rvert$`, the size of each row.
    ///
    /// Zero is for rows of zeros only. Where entries are products that leave the range of `f64`, a
    /// size too small to be represented is any positive subnormal number, one too large is infinite.
    fn row_max_abs(&self, out: &mut [f64]) {
        let (mut unit, mut row) = (vec![0.0; self.nrows()], vec![0.0; self.ncols()]);
        for (j, out) in out.iter_mut().enumerate() {
            unit[j] = 1.0;
            self.apply_adjoint(&unit, &mut row);
            unit[j] = 0.0;
            *out = crate::max_abs(&row);
        }
    }

    /// `$\mathtt{out}_k = \max_j \lvert A_{jk} \rvert$`, the size of each column. Zero is for columns of zeros only,
    /// as in [`row_max_abs`](Self::row_max_abs).
    fn col_max_abs(&self, out: &mut [f64]) {
        let (mut unit, mut column) = (vec![0.0; self.ncols()], vec![0.0; self.nrows()]);
        for (k, out) in out.iter_mut().enumerate() {
            unit[k] = 1.0;
            self.apply(&unit, &mut column);
            unit[k] = 0.0;
            *out = crate::max_abs(&column);
        }
    }
}

impl fmt::Debug for dyn LinearOperator + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinearOperator({} x {})", self.nrows(), self.ncols())
    }
}

/// `$\lvert x\rvert$` for each entry.
fn absolute(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| x.abs()).collect()
}

/// Values whose terms are of these `sizes` and went through `depth` roundings.
fn enclose(depth: usize, values: &[f64], sizes: &[f64], out: &mut [Enclosure]) {
    // Twice the first-order bound, for the rounding of the sizes and of the bound itself.
    let share = if depth < MOST_ROUNDINGS { depth as f64 * f64::EPSILON } else { f64::INFINITY };
    let underflow = depth as f64 * f64::from_bits(2);
    for (out, (value, size)) in out.iter_mut().zip(values.iter().zip(sizes)) {
        *out = Enclosure { value: *value, radius: share * size + underflow };
    }
}

/// Beyond `$2^{40}$` roundings a bound to first order says little.
const MOST_ROUNDINGS: usize = 1 << 40;

/// Hands the entries that aren't zero to `term`; false if one isn't finite.
fn stored_row(row: impl Iterator<Item = (usize, f64)>, term: &mut dyn FnMut(usize, f64)) -> bool {
    let mut finite = true;
    for (k, a) in row.filter(|(_, a)| *a != 0.0) {
        finite &= a.is_finite();
        term(k, a);
    }
    finite
}

/// The rows of `$A$`, stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseRows {
    transposed: Matrix,
}

impl DenseRows {
    /// The operator with the rows of `matrix` (`$M \times N$`).
    pub fn new(matrix: &Matrix) -> Self {
        Self { transposed: matrix.transposed() }
    }

    /// The operator over `values`, `nrows` rows of `ncols` entries one after the other: nothing is copied.
    ///
    /// ```
    /// use mirrorhead_kernels::DenseRows;
    /// let rows = DenseRows::from_row_major(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// assert_eq!(rows.row(1), [4.0, 5.0, 6.0]);
    /// # Ok::<(), mirrorhead_kernels::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// `values` does not hold `nrows * ncols` entries, or one of them is not finite.
    pub fn from_row_major(
        nrows: usize,
        ncols: usize,
        values: Vec<f64>,
    ) -> Result<Self, KernelError> {
        Ok(Self { transposed: Matrix::from_columns(ncols, nrows, values)? })
    }

    /// Row `j`.
    pub fn row(&self, j: usize) -> &[f64] {
        self.transposed.col(j)
    }

    /// The matrix `$A$`, as a view.
    pub fn as_mat(&self) -> MatRef<'_, f64> {
        self.transposed.as_mat().transpose()
    }
}

impl LinearOperator for DenseRows {
    fn nrows(&self) -> usize {
        self.transposed.ncols()
    }

    fn ncols(&self) -> usize {
        self.transposed.nrows()
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = crate::dot(self.row(j), w);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, &multiplier) in multipliers.iter().enumerate() {
            crate::add_scaled(out, multiplier, self.row(j));
        }
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        let (m, n) = (rows.len(), self.ncols());
        if m * m / 2 * n >= BLOCKED_WORK {
            return self.blocked_gram(rows, weights, gram);
        }
        crate::simd_dispatch(
            #[inline(always)]
            || {
                let mut weighted = vec![0.0; n];
                for (l, &row_l) in rows.iter().enumerate() {
                    for (out, (a, d)) in
                        weighted.iter_mut().zip(self.row(row_l).iter().zip(weights))
                    {
                        *out = a * d;
                    }
                    for (k, &row_k) in rows.iter().enumerate().skip(l) {
                        gram[(k, l)] = crate::dot(self.row(row_k), &weighted);
                    }
                }
            },
        );
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = self.row(j).iter().zip(w).map(|(a, w)| a.abs() * w).sum();
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, &multiplier) in multipliers.iter().enumerate() {
            for (out, a) in out.iter_mut().zip(self.row(j)) {
                *out += multiplier * a.abs();
            }
        }
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = enclosed_dot(self.row(j).into(), w.into());
        }
    }

    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let mut sums = CompensatedSums::zeros(self.ncols());
        for (j, &multiplier) in multipliers.iter().enumerate() {
            sums.add_scaled(multiplier, self.row(j));
        }
        sums.enclosures(out);
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        stored_row(self.row(j).iter().copied().enumerate(), term)
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = crate::max_abs(self.row(j));
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        out.fill(0.0);
        for j in 0..self.nrows() {
            out.iter_mut().zip(self.row(j)).for_each(|(out, a)| *out = out.max(a.abs()));
        }
    }

    fn weighted_normal(&self, weights: &[f64], normal: GramMut<'_>) {
        let (n, m) = (self.ncols(), self.nrows());
        let mut weighted = self.transposed.clone();
        for (j, s) in weights.iter().enumerate() {
            for a in weighted.col_mut(j) {
                *a *= s;
            }
        }
        let par = if n * n / 2 * m >= crate::PARALLEL_WORK { Par::rayon(0) } else { Par::Seq };
        multiply_lower(
            normal.into_faer(),
            weighted.as_mat(),
            self.transposed.as_mat().transpose(),
            par,
        );
    }
}

/// Multiply-adds of a Newton matrix from which faer's kernels pay.
const BLOCKED_WORK: usize = 1 << 18;

impl DenseRows {
    fn blocked_gram(&self, rows: &[usize], weights: &[f64], gram: GramMut<'_>) {
        let (m, n) = (rows.len(), self.ncols());
        let mut picked = Matrix::zeros(n, m);
        let mut weighted = Matrix::zeros(n, m);
        for (k, &row) in rows.iter().enumerate() {
            picked.col_mut(k).copy_from_slice(self.row(row));
            let entries = self.row(row).iter().zip(weights);
            for (out, (a, d)) in weighted.col_mut(k).iter_mut().zip(entries) {
                *out = a * d;
            }
        }
        let par = if m * m / 2 * n >= crate::PARALLEL_WORK { Par::rayon(0) } else { Par::Seq };
        multiply_lower(gram.into_faer(), picked.as_mat().transpose(), weighted.as_mat(), par);
    }
}
