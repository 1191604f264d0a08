//! The Cholesky factor of a dense positive definite matrix, in place.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{
    LltParams, LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::linalg::cholesky::llt::solve::solve_in_place;
use faer::{Mat, MatMut, Par, Spec};

/// Rows from which a factorization is shared among threads.
const PARALLEL_ROWS: usize = 192;

/// A matrix that could not be factored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breakdown;

/// A matrix, and after [`factor`](Self::factor) its Cholesky factor.
pub(crate) struct Cholesky {
    factor: Mat<f64>,
    memory: MemBuffer,
}

impl Cholesky {
    /// Room for `m` rows.
    pub fn new(m: usize) -> Self {
        let request =
            cholesky_in_place_scratch::<f64>(m, par(m), Spec::<LltParams, f64>::default());
        Self { factor: Mat::zeros(m, m), memory: MemBuffer::new(request) }
    }

    /// The matrix, of which the lower triangle is to be filled.
    pub fn matrix(&mut self) -> &mut Mat<f64> {
        &mut self.factor
    }

    /// Factors the matrix.
    pub fn factor(&mut self) -> Result<(), Breakdown> {
        let m = self.factor.nrows();
        cholesky_in_place(
            self.factor.as_mut(),
            LltRegularization::default(),
            par(m),
            MemStack::new(&mut self.memory),
            Spec::<LltParams, f64>::default(),
        )
        .map(|_| ())
        .map_err(|_| Breakdown)
    }

    /// `x` $= K^{-1}$ `x`, up to rounding.
    pub fn solve(&mut self, x: &mut [f64]) {
        let m = x.len();
        solve_in_place(
            self.factor.as_ref(),
            MatMut::from_column_major_slice_mut(x, m, 1),
            Par::Seq,
            MemStack::new(&mut self.memory),
        );
    }
}

fn par(m: usize) -> Par {
    if m < PARALLEL_ROWS { Par::Seq } else { Par::rayon(0) }
}
