//! The proof that constraints have no solution, in whole numbers.

use dashu_int::UBig;
use dashu_int::ops::BitTest;
use mirrorhead_kernels::LinearOperator;
use serde::{Deserialize, Serialize};

use crate::HardMarginProblem;
use crate::exact_multipliers::exact_multipliers;
use crate::one_sided::without_one_sided;
use crate::whole_number;

/// A proof that no `$w$` satisfies `$A w \ge b$`: multipliers `$\lambda \ge 0$` with `$A^\top \lambda = 0$` and
/// `$b^\top \lambda > 0$` (Farkas), for then `$0 = \lambda^\top A w \ge b^\top\lambda > 0$`.
///
/// `$A^\top\lambda$` vanishes exactly, not to rounding: the multipliers are whole numbers, found by solving for
/// some of them exactly. It is about the rows that the operator calls its own
/// ([`exact_row`](LinearOperator::exact_row)), and anybody can check it by multiplying out
/// ([`verify`](Self::verify) does, in code that the solver has no part in).
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error(
    "no w satisfies every constraint: {} of {} rows, in whole multiples, cancel, \
     while their bounds do not",
    exact.len(), multipliers.len()
)]
#[non_exhaustive]
pub struct FarkasCertificate {
    /// `$\lambda \ge 0$`, one per row, `$\sum_j \lambda_j = 1$`, rounded to doubles.
    pub multipliers: Vec<f64>,
    /// The rows with a multiplier, and the whole numbers that these are in proportion to.
    pub(crate) exact: Vec<WholeMultiplier>,
}

/// The multiplier of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WholeMultiplier {
    pub row: usize,
    /// In decimal digits where it is written down.
    #[serde(with = "whole_number")]
    pub multiplier: UBig,
}

/// The largest relative difference between multipliers and those they are corrected to by
/// [`FarkasCertificate::near`].
const LARGEST_CORRECTION: f64 = 1e-6;

impl FarkasCertificate {
    /// The certificate that `multipliers` are up to rounding, if they are one.
    ///
    /// Those of some rows, as many as are independent, are solved for exactly, given the others.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{FarkasCertificate, HardMarginProblem};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0], [-0.3, -0.6]])?);
    /// let problem = HardMarginProblem::new(&rows, 3.0)?;
    /// let certificate = FarkasCertificate::near(&problem, &[0.3, 1.0]).expect("they cancel");
    /// assert!(certificate.verify(&problem).is_ok());
    /// assert!(FarkasCertificate::near(&problem, &[0.3, 1.1]).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn near<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        multipliers: &[f64],
    ) -> Option<Self> {
        let found = Self::proven(problem, multipliers, &|| true)?;
        let total: f64 = multipliers.iter().sum();
        let largest = multipliers.iter().fold(0.0, |m: f64, l| m.max(*l)) / total;
        let pairs = found.multipliers.iter().zip(multipliers);
        let off = pairs.fold(0.0, |off: f64, (exact, l)| off.max((exact - l / total).abs()));
        (off <= LARGEST_CORRECTION * largest).then_some(found)
    }

    /// The same, however much has to be corrected, as long as `go_on` allows.
    pub(crate) fn proven<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        if multipliers.len() != problem.operator().nrows()
            || !multipliers.iter().all(|l| l.is_finite() && *l >= 0.0)
        {
            return None;
        }
        let exact = LEAST_SHARES.iter().find_map(|least| {
            let kept = without_traces(problem, multipliers, *least);
            let kept = without_one_sided(problem, &kept)?;
            let promising = nearly_cancels(problem, &kept);
            promising.then(|| exact_multipliers(problem, &kept, go_on)).flatten()
        })?;
        let total: UBig = exact.iter().map(|(_, l)| l).sum();
        let mut rounded = vec![0.0; multipliers.len()];
        for (row, multiplier) in &exact {
            rounded[*row] = quotient(multiplier, &total);
        }
        let exact = exact
            .into_iter()
            .map(|(row, multiplier)| WholeMultiplier { row, multiplier })
            .collect();
        Some(Self { multipliers: rounded, exact })
    }

    /// The rows that cancel, each with the whole number that its multiplier is in proportion to.
    pub fn whole_multipliers(&self) -> impl Iterator<Item = (usize, &UBig)> {
        self.exact.iter().map(|each| (each.row, &each.multiplier))
    }
}

/// The shares of the largest term `$\lambda_j \max_k\lvert A_{jk}\rvert$` below which rows are left out, in the
/// order in which they are tried. An interior point has a trace of every row, also of those that have a
/// column of their own, which then can't cancel; and small multipliers may be needed.
const LEAST_SHARES: [f64; 3] = [0.0, 1e-9, 1e-4];

/// `multipliers` without those whose term is less than the share `least` of the largest.
fn without_traces<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    multipliers: &[f64],
    least: f64,
) -> Vec<f64> {
    let term = |(l, size): (&f64, &f64)| l * size;
    let terms = || multipliers.iter().zip(problem.row_sizes()).map(term);
    let largest = terms().fold(0.0, f64::max);
    let kept = multipliers.iter().zip(terms());
    kept.map(|(l, term)| if term >= least * largest { *l } else { 0.0 }).collect()
}

/// Whether what is left of each column of `$A^\top\lambda$` is small beside its terms. A column by itself:
/// its unit is its own.
fn nearly_cancels<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    multipliers: &[f64],
) -> bool {
    let operator = problem.operator();
    let (mut dual_point, mut sizes) = (vec![0.0; operator.ncols()], vec![0.0; operator.ncols()]);
    operator.apply_adjoint(multipliers, &mut dual_point);
    operator.apply_adjoint_abs(multipliers, &mut sizes);
    // Written so that what overflows is left to exact arithmetic.
    !dual_point.iter().zip(&sizes).any(|(entry, size)| entry.abs() > CANCELS * size)
}

/// What is left of a column that rounding may have kept from cancelling: more isn't worth an exact try.
const CANCELS: f64 = 1e-3;

/// `$a/b$` to double precision.
fn quotient(a: &UBig, b: &UBig) -> f64 {
    let shift = (b.bit_len() + 64).saturating_sub(a.bit_len());
    let mut quotient = ((a << shift) / b).to_f64().value();
    // In steps that are doubles themselves.
    let mut left = shift;
    while left > 0 && quotient > 0.0 {
        let step = left.min(512);
        quotient *= f64::from_bits((1023 - step as u64) << 52);
        left -= step;
    }
    quotient
}
