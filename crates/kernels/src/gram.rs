//! The lower triangle of a symmetric matrix, to be filled in.

use std::ops::{Index, IndexMut};

use faer::MatMut;

use crate::Matrix;

/// A square matrix of which the lower triangle is to be filled in, such as `$A D A^\top$`.
///
/// Entry `(k, l)` is that of row `$k \ge l$`; what is above the diagonal is never read.
///
/// ```
/// use mirrorhead_kernels::{GramMut, Matrix};
/// let mut matrix = Matrix::zeros(2, 2);
/// let mut gram = GramMut::of(&mut matrix);
/// gram[(1, 0)] = 3.0;
/// assert_eq!((gram.len(), matrix[(1, 0)]), (2, 3.0));
/// ```
#[derive(Debug)]
pub struct GramMut<'a> {
    matrix: MatMut<'a, f64>,
}

impl<'a> GramMut<'a> {
    /// The lower triangle of `matrix`.
    ///
    /// # Panics
    /// If the matrix isn't square.
    pub fn of(matrix: &'a mut Matrix) -> Self {
        Self::of_faer(matrix.as_mat_mut())
    }

    /// The lower triangle of a matrix of faer's.
    ///
    /// # Panics
    /// If the matrix isn't square.
    pub fn of_faer(matrix: MatMut<'a, f64>) -> Self {
        assert_eq!(matrix.nrows(), matrix.ncols(), "a Gram matrix is square");
        Self { matrix }
    }

    /// Number of rows, and of columns.
    pub fn len(&self) -> usize {
        self.matrix.nrows()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The matrix as a view of faer's, for its products.
    pub fn into_faer(self) -> MatMut<'a, f64> {
        self.matrix
    }

    /// The same triangle, borrowed for a while.
    pub fn reborrow(&mut self) -> GramMut<'_> {
        GramMut { matrix: self.matrix.as_mut() }
    }
}

impl Index<(usize, usize)> for GramMut<'_> {
    type Output = f64;

    fn index(&self, entry: (usize, usize)) -> &f64 {
        &self.matrix[entry]
    }
}

impl IndexMut<(usize, usize)> for GramMut<'_> {
    fn index_mut(&mut self, entry: (usize, usize)) -> &mut f64 {
        &mut self.matrix[entry]
    }
}
