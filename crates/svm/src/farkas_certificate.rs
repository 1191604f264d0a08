//! The proof that constraints have no solution.

use dashu_int::UBig;
use dashu_int::ops::BitTest;
use serde::{Deserialize, Serialize};

use crate::HardMarginProblem;
use crate::basis::Basis;
use crate::exact_multipliers::exact_multipliers;
use crate::nearby::{nearby_multipliers, projected_multipliers};
use crate::one_sided::without_one_sided;
use crate::whole_number;

/// A proof that no `$w$` satisfies `$A w \ge b$`: multipliers `$\lambda \ge 0$` with `$A^\top \lambda = 0$` and
/// `$b^\top \lambda > 0$` (Farkas), for then `$0 = \lambda^\top A w \ge b^\top\lambda > 0$`.
///
/// `$A^\top\lambda$` vanishes exactly, not to rounding. Where few multipliers have to be solved for they are
/// [whole numbers](Self::whole_multipliers), and anybody can check them by multiplying out. Whole numbers
/// have as many digits as all the data of the rows together, so where there are many, doubles stand next to the exact ones, which are proven to exist:
/// given the other multipliers, those of a [basis](Self::basis) `$B$`, as many rows as there are columns with an entry, are what solves `$A_B^\top\lambda_B = -A_N^\top\lambda_N$`,
/// and with an approximate inverse `$Y$` of `$A_B^\top$` a bound on all rounding errors tells that the matrix is regular and its solution positive:
/// `$\lVert \lambda_B' - \lambda_B\rVert_\infty \le \lVert Y A^\top\lambda\rVert_\infty/(1 - \lVert I - Y A_B^\top\rVert_\infty)$`, all in the scale of `$\lambda_B$` (Rump, Acta Numerica 19, 2010).
/// Columns that depend on others, exactly or up to rounding, are replaced before by `$d A_{\cdot k} - \sum_l c_l A_{\cdot l}$`, exactly, which changes nothing about what cancels.
///
/// Either is about the rows that the operator calls its own ([`exact_row`](mirrorhead_kernels::LinearOperator::exact_row)), and [`verify`](Self::verify) checks it from these.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("no w satisfies every constraint: {}, while their bounds do not", self.rows_that_cancel())]
#[non_exhaustive]
pub struct FarkasCertificate {
    /// `$\lambda \ge 0$`, one per row, `$\sum_j \lambda_j = 1$`, rounded to doubles.
    pub multipliers: Vec<f64>,
    #[serde(flatten)]
    pub(crate) cancellation: Cancellation,
}

/// How it is known that rows cancel exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cancellation {
    /// The rows with a multiplier, and the whole numbers that these are in proportion to.
    Exact(Vec<WholeMultiplier>),
    /// Doubles that are next to exact multipliers.
    Basis(Basis),
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
    pub fn near(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> Option<Self> {
        let found = Self::proven(problem, multipliers, &|| true)?;
        let total: f64 = multipliers.iter().sum();
        let largest = multipliers.iter().fold(0.0, |m: f64, l| m.max(*l)) / total;
        let pairs = found.multipliers.iter().zip(multipliers);
        let off = pairs.fold(0.0, |off: f64, (exact, l)| off.max((exact - l / total).abs()));
        (off <= LARGEST_CORRECTION * largest).then_some(found)
    }

    /// The same, however much has to be corrected, as long as `go_on` allows.
    pub(crate) fn proven(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        promising(problem, multipliers).enumerate().find_map(|(place, kept)| {
            let near = || Self::near_these(problem, &kept, go_on);
            // All that is left out later it leaves out by itself.
            let projected = || (place == 0).then(|| Self::projected(problem, &kept, go_on))?;
            let whole = || Self::whole(problem, &kept, go_on);
            if are_few(problem, &kept) {
                return whole().or_else(near).or_else(projected);
            }
            near().or_else(projected).or_else(whole)
        })
    }

    /// The same where `multipliers` were tried before and changed by little: by the ways that cost little.
    pub(crate) fn proven_again(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        promising(problem, multipliers).find_map(|kept| {
            let whole = are_few(problem, &kept).then(|| Self::whole(problem, &kept, go_on));
            whole.flatten().or_else(|| Self::near_these(problem, &kept, go_on))
        })
    }

    /// The same in whole numbers only.
    pub(crate) fn proven_whole(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        promising(problem, multipliers).find_map(|kept| Self::whole(problem, &kept, go_on))
    }

    /// In whole numbers.
    fn whole(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let exact = exact_multipliers(problem, multipliers, go_on)?;
        let total: UBig = exact.iter().map(|(_, l)| l).sum();
        let mut rounded = vec![0.0; multipliers.len()];
        for (row, multiplier) in &exact {
            rounded[*row] = quotient(multiplier, &total);
        }
        let exact = exact
            .into_iter()
            .map(|(row, multiplier)| WholeMultiplier { row, multiplier })
            .collect();
        Some(Self { multipliers: rounded, cancellation: Cancellation::Exact(exact) })
    }

    /// In doubles, next to which exact ones are: next to these themselves.
    fn near_these(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let found = nearby_multipliers(problem, multipliers, go_on)?;
        Self::verified(problem, found, go_on)
    }

    /// The same, next to others that cancel in columns that depend on each other up to rounding, too.
    fn projected(
        problem: &HardMarginProblem<'_>,
        multipliers: &[f64],
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let found = projected_multipliers(problem, multipliers, go_on)?;
        Self::verified(problem, found, go_on)
    }

    fn verified(
        problem: &HardMarginProblem<'_>,
        (multipliers, basis): (Vec<f64>, Basis),
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let found = Self { multipliers, cancellation: Cancellation::Basis(basis) };
        (go_on() && found.verify(problem).is_ok()).then_some(found)
    }

    fn rows_that_cancel(&self) -> String {
        let all = self.multipliers.len();
        match &self.cancellation {
            Cancellation::Exact(exact) => {
                format!("{} of {all} rows, in whole multiples, cancel", exact.len())
            }
            Cancellation::Basis(_) => {
                let rows = self.multipliers.iter().filter(|l| **l > 0.0).count();
                format!(
                    "{rows} of {all} rows, in multiples proven to be next to those given, cancel"
                )
            }
        }
    }

    /// The rows that cancel, each with the whole number that its multiplier is in proportion to; none where multipliers are known
    /// to be [next to](Self::basis) exact ones.
    pub fn whole_multipliers(&self) -> impl Iterator<Item = (usize, &UBig)> {
        let exact = match &self.cancellation {
            Cancellation::Exact(exact) => exact.as_slice(),
            Cancellation::Basis(_) => &[],
        };
        exact.iter().map(|each| (each.row, &each.multiplier))
    }

    /// The rows whose multipliers have to change, each by less than itself, for all to cancel exactly. None where they are known in
    /// [whole numbers](Self::whole_multipliers).
    pub fn basis(&self) -> Option<&[usize]> {
        match &self.cancellation {
            Cancellation::Exact(_) => None,
            Cancellation::Basis(basis) => Some(&basis.rows),
        }
    }
}

