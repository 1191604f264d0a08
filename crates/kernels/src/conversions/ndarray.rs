//! From [`ndarray`]'s arrays to matrices, and back.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ShapeBuilder};

use crate::Matrix;

impl Matrix {
    /// A view as an array of `ndarray`, in its column-major ("Fortran") order. *Feature `ndarray`.*
    ///
    /// ```
    /// use mirrorhead_kernels::Matrix;
    /// use ndarray::array;
    /// let ours = Matrix::from(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!((ours.nrows(), ours.ncols(), ours[(2, 0)]), (3, 2, 5.0));
    /// assert_eq!(ours.as_ndarray().dot(&array![1.0, -1.0]), array![-1.0, -1.0, -1.0]);
    /// ```
    pub fn as_ndarray(&self) -> ArrayView2<'_, f64> {
        let shape = (self.nrows(), self.ncols()).f();
        let Ok(view) = ArrayView2::from_shape(shape, self.as_slice()) else {
            unreachable!("a matrix holds as many entries as its shape has")
        };
        view
    }
}

/// A copy, entry by entry and whatever they are: what takes data checks that they are finite.
impl From<ArrayView2<'_, f64>> for Matrix {
    fn from(array: ArrayView2<'_, f64>) -> Self {
        Self::from_fn(array.nrows(), array.ncols(), |i, j| array[(i, j)])
    }
}

impl From<&Array2<f64>> for Matrix {
    fn from(array: &Array2<f64>) -> Self {
        Self::from(array.view())
    }
}

impl From<Array2<f64>> for Matrix {
    fn from(array: Array2<f64>) -> Self {
        Self::from(array.view())
    }
}

/// A vector is a matrix with one column.
impl From<ArrayView1<'_, f64>> for Matrix {
    fn from(array: ArrayView1<'_, f64>) -> Self {
        Self::from_fn(array.len(), 1, |i, _| array[i])
    }
}

/// A vector is a matrix with one column.
impl From<Array1<f64>> for Matrix {
    fn from(array: Array1<f64>) -> Self {
        Self::from(array.view())
    }
}

impl From<&Matrix> for Array2<f64> {
    fn from(matrix: &Matrix) -> Self {
        matrix.as_ndarray().to_owned()
    }
}

impl From<Matrix> for Array2<f64> {
    fn from(matrix: Matrix) -> Self {
        Self::from(&matrix)
    }
}
