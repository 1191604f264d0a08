//! The rows of a problem: a numpy array, or the arrays of a scipy matrix in compressed rows.

use mirrorhead::kernels::{DenseRows, LinearOperator};
use mirrorhead::svm::SparseRows;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::{matrix, vector};
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

/// Rows of our own: Python may change its arrays meanwhile.
#[derive(Debug)]
pub enum Rows {
    Dense(DenseRows),
    Sparse(Compressed),
}

impl RowsArgument<'_> {
    /// The rows, copied.
    pub fn rows(&self) -> Result<Rows, Refused> {
        self.signed(None)
    }

    /// The rows `$y_j x_j$`.
    pub fn signed(&self, signs: Option<&[f64]>) -> Result<Rows, Refused> {
        let sign = |j: usize| signs.map_or(1.0, |signs| signs[j]);
        match self {
            Self::Dense(array) => {
                let mut rows = matrix(array)?;
                if signs.is_some() {
                    for k in 0..rows.ncols() {
                        for (j, entry) in rows.col_mut(k).iter_mut().enumerate() {
                            *entry *= sign(j);
                        }
                    }
                }
                Ok(Rows::Dense(DenseRows::new(&rows)))
            }
            Self::Sparse(ncols, offsets, columns, values) => {
                let offsets: Vec<i64> = offsets.as_array().iter().copied().collect();
                let columns = columns.as_array().iter().copied().collect();
                let values = vector(values);
                let compressed = Compressed::from_arrays(*ncols, offsets, columns, values)?;
                Ok(Rows::Sparse(match signs {
                    None => compressed,
                    Some(_) => self.resigned(sign)?,
                }))
            }
        }
    }

    /// The sparse rows with every value times the sign of its row; the arrays have been checked.
    fn resigned(&self, sign: impl Fn(usize) -> f64) -> Result<Compressed, Refused> {
        let Self::Sparse(ncols, offsets, columns, values) = self else {
            unreachable!("only sparse rows are signed here")
        };
        let offsets: Vec<i64> = offsets.as_array().iter().copied().collect();
        let columns = columns.as_array().iter().copied().collect();
        let mut values = vector(values);
        for (j, ends) in offsets.windows(2).enumerate() {
            let range = usize::try_from(ends[0]).ok().zip(usize::try_from(ends[1]).ok());
            let (from, to) = range.expect("checked when they were taken");
            for value in &mut values[from..to] {
                *value *= sign(j);
            }
        }
        Ok(Compressed::from_arrays(*ncols, offsets, columns, values)?)
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
