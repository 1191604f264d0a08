//! The Cholesky factor of a dense positive definite matrix, in place.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{
    LltParams, LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::linalg::cholesky::llt::solve::solve_in_place;
use faer::{Mat, MatMut, Par, Spec};

use crate::WorkCounters;

/// Rows from which a factorization is shared among threads.
const PARALLEL_ROWS: usize = 192;

/// Relative perturbation of the diagonal that makes a matrix that is singular to rounding
/// positive definite; refinement undoes it where it can be undone.
const REGULARIZATION: f64 = 1e-14;

/// A matrix that could not be factored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breakdown;

/// A matrix, and after [`factor_sum`](Self::factor_sum) its Cholesky factor.
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

    /// Factors $G + \operatorname{diag}(\sigma)$, where `gram` sets the lower triangle of $G$.
    pub fn factor_sum(
        &mut self,
        mut gram: impl FnMut(&mut Mat<f64>),
        sigma: &[f64],
        work: &mut WorkCounters,
    ) -> Result<(), Breakdown> {
        let mut regularization = REGULARIZATION;
        while regularization < 1e-5 {
            gram(&mut self.factor);
            for (j, sigma) in sigma.iter().enumerate() {
                let entry = &mut self.factor[(j, j)];
                *entry = (*entry + sigma) * (1.0 + regularization);
            }
            work.factorizations += 1;
            work.largest_factor = work.largest_factor.max(sigma.len());
            if self.factor().is_ok() {
                return Ok(());
            }
            regularization *= 1e3;
        }
        Err(Breakdown)
    }

    fn factor(&mut self) -> Result<(), Breakdown> {
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
