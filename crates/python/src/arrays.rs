//! Numpy arrays in and out.

use std::convert::Infallible;

use mirrorhead::kernels::{KernelError, Matrix};
use numpy::ndarray::{Array2, ShapeBuilder};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors::Refused;

/// A vector on its way to Python.
#[derive(Debug, Clone)]
pub struct Array1(pub Vec<f64>);

impl<'py> IntoPyObject<'py> for Array1 {
    type Target = PyArray1<f64>;
    type Output = Bound<'py, PyArray1<f64>>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(PyArray1::from_vec(py, self.0))
    }
}

/// A matrix on its way to Python: an array in Fortran order, nothing of it copied.
#[derive(Debug, Clone)]
pub struct Matrix2(pub Matrix);

impl<'py> IntoPyObject<'py> for Matrix2 {
    type Target = PyArray2<f64>;
    type Output = Bound<'py, PyArray2<f64>>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        let shape = (self.0.nrows(), self.0.ncols());
        let array = Array2::from_shape_vec(shape.f(), self.0.into_columns());
        Ok(array.expect("as many entries as the shape says").into_pyarray(py))
    }
}

/// The entries of an array, of whatever strides.
pub fn vector(array: &PyReadonlyArray1<'_, f64>) -> Vec<f64> {
    array.as_array().iter().copied().collect()
}

/// The matrix that an array is, of whatever strides, its entries finite.
pub fn matrix(array: &PyReadonlyArray2<'_, f64>) -> Result<Matrix, Refused> {
    let view = array.as_array();
    let (nrows, ncols) = view.dim();
    let columns = view.t().iter().copied().collect();
    Ok(Matrix::from_columns(nrows, ncols, columns)?)
}

/// A vector as a matrix of one column, its entries finite.
pub fn column(array: &PyReadonlyArray1<'_, f64>) -> Result<Matrix, KernelError> {
    Matrix::column(vector(array))
}
