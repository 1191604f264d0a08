//! What a pair proves of a margin, in exact arithmetic.

use std::cmp::Ordering;

use mirrorhead_kernels::LinearOperator;

use super::data::{combination, exact, row_terms};
use super::dyadic::Dyadic;
use super::norm::Exponent;
use super::refutation::Refutation;
use crate::HardMarginProblem;

/// Whether a norm with this exponent, of the entries or of the singular values, is at most a number.
pub(super) type NormCheck<'c> = &'c dyn Fn(&[Dyadic], &Exponent, &Dyadic) -> bool;

/// Whether `$w/\rho$` satisfies every constraint for `$\rho = \min_{b_j > 0} (A w)_j/b_j$`, and
/// `$\text{lower}\,\lVert w\rVert \le \rho$`.
pub(super) fn proves_lower(
    problem: &HardMarginProblem<'_>,
    (p, at_most): (f64, NormCheck<'_>),
    w: &[Dyadic],
    lower: f64,
) -> Result<bool, Refutation> {
    let margins = row_margins(problem.operator(), w)?;
    proves_margin(problem.bounds(), &margins, (p, at_most), w, lower)
}

/// `$A w$`.
pub(super) fn row_margins(
    operator: &dyn LinearOperator,
    w: &[Dyadic],
) -> Result<Vec<Dyadic>, Refutation> {
    let margin = |row: usize| {
        let terms = row_terms(operator, row)?;
        Ok(terms.iter().fold(Dyadic::zero(), |sum, (k, a)| &sum + &(a * &w[*k])))
    };
    (0..operator.nrows()).map(margin).collect()
}

/// The same of margins that rows are known to have.
pub(super) fn proves_margin(
    bounds: &[f64],
    margins: &[Dyadic],
    (p, at_most): (f64, NormCheck<'_>),
    w: &[Dyadic],
    lower: f64,
) -> Result<bool, Refutation> {
    let (bounds, lower) = (exact("bound", bounds)?, exact("bound", &[lower])?);
    // The pair (margin, bound) of the smallest ratio.
    let mut tightest: Option<(&Dyadic, &Dyadic)> = None;
    for (margin, bound) in margins.iter().zip(&bounds).filter(|(_, b)| b.is_positive()) {
        let is_tighter = tightest.is_none_or(|(other, over)| {
            (margin * over).compare(&(other * bound)) == Ordering::Less
        });
        if is_tighter {
            tightest = Some((margin, bound));
        }
    }
    let Some((margin, bound)) = tightest.filter(|(margin, _)| margin.is_positive()) else {
        return Ok(false);
    };
    let all_hold = margins
        .iter()
        .zip(&bounds)
        .all(|(m, b)| (m * bound).compare(&(margin * b)) != Ordering::Less);
    let Some(exponent) = Exponent::of(p) else { return Ok(false) };
    // lower b w against the margin, which is rho b.
    let scaled: Vec<Dyadic> = w.iter().map(|w| w * &(&lower[0] * bound)).collect();
    Ok(all_hold && at_most(&scaled, &exponent, margin))
}

/// Whether `$\lVert A^\top\lambda\rVert_* \le \text{upper}\; b^\top\lambda$` with `$\lambda \ge 0$`.
pub(super) fn proves_upper(
    problem: &HardMarginProblem<'_>,
    (p, at_most): (f64, NormCheck<'_>),
    multipliers: &[Dyadic],
    upper: f64,
) -> Result<bool, Refutation> {
    require_nonnegative(multipliers)?;
    let dual_point = combination(problem.operator(), multipliers.iter().enumerate())?;
    proves_size(problem.bounds(), &dual_point, (p, at_most), multipliers, upper)
}

/// The same of the dual point that multipliers are known to have.
pub(super) fn proves_size(
    bounds: &[f64],
    dual_point: &[Dyadic],
    (p, at_most): (f64, NormCheck<'_>),
    multipliers: &[Dyadic],
    upper: f64,
) -> Result<bool, Refutation> {
    let (bounds, upper) = (exact("bound", bounds)?, exact("bound", &[upper])?);
    let weight =
        multipliers.iter().zip(&bounds).fold(Dyadic::zero(), |sum, (l, b)| &sum + &(l * b));
    let most = &upper[0] * &weight;
    let Some(exponent) = Exponent::conjugate(p) else { return Ok(false) };
    if !weight.is_positive() {
        return Ok(false);
    }
    // An upper bound of zero is right only if everything cancels.
    Ok(if most.is_positive() {
        at_most(dual_point, &exponent, &most)
    } else {
        most.is_zero() && dual_point.iter().all(Dyadic::is_zero)
    })
}

/// That no multiplier is negative.
pub(super) fn require_nonnegative(multipliers: &[Dyadic]) -> Result<(), Refutation> {
    match multipliers.iter().position(|l| !l.is_positive() && !l.is_zero()) {
        Some(index) => {
            let what = "multiplier";
            Err(Refutation::InvalidEntry { what, index, expectation: "nonnegative" })
        }
        None => Ok(()),
    }
}

/// That rows cancel, in this combination, and their bounds, in the same one, don't.
pub(super) fn require_contradiction(
    combination: &[Dyadic],
    bounds: &Dyadic,
) -> Result<(), Refutation> {
    if let Some(column) = combination.iter().position(|entry| !entry.is_zero()) {
        return Err(Refutation::DoesNotCancel { column });
    }
    require_positive(bounds)
}

/// That the bounds of rows that cancel add up to more than zero.
pub(super) fn require_positive(bounds: &Dyadic) -> Result<(), Refutation> {
    if bounds.is_positive() { Ok(()) } else { Err(Refutation::BoundsCancel) }
}
