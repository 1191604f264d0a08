//! The nearest multipliers that cancel.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::{ColMut, ColRef, Mat};
use mirrorhead_kernels::dense::{factor_llt, llt_scratch, multiply, multiply_lower, solve_llt};
use mirrorhead_kernels::dot;
use mirrorhead_kernels::elementary::exp;

use super::parallelism::parallelism;
use super::support::Support;
use super::support_matrix::SupportMatrix;
use crate::HardMarginProblem;
use crate::basis::ReducedColumn;
use crate::rows::inverse_power_of_two;

/// Most entries of the matrix of the rows, of which those that pull most are taken.
const MOST_ENTRIES: usize = 1 << 23;

/// Most steps. From far away each multiplies by up to `$e$`; after so many the change has to halve as often.
const STEPS: usize = 60;
const FAR_STEPS: usize = 30;
const HALVING_STEPS: usize = 10;

/// The relative change of multipliers, as a weighted mean, after which the basis can do the rest.
const SMALL_CHANGE: f64 = 1e-10;

/// Where changes are so small and a multiplier still falls by the factor that this is the exponent of, it falls for ever.
const SETTLED_CHANGE: f64 = 1e-4;
const FALLING: f64 = 0.5;

/// Relative perturbation of the diagonal that makes a matrix that is singular to rounding positive definite.
const REGULARIZATION: f64 = 1e-13;

/// What the projection comes to.
pub(super) enum Projected {
    /// Multipliers that cancel.
    Cancelling(Vec<f64>),
    /// Multipliers without those that no combination has that cancels.
    Fewer(Vec<f64>),
    /// Nothing, for there are no more rows than columns.
    FewRows,
}

/// Multipliers with `$A^\top\lambda = 0$`, after columns are reduced, of least relative entropy
/// `$\sum_j \lambda_j\log(\lambda_j/\lambda_j^0) - \lambda_j$` to the given `$\lambda^0$`: `$\lambda_j = \lambda_j^0 e^{-(A x)_j}$`, with the `$x$` that
/// minimises their sum (Csiszár, Annals of Probability 3, 1975), by Newton's method. A positive multiplier stays positive, whatever changes.
///
/// None where no sum is the least, or it isn't found soon.
pub(super) fn entropy_projection(
    problem: &HardMarginProblem<'_>,
    support: &Support,
    multipliers: &[f64],
    reduced_columns: &[ReducedColumn],
    go_on: &dyn Fn() -> bool,
) -> Option<Projected> {
    let unit = |j: usize| inverse_power_of_two(problem.row_sizes()[j]);
    let rows = support.first(MOST_ENTRIES / support.columns.len().max(1));
    let SupportMatrix { rows, matrix, .. } =
        SupportMatrix::of(problem, support, rows, reduced_columns, &unit)?;
    if matrix.nrows() <= matrix.ncols() {
        return Some(Projected::FewRows);
    }
    let given = rows.iter().map(|&j| multipliers[j] / unit(j)).collect();
    let mut projection = Projection { matrix, multipliers: given };
    let all = |of_rows: Vec<f64>| {
        let mut all = vec![0.0; multipliers.len()];
        for (&j, l) in rows.iter().zip(of_rows) {
            all[j] = l * unit(j);
        }
        let total: f64 = all.iter().sum();
        for l in &mut all {
            *l /= total;
        }
        all
    };
    let mut changes = Vec::new();
    while changes.len() < STEPS {
        if !go_on() {
            return None;
        }
        let Step { change, exponents } = projection.step()?;
        if change < SMALL_CHANGE {
            return Some(Projected::Cancelling(all(projection.multipliers)));
        }
        if change < SETTLED_CHANGE && exponents.iter().any(|exponent| *exponent > FALLING) {
            let pairs = projection.multipliers.iter().zip(&exponents);
            let left = pairs.map(|(l, exponent)| if *exponent > FALLING { 0.0 } else { *l });
            return Some(Projected::Fewer(all(left.collect())));
        }
        // `$A x > 0$`: rows that can be separated don't cancel.
        if exponents.iter().all(|exponent| *exponent > 0.0) {
            return None;
        }
        if changes.len() > FAR_STEPS && change > 0.5 * changes[changes.len() - HALVING_STEPS] {
            return None;
        }
        changes.push(change);
    }
    None
}

/// Multipliers on their way.
struct Projection {
    /// Rows by columns, all of size one.
    matrix: Mat<f64>,
    multipliers: Vec<f64>,
}

/// A whole step of Newton's method.
struct Step {
    /// The relative change of multipliers, as a mean weighted by these.
    change: f64,
    /// `$A x$`: a multiplier is multiplied by the exponential of its negative.
    exponents: Vec<f64>,
}

impl Projection {
    /// One step, shortened so that the sum of the multipliers decreases.
    fn step(&mut self) -> Option<Step> {
        let total: f64 = self.multipliers.iter().sum();
        for l in &mut self.multipliers {
            *l /= total;
        }
        let (nrows, size) = (self.matrix.nrows(), self.matrix.ncols());
        let par = parallelism(size);
        let (mut gradient, mut exponents) = (vec![0.0; size], vec![0.0; nrows]);
        multiply(
            ColMut::from_slice_mut(&mut gradient).as_mat_mut(),
            self.matrix.transpose(),
            ColRef::from_slice(&self.multipliers).as_mat(),
            par,
        );
        let mut x = gradient.clone();
        self.solve_hessian(&mut x)?;
        multiply(
            ColMut::from_slice_mut(&mut exponents).as_mat_mut(),
            self.matrix.as_ref(),
            ColRef::from_slice(&x).as_mat(),
            par,
        );
        // e^-t <= 1 - t + 0.72 t^2 for t >= -1: a quarter of what the tangent decreases by, or more.
        let growth = exponents.iter().fold(1.0f64, |most, exponent| most.max(-exponent));
        for (l, exponent) in self.multipliers.iter_mut().zip(&exponents) {
            *l *= exp(-exponent / growth);
        }
        let change = dot(&gradient, &x).max(0.0).sqrt();
        change.is_finite().then_some(Step { change, exponents })
    }

    /// Solves `$A^\top\operatorname{diag}(\lambda) A\, x = r$`.
    fn solve_hessian(&self, r: &mut [f64]) -> Option<()> {
        let (nrows, size) = (self.matrix.nrows(), self.matrix.ncols());
        let par = parallelism(size);
        let weighted = Mat::from_fn(nrows, size, |i, k| self.matrix[(i, k)] * self.multipliers[i]);
        let mut hessian = Mat::zeros(size, size);
        multiply_lower(hessian.as_mut(), self.matrix.transpose(), weighted.as_ref(), par);
        for k in 0..size {
            hessian[(k, k)] *= 1.0 + REGULARIZATION;
        }
        let mut memory = MemBuffer::new(llt_scratch(size, par));
        let memory = MemStack::new(&mut memory);
        if !factor_llt(hessian.as_mut(), par, memory) {
            return None;
        }
        solve_llt(hessian.as_ref(), r, par, memory);
        Some(())
    }
}