/// Up to so many multipliers are solved for in whole numbers first, and an attempt in vain costs little.
pub(crate) const FEW_UNKNOWNS: usize = 128;

/// Whether so few multipliers are to be solved for.
fn are_few(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> bool {
    let rows = multipliers.iter().filter(|l| **l > 0.0).count();
    rows.min(problem.operator().ncols()) <= FEW_UNKNOWNS
}

/// The shares of the largest term `$\lambda_j \max_k\lvert A_{jk}\rvert$` below which rows are left out, in the
/// order in which they are tried. An interior point has a trace of every row, also of those that have a
/// column of their own, which then can't cancel; and small multipliers may be needed.
const LEAST_SHARES: [f64; 3] = [0.0, 1e-9, 1e-4];

/// What may be left of `multipliers`, such that it nearly cancels, the likeliest first.
fn promising(
    problem: &HardMarginProblem<'_>,
    multipliers: &[f64],
) -> impl Iterator<Item = Vec<f64>> {
    let is_valid = multipliers.len() == problem.operator().nrows()
        && multipliers.iter().all(|l| l.is_finite() && *l >= 0.0);
    let shares = LEAST_SHARES.iter().take_while(move |_| is_valid);
    let kept = shares.map_while(|least| {
        let kept = without_traces(problem, multipliers, *least);
        without_one_sided(problem, &kept)
    });
    let mut last = Vec::new();
    kept.filter(move |kept| {
        let is_new = *kept != last;
        last.clone_from(kept);
        is_new && nearly_cancels(problem, kept)
    })
}

/// `multipliers` without those whose term is less than the share `least` of the largest.
fn without_traces(problem: &HardMarginProblem<'_>, multipliers: &[f64], least: f64) -> Vec<f64> {
    let term = |(l, size): (&f64, &f64)| l * size;
    let terms = || multipliers.iter().zip(problem.row_sizes()).map(term);
    let largest = terms().fold(0.0, f64::max);
    let kept = multipliers.iter().zip(terms());
    kept.map(|(l, term)| if term >= least * largest { *l } else { 0.0 }).collect()
}

/// Whether what is left of each column of `$A^\top\lambda$` is small beside its terms. A column by itself:
/// its unit is its own.
fn nearly_cancels(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> bool {
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

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;

    /// What is proven to be near is what exact arithmetic finds, where there is just one combination.
    #[test]
    fn doubles_are_next_to_the_whole_numbers() {
        let n = 40;
        let entry = |j: usize, k: usize| ((1 + 7 * j + 3 * k * k + j * k) as f64).sin();
        let mut rows: Vec<Vec<f64>> =
            (0..n).map(|j| (0..n).map(|k| entry(j, k)).collect()).collect();
        let sum = |k: usize| {
            -rows.iter().enumerate().map(|(j, row)| (1 + j) as f64 * row[k]).sum::<f64>()
        };
        let last = (0..n).map(sum).collect();
        rows.push(last);
        let rows = DenseRows::new(&Matrix::from_rows(&rows).unwrap());
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let mut near: Vec<f64> =
            (0..n).map(|j| (1 + j) as f64 * (1.0 + 1e-7 * (j as f64).cos())).collect();
        near.push(1.0);
        let go_on = || true;
        let whole = FarkasCertificate::whole(&problem, &near, &go_on).expect("whole numbers");
        let nearby = FarkasCertificate::near_these(&problem, &near, &go_on).expect("a basis");
        assert!(whole.basis().is_none() && nearby.basis().is_some());
        let scale = whole.multipliers[n] / nearby.multipliers[n];
        for (exact, double) in whole.multipliers.iter().zip(&nearby.multipliers) {
            assert!((exact / scale - double).abs() <= 1e-15, "{exact} {double}");
        }
        // What was given is a thousand million times as far.
        let total: f64 = near.iter().sum();
        let given = near
            .iter()
            .zip(&nearby.multipliers)
            .fold(0.0f64, |m, (l, double)| m.max((l / total - double).abs()));
        assert!(given > 1e-10, "{given:e}");
    }
}
