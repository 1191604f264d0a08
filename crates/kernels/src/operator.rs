//! Linear operators: constraint matrices that need not be stored.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};

use crate::Matrix;

/// A linear map $A : \mathbb{R}^{N} \to \mathbb{R}^{M}$ known through its products.
///
/// It is what an interior-point method on $A w \ge b$ needs of the data, and no more: both
/// products, the size of each row, and the Newton matrix of a set of rows.
pub trait LinearOperator: Sync {
    /// Number of rows $M$ (constraints).
    fn nrows(&self) -> usize;

    /// Number of columns $N$ (unknowns).
    fn ncols(&self) -> usize;

    /// `out` $= A w$.
    fn apply(&self, w: &[f64], out: &mut [f64]);

    /// `out` $= A^\top \lambda$.
    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]);

    /// The lower triangle of `gram` $= A_S \operatorname{diag}(D) A_S^\top$ for the rows $S$, in
    /// the order given; the strict upper triangle is left as it was.
    fn weighted_gram(&self, rows: &[usize], weights: &[f64], gram: MatMut<'_, f64>);

    /// `out`$_j = \max_k \lvert A_{jk} \rvert$, the size of each row.
    ///
    /// Zero is for rows of zeros only. Where entries are products that leave the range of `f64`, a
    /// size too small to be represented is any positive subnormal number, one too large is infinite.
    fn row_max_abs(&self, out: &mut [f64]);
}

/// The rows of $A$, stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseRows {
    transposed: Matrix,
}

impl DenseRows {
    /// The operator with the rows of `matrix` ($M \times N$).
    pub fn new(matrix: &Matrix) -> Self {
        Self { transposed: matrix.transposed() }
    }

    /// Row `j`.
    pub fn row(&self, j: usize) -> &[f64] {
        self.transposed.col(j)
    }

    /// The matrix $A$, as a view.
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

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: MatMut<'_, f64>) {
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

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = crate::max_abs(self.row(j));
        }
    }
}

/// Multiply-adds of a Newton matrix from which faer's kernels pay.
const BLOCKED_WORK: usize = 1 << 18;

impl DenseRows {
    fn blocked_gram(&self, rows: &[usize], weights: &[f64], gram: MatMut<'_, f64>) {
        let (m, n) = (rows.len(), self.ncols());
        let mut picked = Matrix::zeros(n, m);
        let mut weighted = Matrix::zeros(n, m);
        for (k, &row) in rows.iter().enumerate() {
            picked.col_mut(k).copy_from_slice(self.row(row));
            for (out, (a, d)) in
                weighted.col_mut(k).iter_mut().zip(self.row(row).iter().zip(weights))
            {
                *out = a * d;
            }
        }
        let par = if m * m / 2 * n >= crate::PARALLEL_WORK { Par::rayon(0) } else { Par::Seq };
        triangular::matmul(
            gram,
            BlockStructure::TriangularLower,
            Accum::Replace,
            picked.as_mat().transpose(),
            BlockStructure::Rectangular,
            weighted.as_mat(),
            BlockStructure::Rectangular,
            1.0,
            par,
        );
    }
}
