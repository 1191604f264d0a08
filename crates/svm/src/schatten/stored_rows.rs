//! The rows of `$A$` as matrices, stored once, so that they can be turned into any frame.

use faer::{Mat, Par};
use mirrorhead_kernels::dense::multiply_lower;
use mirrorhead_kernels::{Matrix, PARALLEL_WORK, add_scaled, dot};

use super::frame::Frame;
use crate::rows::EquilibratedRows;

/// Equilibrated rows `$A_j \in \mathbb{R}^{r \times c}$`, each a column of a matrix, and their bounds.
pub(crate) struct StoredRows {
    /// `$r c \times M$`.
    transposed: Matrix,
    pub bounds: Vec<f64>,
}

impl StoredRows {
    /// The rows of an operator, by its adjoint.
    pub fn of(rows: &mut EquilibratedRows<'_>) -> Self {
        let mut transposed = Matrix::zeros(rows.ncols(), rows.len());
        let mut unit = vec![0.0; rows.len()];
        for j in 0..rows.len() {
            unit[j] = 1.0;
            rows.apply_adjoint(&unit, transposed.col_mut(j));
            unit[j] = 0.0;
        }
        Self { transposed, bounds: rows.bounds.clone() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// `out` `$= A w$`.
    pub fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = dot(self.transposed.col(j), w);
        }
    }

    /// `out` `$= A^\top\lambda$`.
    pub fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, l) in multipliers.iter().enumerate() {
            add_scaled(out, *l, self.transposed.col(j));
        }
    }

    /// The rows in the coordinates of `frame`, times the square root of the `slopes` `$D$`: a matrix `$Z$`
    /// (`$r c \times M$`) with `$Z^\top Z = A D A^\top$`.
    pub fn weighted(&self, frame: &Frame, slopes: &[f64]) -> Matrix {
        let mut turned = Matrix::zeros(self.transposed.nrows(), self.transposed.ncols());
        frame.coordinates(self.transposed.as_slice(), turned.as_mut_slice());
        let roots: Vec<f64> = slopes.iter().map(|d| d.sqrt()).collect();
        for j in 0..self.len() {
            for (x, root) in turned.col_mut(j).iter_mut().zip(&roots) {
                *x *= root;
            }
        }
        turned
    }
}

/// The lower triangle of `out` `$= Z^\top Z$`.
pub(crate) fn gram(z: &Matrix, out: &mut Mat<f64>) {
    let work = z.len() * z.ncols() / 2;
    multiply_lower(
        out.as_mut(),
        z.as_mat().transpose(),
        z.as_mat(),
        if work >= PARALLEL_WORK { Par::rayon(0) } else { Par::Seq },
    );
}
