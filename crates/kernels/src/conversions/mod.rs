//! Matrices of other libraries: conversions that copy, and views that don't.

mod faer;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;
