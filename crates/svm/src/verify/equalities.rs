//! Certificates of problems with equalities.

use dashu_int::IBig;
use mirrorhead_kernels::LinearOperator;

use super::data::{combination, exact, exact_sum, fits, row_terms};
use super::dyadic::Dyadic;
use super::margin::proves_lower;
use super::norm::{Exponent, is_at_most};
use super::refutation::Refutation;
use crate::{DeterminedEntries, EqualityFarkas, EqualityMargin, EqualityOutcome, EqualityProblem};

impl EqualityMargin {
    /// Checks against the data of `problem`, in exact arithmetic and by code that the solver has no part in, that
    /// `$E w = 0$` and that the interval holds.
    ///
    /// An infinite bound claims nothing, and nor does a lower bound that isn't positive: no margin is negative.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify<A, E>(&self, problem: &EqualityProblem<'_, A, E>) -> Result<(), Refutation>
    where
        A: LinearOperator + ?Sized,
        E: LinearOperator + ?Sized,
    {
        let (lower, upper) = (self.interval.lower, self.interval.upper);
        let inequalities = problem.inequalities();
        fits("entries of w", inequalities.operator().ncols(), self.w.len())?;
        if lower > 0.0 {
            let w = whole_multiple(&self.w, &self.determined)?;
            require_equalities(problem.equalities(), &w)?;
            let norm = (inequalities.norm().p(), &is_at_most as _);
            if !proves_lower(inequalities, norm, &w, lower)? {
                return Err(Refutation::LowerBound { lower: lower.to_string() });
            }
        }
        if upper != f64::INFINITY && !self.proves_upper(problem)? {
            return Err(Refutation::UpperBound { upper: upper.to_string() });
        }
        Ok(())
    }

