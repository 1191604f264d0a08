//! The second opinion on hard margins with an intercept.

use dashu_int::IBig;

use super::cancellation::{Rows, entries, verify_basis};
use super::data::{exact, exact_sum, exact_total, fits};
use super::dyadic::Dyadic;
use super::margin::{NormCheck, proves_margin, proves_upper, row_margins};
use super::norm::is_at_most;
use super::refutation::Refutation;
use crate::basis::Basis;
use crate::farkas_certificate::Cancellation;
use crate::{HardMarginProblem, InterceptMargin, InterceptOutcome, MarginInterval, Remainder};

impl InterceptMargin {
    /// Checks the interval against the data of `problem` and the intercept's column `signs` in exact arithmetic, by code
    /// that the solver has no part in ([`verify_intercept_sum`]).
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>, signs: &[f64]) -> Result<(), Refutation> {
        let pair = (self.w.as_slice(), self.intercept, self.multipliers.as_slice());
        verify_intercept_sum(problem, signs, pair, &self.remainder, self.interval)
    }
}

impl InterceptOutcome {
    /// Checks what was found against the data in exact arithmetic: [`InterceptMargin::verify`], or that the rows of
    /// `problem` cancel, together with their signs and not their bounds.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve_with_intercept};
    /// let labels = [-1.0, -1.0, 1.0];
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[-10.0], [-11.0], [13.0]])?);
    /// let problem = HardMarginProblem::new(&rows, 3.0)?;
    /// solve_with_intercept(&problem, &labels, &SvmSettings::default())?.verify(&problem, &labels)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>, signs: &[f64]) -> Result<(), Refutation> {
        match self {
            Self::MaxMargin(found) | Self::Inconclusive(Some(found), _) => {
                found.verify(problem, signs)
            }
            Self::NotSeparable(proof) => {
                if let Cancellation::Basis(basis) = &proof.cancellation {
                    return verify_with_signs(problem, signs, &proof.multipliers, basis);
                }
                proof.verify(problem)?;
                // The whole numbers that the multipliers are in proportion to.
                let mut multipliers = vec![Dyadic::zero(); problem.operator().nrows()];
                for (row, whole) in proof.whole_multipliers() {
                    let significand = IBig::from(whole.clone());
                    multipliers[row] = &multipliers[row] + &Dyadic { significand, exponent: 0 };
                }
                if balance(signs, &multipliers)?.is_zero() {
                    Ok(())
                } else {
                    Err(Refutation::Unbalanced)
                }
            }
            Self::Inconclusive(None, _) => Ok(()),
        }
    }
}

/// Checks that the plane `$(w, \beta)$` and `multipliers` prove `interval` for the rows of `problem` and an intercept of
/// the column `signs` `$= y$`, in exact arithmetic.
///
/// `$(w, \beta)/\rho$` has to satisfy `$A w + \beta y \ge b$` for a `$\rho$` of at least the lower bound times
/// `$\lVert w\rVert_p$`, and `$\lVert A^\top\lambda\rVert_q$` to be at most the upper bound times `$b^\top\lambda$`, with
/// `$\lambda \ge 0$` and `$y^\top\lambda = 0$`.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, MarginInterval, verify_intercept};
/// // The points 0 and 3, of two classes: the plane is half way, at a margin of 3/2.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[0.0], [3.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let claim = |lower, upper| {
///     let interval = MarginInterval { lower, upper };
///     verify_intercept(&problem, &[-1.0, 1.0], (&[2.0], -3.0), &[1.0, 1.0], interval)
/// };
/// assert!(claim(1.5, 1.5).is_ok());
/// assert!(claim(1.51, 1.52).is_err() && claim(1.4, 1.49).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_intercept(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    (w, intercept): (&[f64], f64),
    multipliers: &[f64],
    interval: MarginInterval,
) -> Result<(), Refutation> {
    let pair = (w, intercept, multipliers);
    verify_intercept_sum(problem, signs, pair, &Remainder::default(), interval)
}

/// The same for a pair in more digits than doubles have: `$(w, \beta, \lambda)$` and the `remainder` added up prove
/// `interval`.
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_intercept_sum(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    (w, intercept, multipliers): (&[f64], f64, &[f64]),
    remainder: &Remainder,
    interval: MarginInterval,
) -> Result<(), Refutation> {
    let (m, n) = (problem.operator().nrows(), problem.operator().ncols());
    let w = exact_sum("entry of w", "entries of w", n, (w, &remainder.w))?;
    let multipliers = (multipliers, remainder.multipliers.as_slice());
    let multipliers = exact_sum("multiplier", "multipliers", m, multipliers)?;
    let intercept = exact_total("intercept", (intercept, &remainder.intercept))?;
    fits("signs", m, signs.len())?;
    let norm = (problem.norm().p(), &is_at_most as NormCheck<'_>);
    let MarginInterval { lower, upper } = interval;
    if lower > 0.0 {
        let mut margins = row_margins(problem.operator(), &w)?;
        for (margin, sign) in margins.iter_mut().zip(exact("sign", signs)?) {
            *margin = &*margin + &(&sign * &intercept);
        }
        if !proves_margin(problem.bounds(), &margins, norm, &w, lower)? {
            return Err(Refutation::LowerBound { lower: lower.to_string() });
        }
    }
    if upper != f64::INFINITY {
        if !balance(signs, &multipliers)?.is_zero() {
            return Err(Refutation::Unbalanced);
        }
        if !proves_upper(problem, norm, &multipliers, upper)? {
            return Err(Refutation::UpperBound { upper: upper.to_string() });
        }
    }
    Ok(())
}

/// `$y^\top\lambda$`.
fn balance(signs: &[f64], multipliers: &[Dyadic]) -> Result<Dyadic, Refutation> {
    fits("signs", multipliers.len(), signs.len())?;
    let signs = exact("sign", signs)?;
    let pairs = signs.iter().zip(multipliers);
    Ok(pairs.fold(Dyadic::zero(), |sum, (y, l)| &sum + &(y * l)))
}

/// That rows and their signs, as one more column, cancel next to these multipliers.
fn verify_with_signs(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    multipliers: &[f64],
    basis: &Basis,
) -> Result<(), Refutation> {
    let (nrows, ncols) = (problem.operator().nrows(), problem.operator().ncols());
    fits("signs", nrows, signs.len())?;
    fits("multipliers", nrows, multipliers.len())?;
    let exact_signs = exact("sign", signs)?;
    let entries = |row: usize| {
        let mut entries = entries(problem.operator(), row)?;
        entries.extend((!exact_signs[row].is_zero()).then(|| (ncols, exact_signs[row].clone())));
        Ok(entries)
    };
    let rows = Rows { ncols: ncols + 1, entries: &entries };
    let bounds = exact("bound", problem.bounds())?;
    verify_basis(&rows, &bounds, &exact("multiplier", multipliers)?, basis)
}
