//! From [`faer`]'s matrices and columns to ours, and back.

use faer::{Col, ColRef, Mat, MatRef};

use crate::Matrix;

/// A copy, entry by entry and whatever they are: what takes data checks that they are finite.
///
/// ```
/// use mirrorhead_kernels::Matrix;
/// let theirs = faer::mat![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// let ours = Matrix::from(&theirs);
/// assert_eq!(ours, Matrix::from_rows(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])?);
/// assert_eq!(faer::Mat::from(&ours), theirs);
/// assert_eq!(Matrix::from(theirs.transpose()), ours.transposed());
/// # Ok::<(), mirrorhead_kernels::KernelError>(())
/// ```
impl From<MatRef<'_, f64>> for Matrix {
    fn from(matrix: MatRef<'_, f64>) -> Self {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
    }
}

impl From<&Mat<f64>> for Matrix {
    fn from(matrix: &Mat<f64>) -> Self {
        Self::from(matrix.as_ref())
    }
}

impl From<Mat<f64>> for Matrix {
    fn from(matrix: Mat<f64>) -> Self {
        Self::from(matrix.as_ref())
    }
}

/// A vector is a matrix with one column.
impl From<ColRef<'_, f64>> for Matrix {
    fn from(column: ColRef<'_, f64>) -> Self {
        Self::from(column.as_mat())
    }
}

/// A vector is a matrix with one column.
impl From<Col<f64>> for Matrix {
    fn from(column: Col<f64>) -> Self {
        Self::from(column.as_ref())
    }
}

impl From<&Matrix> for Mat<f64> {
    fn from(matrix: &Matrix) -> Self {
        matrix.as_mat().to_owned()
    }
}

impl From<Matrix> for Mat<f64> {
    fn from(matrix: Matrix) -> Self {
        Self::from(&matrix)
    }
}

/// The view of [`Matrix::as_mat`].
impl<'a> From<&'a Matrix> for MatRef<'a, f64> {
    fn from(matrix: &'a Matrix) -> Self {
        matrix.as_mat()
    }
}
