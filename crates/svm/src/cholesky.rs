//! The Cholesky factor of a dense positive definite matrix, in place.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Mat, MatMut, Par};
use mirrorhead_kernels::dense::{factor_llt, llt_scratch, solve_llt, solve_lower, subtract_lower};
use mirrorhead_kernels::{add_scaled, dot, simd_dispatch};

use crate::limits::Limits;
use crate::{StallReason, WorkCounters};

/// Rows from which a factorization is shared among threads.
const PARALLEL_ROWS: usize = 512;

/// Rows from which a matrix is factored panel by panel, with a look at the limits between them.
const PANELLED_ROWS: usize = 2048;

/// Columns of a panel: with 9,000 rows it takes well below a second.
const PANEL: usize = 256;

/// Up to this many rows a right-hand side is solved for in plain loops.
const FEW_ROWS: usize = 96;

/// Relative perturbation of the diagonal that makes a matrix that is singular to rounding
/// positive definite; refinement undoes it where it can be undone.
const REGULARIZATION: f64 = 1e-14;

/// Why there is no factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoFactor {
    /// The matrix isn't positive definite, to rounding.
    Indefinite,
    /// A limit was reached meanwhile.
    Stopped(StallReason),
}

impl NoFactor {
    /// Why a solve that needs the factor stops.
    pub fn reason(self) -> StallReason {
        match self {
            Self::Indefinite => StallReason::Precision,
            Self::Stopped(reason) => reason,
        }
    }
}

/// A matrix, and after [`factor_sum`](Self::factor_sum) its Cholesky factor.
pub(crate) struct Cholesky {
    factor: Mat<f64>,
    memory: MemBuffer,
}

impl Cholesky {
    /// Room for `m` rows.
    pub fn new(m: usize) -> Self {
        Self { factor: Mat::zeros(m, m), memory: MemBuffer::new(llt_scratch(m, par(m))) }
    }

    /// Factors `$G + \operatorname{diag}(\sigma)$`, where `gram` sets the lower triangle of `$G$`.
    pub fn factor_sum(
        &mut self,
        mut gram: impl FnMut(&mut Mat<f64>),
        sigma: &[f64],
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<(), NoFactor> {
        let mut regularization = REGULARIZATION;
        while regularization < 1e-5 {
            gram(&mut self.factor);
            for (j, sigma) in sigma.iter().enumerate() {
                let entry = &mut self.factor[(j, j)];
                *entry = (*entry + sigma) * (1.0 + regularization);
            }
            work.factorizations += 1;
            work.largest_factor = work.largest_factor.max(sigma.len());
            match self.factor(limits) {
                Err(NoFactor::Indefinite) => regularization *= 1e3,
                other => return other,
            }
        }
        Err(NoFactor::Indefinite)
    }

    fn factor(&mut self, limits: &Limits<'_>) -> Result<(), NoFactor> {
        let m = self.factor.nrows();
        let memory = MemStack::new(&mut self.memory);
        if m < PANELLED_ROWS {
            return factor_in_place(self.factor.as_mut(), par(m), memory);
        }
        let mut rest = self.factor.as_mut();
        while rest.nrows() > 0 {
            limits.check().map_err(NoFactor::Stopped)?;
            let width = PANEL.min(rest.nrows());
            let (mut corner, _, mut below, mut trailing) = rest.split_at_mut(width, width);
            factor_in_place(corner.rb_mut(), par(width), memory)?;
            let par = Par::rayon(0);
            solve_lower(corner.rb(), below.rb_mut().transpose_mut(), par);
            subtract_lower(trailing.rb_mut(), below.rb(), below.rb().transpose(), par);
            rest = trailing;
        }
        Ok(())
    }

    /// `x` `$= K^{-1}$` `x`, up to rounding.
    pub fn solve(&mut self, x: &mut [f64]) {
        let m = x.len();
        if m <= FEW_ROWS {
            return simd_dispatch(
                #[inline(always)]
                || solve_few(&self.factor, x),
            );
        }
        solve_llt(self.factor.as_ref(), x, Par::Seq, MemStack::new(&mut self.memory));
    }
}

/// The same where the calls of a blocked method would cost more than their loops.
#[inline(always)]
fn solve_few(factor: &Mat<f64>, x: &mut [f64]) {
    for j in 0..x.len() {
        let column = &factor.col_as_slice(j)[j..];
        let (at, below) = x[j..].split_first_mut().expect("one row a column");
        *at /= column[0];
        add_scaled(below, -*at, &column[1..]);
    }
    for j in (0..x.len()).rev() {
        let column = &factor.col_as_slice(j)[j..];
        let (at, below) = x[j..].split_first_mut().expect("one row a column");
        *at = (*at - dot(&column[1..], below)) / column[0];
    }
}

fn factor_in_place(
    matrix: MatMut<'_, f64>,
    par: Par,
    memory: &mut MemStack,
) -> Result<(), NoFactor> {
    factor_llt(matrix, par, memory).then_some(()).ok_or(NoFactor::Indefinite)
}

fn par(m: usize) -> Par {
    if m < PARALLEL_ROWS { Par::Seq } else { Par::rayon(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SvmSettings;

    /// `$I + v v^\top$` with `$v_j = \cos j$`.
    fn gram(matrix: &mut Mat<f64>) {
        for l in 0..matrix.ncols() {
            for k in l..matrix.nrows() {
                matrix[(k, l)] = (k as f64).cos() * (l as f64).cos();
            }
        }
    }

    #[test]
    fn what_is_factored_solves() {
        for m in [1, 3, 4, 5, FEW_ROWS, FEW_ROWS + 1, PANELLED_ROWS + 77] {
            solves_what_it_factors(m);
        }
    }

    #[test]
    fn what_is_indefinite_has_no_factor() {
        let settings = SvmSettings::default().into();
        let limits = Limits::start(&settings);
        for m in [2, FEW_ROWS, FEW_ROWS + 1] {
            let mut sigma = vec![1.0; m];
            sigma[m - 1] = -2.0;
            let mut work = WorkCounters::default();
            let ended = Cholesky::new(m).factor_sum(gram, &sigma, &limits, &mut work);
            assert_eq!(ended, Err(NoFactor::Indefinite), "{m} rows");
        }
    }

    fn solves_what_it_factors(m: usize) {
        let mut cholesky = Cholesky::new(m);
        let settings = SvmSettings::default().into();
        let mut work = WorkCounters::default();
        cholesky.factor_sum(gram, &vec![1.0; m], &Limits::start(&settings), &mut work).unwrap();
        // (I + v v') x = v has the solution v / (1 + v'v).
        let v: Vec<f64> = (0..m).map(|j| (j as f64).cos()).collect();
        let mut x = v.clone();
        cholesky.solve(&mut x);
        let scale = 1.0 + mirrorhead_kernels::dot(&v, &v);
        for (x, v) in x.iter().zip(&v) {
            assert!((x * scale - v).abs() < 1e-10, "{x} {v}");
        }
    }

    #[test]
    fn an_interrupt_is_heard_between_panels() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let calls = AtomicUsize::new(0);
        let interrupt = || calls.fetch_add(1, Ordering::Relaxed) == 3;
        let settings = SvmSettings::default().with_interrupt(&interrupt);
        let m = PANELLED_ROWS;
        let ended = Cholesky::new(m).factor_sum(
            gram,
            &vec![1.0; m],
            &Limits::start(&settings),
            &mut WorkCounters::default(),
        );
        assert_eq!(ended, Err(NoFactor::Stopped(StallReason::Interrupted)));
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }
}