    /// Whether `$\lVert A^\top\lambda + E^\top\mu\rVert_q \le \text{upper}\; b^\top\lambda$` with `$\lambda \ge 0$`.
    fn proves_upper<A, E>(&self, problem: &EqualityProblem<'_, A, E>) -> Result<bool, Refutation>
    where
        A: LinearOperator + ?Sized,
        E: LinearOperator + ?Sized,
    {
        let inequalities = problem.inequalities();
        fits("multipliers", inequalities.operator().nrows(), self.multipliers.len())?;
        let multipliers = exact("multiplier", &self.multipliers)?;
        let rest = [self.equality_remainder.clone()];
        let of_equalities = exact_sum(
            "multiplier",
            "multipliers",
            problem.equalities().nrows(),
            (&self.equality_multipliers, &rest),
        )?;
        if let Some(index) = self.multipliers.iter().position(|l| *l < 0.0) {
            let what = "multiplier";
            return Err(Refutation::InvalidEntry { what, index, expectation: "nonnegative" });
        }
        let (bounds, upper) =
            (exact("bound", inequalities.bounds())?, exact("bound", &[self.interval.upper])?);
        let dual_point =
            dual_point(problem, multipliers.iter().enumerate(), of_equalities.iter().enumerate())?;
        let pairs = multipliers.iter().zip(&bounds);
        let weight = pairs.fold(Dyadic::zero(), |sum, (l, b)| &sum + &(l * b));
        let most = &upper[0] * &weight;
        let Some(exponent) = Exponent::conjugate(inequalities.norm().p()) else { return Ok(false) };
        Ok(match weight.is_positive() {
            true if most.is_positive() => is_at_most(&dual_point, &exponent, &most),
            // An upper bound of zero is right only if everything cancels.
            true => most.is_zero() && dual_point.iter().all(Dyadic::is_zero),
            false => false,
        })
    }
}

impl EqualityFarkas {
    /// Checks by exact multiplication that the rows of `problem` cancel and their bounds don't.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify<A, E>(&self, problem: &EqualityProblem<'_, A, E>) -> Result<(), Refutation>
    where
        A: LinearOperator + ?Sized,
        E: LinearOperator + ?Sized,
    {
        let whole = |significand: IBig| Dyadic { significand, exponent: 0 };
        let rows: Vec<(usize, Dyadic)> =
            self.row_multipliers().map(|(row, l)| (row, whole(IBig::from(l.clone())))).collect();
        let equalities: Vec<(usize, Dyadic)> =
            self.equality_multipliers().map(|(row, l)| (row, whole(l.clone()))).collect();
        let inequalities = problem.inequalities();
        let bounds = exact("bound", inequalities.bounds())?;
        for (named, expected) in
            [(&rows, bounds.len()), (&equalities, problem.equalities().nrows())]
        {
            if let Some((found, _)) = named.iter().find(|(row, _)| *row >= expected) {
                return Err(Refutation::ShapeMismatch { what: "row", expected, found: *found });
            }
        }
        let dual_point = dual_point(
            problem,
            rows.iter().map(|(row, l)| (*row, l)),
            equalities.iter().map(|(row, l)| (*row, l)),
        )?;
        if let Some(column) = dual_point.iter().position(|entry| !entry.is_zero()) {
            return Err(Refutation::DoesNotCancel { column });
        }
        let weight = rows.iter().fold(Dyadic::zero(), |sum, (row, l)| &sum + &(l * &bounds[*row]));
        if weight.is_positive() { Ok(()) } else { Err(Refutation::BoundsCancel) }
    }
}

impl EqualityOutcome {
    /// Checks whatever was found against the data in exact arithmetic.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify<A, E>(&self, problem: &EqualityProblem<'_, A, E>) -> Result<(), Refutation>
    where
        A: LinearOperator + ?Sized,
        E: LinearOperator + ?Sized,
    {
        match self {
            Self::MaxMargin(found) | Self::Inconclusive(found, _) => found.verify(problem),
            Self::NotSeparable(proof) => proof.verify(problem),
        }
    }
}

/// `$d w$` for the denominator `$d$`: margins don't depend on the scale.
fn whole_multiple(w: &[f64], determined: &DeterminedEntries) -> Result<Vec<Dyadic>, Refutation> {
    let denominator = IBig::from(determined.denominator.clone());
    let denominator = Dyadic { significand: denominator, exponent: 0 };
    if !denominator.is_positive() {
        let (what, expectation) = ("denominator", "positive");
        return Err(Refutation::InvalidEntry { what, index: 0, expectation });
    }
    let mut multiple: Vec<Dyadic> =
        exact("entry of w", w)?.iter().map(|w| w * &denominator).collect();
    for entry in &determined.entries {
        let place = multiple.get_mut(entry.column).ok_or(Refutation::ShapeMismatch {
            what: "column",
            expected: w.len(),
            found: entry.column,
        })?;
        let significand = entry.numerator.clone();
        *place = Dyadic { significand, exponent: determined.exponent };
    }
    Ok(multiple)
}

fn require_equalities<E: LinearOperator + ?Sized>(
    equalities: &E,
    w: &[Dyadic],
) -> Result<(), Refutation> {
    for row in 0..equalities.nrows() {
        let terms = row_terms(equalities, row)?;
        let value = terms.iter().fold(Dyadic::zero(), |sum, (k, a)| &sum + &(a * &w[*k]));
        if !value.is_zero() {
            return Err(Refutation::EqualityBroken { row });
        }
    }
    Ok(())
}

/// `$A^\top\lambda + E^\top\mu$`.
fn dual_point<'l, A, E>(
    problem: &EqualityProblem<'_, A, E>,
    multipliers: impl Iterator<Item = (usize, &'l Dyadic)>,
    of_equalities: impl Iterator<Item = (usize, &'l Dyadic)>,
) -> Result<Vec<Dyadic>, Refutation>
where
    A: LinearOperator + ?Sized,
    E: LinearOperator + ?Sized,
{
    let of_rows = combination(problem.inequalities().operator(), multipliers)?;
    let of_equalities = combination(problem.equalities(), of_equalities)?;
    Ok(of_rows.iter().zip(&of_equalities).map(|(a, b)| a + b).collect())
}
