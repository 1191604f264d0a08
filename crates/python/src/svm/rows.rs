//! The rows of a problem: a numpy array, or the arrays of a scipy matrix in compressed rows.

use mirrorhead::kernels::{DenseRows, LinearOperator};
use mirrorhead::svm::SparseRows;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::vector;
use crate::errors::Refused;

type Compressed = SparseRows<Vec<i64>, Vec<i64>, Vec<f64>>;

/// Rows as Python hands them over.
#[derive(FromPyObject)]
pub enum RowsArgument<'py> {
    /// An array.
    #[pyo3(transparent)]
    Dense(PyReadonlyArray2<'py, f64>),
    /// Number of columns, offsets, columns, values.
    Sparse(
        usize,
        PyReadonlyArray1<'py, i64>,
        PyReadonlyArray1<'py, i64>,
        PyReadonlyArray1<'py, f64>,
    ),
}

/// The numbers, copied: Python may change its arrays meanwhile. What takes longer than that is left to a worker.
#[derive(Debug, Clone)]
pub enum Numbers {
    Dense { shape: (usize, usize), values: Vec<f64> },
    Sparse { ncols: usize, offsets: Vec<i64>, columns: Vec<i64>, values: Vec<f64> },
}

/// Rows of our own.
#[derive(Debug)]
pub enum Rows {
    Dense(DenseRows),
    Sparse(Compressed),
}

impl RowsArgument<'_> {
    /// Copies the numbers.
    pub fn numbers(&self) -> Numbers {
        match self {
            Self::Dense(array) => {
                let view = array.as_array();
                let values = match view.as_slice() {
                    Some(values) => values.to_vec(),
                    None => view.iter().copied().collect(),
                };
                Numbers::Dense { shape: view.dim(), values }
            }
            Self::Sparse(ncols, offsets, columns, values) => Numbers::Sparse {
                ncols: *ncols,
                offsets: offsets.as_array().iter().copied().collect(),
                columns: columns.as_array().iter().copied().collect(),
                values: vector(values),
            },
        }
    }
}

impl Numbers {
    /// The rows `$x_j$`.
    pub fn rows(self) -> Result<Rows, Refused> {
        Ok(match self {
            Self::Dense { shape: (nrows, ncols), values } => {
                Rows::Dense(DenseRows::from_row_major(nrows, ncols, values)?)
            }
            Self::Sparse { ncols, offsets, columns, values } => {
                Rows::Sparse(Compressed::from_arrays(ncols, offsets, columns, values)?)
            }
        })
    }

    /// The rows `$y_j x_j$`.
    pub fn signed(mut self, signs: &[f64]) -> Result<Rows, Refused> {
        match &mut self {
            Self::Dense { shape, values } => {
                for (row, sign) in values.chunks_mut(shape.1.max(1)).zip(signs) {
                    row.iter_mut().for_each(|value| *value *= sign);
                }
            }
            Self::Sparse { offsets, values, .. } => {
                for (ends, sign) in offsets.windows(2).zip(signs) {
                    // Offsets out of order are refused where the rows are built.
                    let ends = usize::try_from(ends[0]).ok().zip(usize::try_from(ends[1]).ok());
                    let row = ends.and_then(|(from, to)| values.get_mut(from..to));
                    row.into_iter().flatten().for_each(|value| *value *= sign);
                }
            }
        }
        self.rows()
    }
}

impl Rows {
    /// The operator.
    pub fn operator(&self) -> &dyn LinearOperator {
        match self {
            Self::Dense(rows) => rows,
            Self::Sparse(rows) => rows,
        }
    }
}
