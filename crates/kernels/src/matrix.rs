//! A dense, contiguous, column-major matrix.

use std::ops::{Index, IndexMut};

use faer::{MatMut, MatRef};
use serde::{Deserialize, Serialize};

use crate::error::KernelError;

/// A dense `nrows x ncols` matrix of `f64`, stored contiguously by columns.
///
/// Entrywise geometry (mirror maps, norms) sees one slice, [`as_slice`](Self::as_slice); products
/// see a faer view, [`as_mat`](Self::as_mat). A vector is a matrix with one column. It serialises
/// as a list of rows, the way matrices are written in JSON.
///
/// ```
/// use mirrorhead_kernels::Matrix;
/// let m = Matrix::from_rows(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
/// assert_eq!((m.nrows(), m.ncols()), (3, 2));
/// assert_eq!(m[(2, 0)], 5.0);
/// assert_eq!(m.as_slice(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
/// # Ok::<(), mirrorhead_kernels::KernelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<Vec<f64>>", try_from = "Vec<Vec<f64>>")]
pub struct Matrix {
    nrows: usize,
    ncols: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// The zero matrix.
    pub fn zeros(nrows: usize, ncols: usize) -> Self {
        Self { nrows, ncols, values: vec![0.0; nrows * ncols] }
    }

    /// The matrix whose entry `(i, j)` is `entry(i, j)`.
    pub fn from_fn(nrows: usize, ncols: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Self {
        let mut m = Self::zeros(nrows, ncols);
        for j in 0..ncols {
            for i in 0..nrows {
                m[(i, j)] = entry(i, j);
            }
        }
        m
    }

    /// A matrix from its rows.
    ///
    /// # Errors
    /// Rows of different lengths, or a NaN or infinite entry.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, KernelError> {
        let ncols = rows.first().map_or(0, |row| row.as_ref().len());
        for (i, row) in rows.iter().enumerate() {
            let row = row.as_ref();
            let place = || format!("entries of matrix row {i}");
            KernelError::require_size(place, ncols, row.len())?;
            KernelError::require_finite(|| format!("matrix row {i}"), row)?;
        }
        Ok(Self::from_fn(rows.len(), ncols, |i, j| rows[i].as_ref()[j]))
    }

    /// A matrix over `values`, stored by columns.
    ///
    /// # Errors
    /// `values` does not hold `nrows * ncols` entries, or one of them is not finite.
    pub fn from_columns(nrows: usize, ncols: usize, values: Vec<f64>) -> Result<Self, KernelError> {
        // Sizes may come from a file: their product must not wrap around.
        let expected = nrows.saturating_mul(ncols);
        let place = || format!("entries of a {nrows} x {ncols} matrix");
        KernelError::require_size(place, expected, values.len())?;
        KernelError::require_finite(|| format!("a {nrows} x {ncols} matrix"), &values)?;
        Ok(Self { nrows, ncols, values })
    }

    /// A vector, as a matrix with one column.
    ///
    /// # Errors
    /// A NaN or infinite entry.
    pub fn column(values: Vec<f64>) -> Result<Self, KernelError> {
        Self::from_columns(values.len(), 1, values)
    }

    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.nrows
    }

    /// Number of columns.
    pub fn ncols(&self) -> usize {
        self.ncols
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All entries, column after column.
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// All entries, column after column.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// All entries, column after column, taken out.
    pub fn into_columns(self) -> Vec<f64> {
        self.values
    }

    /// Column `j`.
    pub fn col(&self, j: usize) -> &[f64] {
        &self.values[j * self.nrows..(j + 1) * self.nrows]
    }

    /// Column `j`.
    pub fn col_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.values[j * self.nrows..(j + 1) * self.nrows]
    }

    /// A faer view, for matrix products.
    pub fn as_mat(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.values, self.nrows, self.ncols)
    }

    /// A mutable faer view, for matrix products.
    pub fn as_mat_mut(&mut self) -> MatMut<'_, f64> {
        MatMut::from_column_major_slice_mut(&mut self.values, self.nrows, self.ncols)
    }

    /// The transpose, stored anew.
    #[must_use]
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.ncols, self.nrows, |i, j| self[(j, i)])
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        assert!(i < self.nrows, "row {i} of a matrix with {} rows", self.nrows);
        &self.values[j * self.nrows + i]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        assert!(i < self.nrows, "row {i} of a matrix with {} rows", self.nrows);
        &mut self.values[j * self.nrows + i]
    }
}

impl From<Matrix> for Vec<Vec<f64>> {
    fn from(m: Matrix) -> Self {
        (0..m.nrows).map(|i| (0..m.ncols).map(|j| m[(i, j)]).collect()).collect()
    }
}

impl TryFrom<Vec<Vec<f64>>> for Matrix {
    type Error = KernelError;

    fn try_from(rows: Vec<Vec<f64>>) -> Result<Self, KernelError> {
        Self::from_rows(&rows)
    }
}
