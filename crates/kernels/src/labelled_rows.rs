//! Rows as they come: lists of numbers, with the labels of a classification problem or without.

use crate::{DenseRows, KernelError, Matrix};

impl DenseRows {
    /// The operator with these rows.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, LinearOperator};
    /// let rows = DenseRows::from_rows(&[[2.0, 1.0], [0.5, 3.0], [1.0, 1.0]])?;
    /// assert_eq!((rows.nrows(), rows.ncols()), (3, 2));
    /// assert_eq!(rows.row(1), [0.5, 3.0]);
    /// # Ok::<(), mirrorhead_kernels::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// Rows of different lengths, or a NaN or infinite entry.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, KernelError> {
        Ok(Self::new(&Matrix::from_rows(rows)?))
    }

    /// The rows `$y_i x_i$` of points with labels `$y_i = \pm 1$`: those of the SVM that separates
    /// them by a hyperplane through the origin. (For one off the origin, give every point a last
    /// entry 1; the norm then counts it too.)
    ///
    /// ```
    /// use mirrorhead_kernels::DenseRows;
    /// let rows = DenseRows::labelled(&[[2.0, 1.0], [-1.0, -3.0]], &[1, -1])?;
    /// assert_eq!(rows.row(1), [1.0, 3.0]);
    /// assert!(DenseRows::labelled(&[[2.0, 1.0], [-1.0, -3.0]], &[1, 0]).is_err());
    /// # Ok::<(), mirrorhead_kernels::KernelError>(())
    /// ```
    ///
    /// # Errors
    /// Another number of labels than of points, a label that is neither `$+1$` nor `$-1$`, points of
    /// different dimensions, or a NaN or infinite entry.
    pub fn labelled<R: AsRef<[f64]>, Y: Into<f64> + Copy>(
        points: &[R],
        labels: &[Y],
    ) -> Result<Self, KernelError> {
        KernelError::require_size(|| "labels", points.len(), labels.len())?;
        let labels: Vec<f64> = labels.iter().map(|&label| label.into()).collect();
        KernelError::require_labels(&labels)?;
        let points = Matrix::from_rows(points)?;
        let signed = |i, j| labels[i] * points[(i, j)];
        Ok(Self::new(&Matrix::from_fn(points.nrows(), points.ncols(), signed)))
    }
}

impl From<&Matrix> for DenseRows {
    fn from(matrix: &Matrix) -> Self {
        Self::new(matrix)
    }
}

impl From<Matrix> for DenseRows {
    fn from(matrix: Matrix) -> Self {
        Self::new(&matrix)
    }
}
