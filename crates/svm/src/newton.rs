//! The Newton matrix $A D A^\top + \Sigma$ of the rows in play: assembled, factored, solved.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{
    LltParams, LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::linalg::cholesky::llt::solve::solve_in_place;
use faer::{Mat, MatMut, Par, Spec};
use mirrorhead_kernels::LinearOperator;

use crate::WorkCounters;
use crate::rows::EquilibratedRows;

/// Rows from which a factorization is shared among threads.
const PARALLEL_ROWS: usize = 192;

/// Relative perturbation of the diagonal that makes a matrix that is singular to rounding
/// positive definite; refinement undoes it where it can be undone.
const REGULARIZATION: f64 = 1e-14;

/// The matrix could not be factored, even with its diagonal perturbed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breakdown;

/// The positive definite matrix $K = A D A^\top + \operatorname{diag}(\sigma)$ and its Cholesky factor.
pub(crate) struct NewtonMatrix {
    factor: Mat<f64>,
    scaled_weights: Vec<f64>,
    memory: MemBuffer,
}

impl NewtonMatrix {
    /// Room for `m` rows of `n` unknowns.
    pub fn new(m: usize, n: usize) -> Self {
        let request =
            cholesky_in_place_scratch::<f64>(m, par(m), Spec::<LltParams, f64>::default());
        Self {
            factor: Mat::zeros(m, m),
            scaled_weights: vec![0.0; n],
            memory: MemBuffer::new(request),
        }
    }

    /// Assembles and factors $A D A^\top + \operatorname{diag}(\sigma)$ for $D$ = `weights`, $\sigma$ = `diagonal`.
    pub fn factor<A: LinearOperator + ?Sized>(
        &mut self,
        rows: &EquilibratedRows<'_, A>,
        weights: &[f64],
        diagonal: &[f64],
        work: &mut WorkCounters,
    ) -> Result<(), Breakdown> {
        let m = rows.len();
        let mut regularization = REGULARIZATION;
        while regularization < 1e-5 {
            self.scaled_weights.copy_from_slice(weights);
            rows.weighted_gram(&mut self.scaled_weights, &mut self.factor);
            for (j, sigma) in diagonal.iter().enumerate() {
                let entry = &mut self.factor[(j, j)];
                *entry = (*entry + sigma) * (1.0 + regularization);
            }
            work.factorizations += 1;
            work.largest_factor = work.largest_factor.max(m);
            let done = cholesky_in_place(
                self.factor.as_mut(),
                LltRegularization::default(),
                par(m),
                MemStack::new(&mut self.memory),
                Spec::<LltParams, f64>::default(),
            );
            if done.is_ok() {
                return Ok(());
            }
            regularization *= 1e3;
        }
        Err(Breakdown)
    }

    /// `x` $= K^{-1}$ `x`, up to rounding.
    pub fn solve(&mut self, x: &mut [f64], work: &mut WorkCounters) {
        work.solves += 1;
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
