//! The rows that are solved for.

use faer::{Mat, MatMut};
use mirrorhead_kernels::dense::{PartialLu, solve_lower, solve_unit_upper};

use super::parallelism::parallelism;
use super::support_matrix::SupportMatrix;

/// A pivot smaller than this, of rows of size one, tells a matrix that is singular to rounding.
const LEAST_PIVOT: f64 = 1e-13;

/// Rows of a [`SupportMatrix`] that are independent, and the factors of their matrix.
pub(super) struct BasisSystem {
    /// In the order of the pivots.
    pub rows: Vec<usize>,
    /// `$B = L U$`, both in one.
    factors: Mat<f64>,
}

impl BasisSystem {
    /// The rows with the largest pivots. None where there are no more rows than columns.
    pub fn of(pulls: &SupportMatrix) -> Option<Self> {
        let (nrows, size) = (pulls.matrix.nrows(), pulls.matrix.ncols());
        if nrows <= size {
            return None;
        }
        let par = parallelism(size);
        let (mut lu, mut factors) = (PartialLu::new(nrows, size, par), pulls.matrix.clone());
        lu.factor(factors.as_mut());
        let factors = factors.as_ref().get(..size, ..).to_owned();
        let largest = (0..size).fold(0.0f64, |most, k| most.max(factors[(k, k)].abs()));
        let is_regular = (0..size).all(|k| factors[(k, k)].abs() > LEAST_PIVOT * largest);
        let rows = lu.rows()[..size].iter().map(|&place| pulls.rows[place]).collect();
        is_regular.then_some(Self { rows, factors })
    }

    /// Solves `$B^\top x = r$`.
    pub fn solve(&self, r: &mut [f64]) {
        let size = r.len();
        let mut x = MatMut::from_column_major_slice_mut(r, size, 1);
        let par = parallelism(size);
        solve_lower(self.factors.transpose(), x.as_mut(), par);
        solve_unit_upper(self.factors.transpose(), x.as_mut(), par);
    }
}
