//! From [`nalgebra`]'s matrices and vectors to ours, and back.

use nalgebra::{DMatrix, DMatrixView, Dim, RawStorage};

use crate::Matrix;

impl Matrix {
    /// A view as a matrix of `nalgebra`. *Feature `nalgebra`.*
    ///
    /// ```
    /// use mirrorhead_kernels::Matrix;
    /// use nalgebra::{Matrix3x2, Vector2, Vector3};
    /// let ours = Matrix::from(Matrix3x2::new(1.0, 2.0, 3.0, 4.0, 5.0, 6.0));
    /// assert_eq!((ours.nrows(), ours.ncols(), ours[(2, 0)]), (3, 2, 5.0));
    /// let product = ours.as_nalgebra() * Vector2::new(1.0, -1.0);
    /// assert_eq!(product, Vector3::repeat(-1.0));
    /// ```
    pub fn as_nalgebra(&self) -> DMatrixView<'_, f64> {
        DMatrixView::from_slice(self.as_slice(), self.nrows(), self.ncols())
    }
}

/// A copy of a matrix, a vector or a view, entry by entry and whatever they are: what takes data checks
/// that they are finite.
impl<R: Dim, C: Dim, S: RawStorage<f64, R, C>> From<nalgebra::Matrix<f64, R, C, S>> for Matrix {
    fn from(matrix: nalgebra::Matrix<f64, R, C, S>) -> Self {
        Self::from(&matrix)
    }
}

impl<R: Dim, C: Dim, S: RawStorage<f64, R, C>> From<&nalgebra::Matrix<f64, R, C, S>> for Matrix {
    fn from(matrix: &nalgebra::Matrix<f64, R, C, S>) -> Self {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
    }
}

impl From<&Matrix> for DMatrix<f64> {
    fn from(matrix: &Matrix) -> Self {
        matrix.as_nalgebra().into_owned()
    }
}

impl From<Matrix> for DMatrix<f64> {
    fn from(matrix: Matrix) -> Self {
        Self::from_vec(matrix.nrows(), matrix.ncols(), matrix.into_columns())
    }
}
