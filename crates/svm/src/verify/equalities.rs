//! Certificates of problems with equalities.

use dashu_int::IBig;
use mirrorhead_kernels::LinearOperator;

use super::data::{combination, exact, exact_sum, fits};
use super::dyadic::Dyadic;
use super::margin::{
    proves_lower, proves_size, require_contradiction, require_nonnegative, row_margins,
};
use super::norm::is_at_most;
use super::refutation::Refutation;
use crate::{EqualityFarkas, EqualityMargin, EqualityOutcome, EqualityProblem, ExactEntries};

impl EqualityMargin {
    /// Checks against the data of `problem`, in exact arithmetic and by code that the solver has no part in, that
    /// `$E w = 0$` and that the interval holds.
    ///
    /// An infinite bound claims nothing, and nor does a lower bound that isn't positive: no margin is negative.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &EqualityProblem<'_>) -> Result<(), Refutation> {
        let (lower, upper) = (self.interval.lower, self.interval.upper);
        let inequalities = problem.inequalities();
        fits("entries of w", inequalities.operator().ncols(), self.w.len())?;
        if lower > 0.0 {
            let w = whole_multiple(&self.w, &self.exact)?;
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
    fn proves_upper(&self, problem: &EqualityProblem<'_>) -> Result<bool, Refutation> {
        let inequalities = problem.inequalities();
        let sum = |length, parts| exact_sum("multiplier", "multipliers", length, parts);
        let (nrows, n_equalities) = (inequalities.operator().nrows(), problem.equalities().nrows());
        let multipliers = sum(nrows, (&self.multipliers, &self.multiplier_remainder))?;
        let of_equalities =
            sum(n_equalities, (&self.equality_multipliers, &self.equality_remainder))?;
        require_nonnegative(&multipliers)?;
        let dual_point =
            dual_point(problem, multipliers.iter().enumerate(), of_equalities.iter().enumerate())?;
        let norm = (inequalities.norm().p(), &is_at_most as _);
        let upper = self.interval.upper;
        proves_size(inequalities.bounds(), &dual_point, norm, &multipliers, upper)
    }
}

impl EqualityFarkas {
    /// Checks by exact multiplication that the rows of `problem` cancel and their bounds don't.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &EqualityProblem<'_>) -> Result<(), Refutation> {
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
        let weight = rows.iter().fold(Dyadic::zero(), |sum, (row, l)| &sum + &(l * &bounds[*row]));
        require_contradiction(&dual_point, &weight)
    }
}

impl EqualityOutcome {
    /// Checks whatever was found against the data in exact arithmetic.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &EqualityProblem<'_>) -> Result<(), Refutation> {
        match self {
            Self::MaxMargin(found) | Self::Inconclusive(found, _) => found.verify(problem),
            Self::NotSeparable(proof) => proof.verify(problem),
        }
    }
}

/// `$d w$` for the denominator `$d$`: margins don't depend on the scale.
fn whole_multiple(w: &[f64], exact_entries: &ExactEntries) -> Result<Vec<Dyadic>, Refutation> {
    let denominator = IBig::from(exact_entries.denominator.clone());
    let denominator = Dyadic { significand: denominator, exponent: 0 };
    if !denominator.is_positive() {
        let (what, expectation) = ("denominator", "positive");
        return Err(Refutation::InvalidEntry { what, index: 0, expectation });
    }
    let mut multiple: Vec<Dyadic> =
        exact("entry of w", w)?.iter().map(|w| w * &denominator).collect();
    for entry in &exact_entries.entries {
        let place = multiple.get_mut(entry.column).ok_or(Refutation::ShapeMismatch {
            what: "column",
            expected: w.len(),
            found: entry.column,
        })?;
        let significand = entry.numerator.clone();
        *place = Dyadic { significand, exponent: exact_entries.exponent };
    }
    Ok(multiple)
}

fn require_equalities(equalities: &dyn LinearOperator, w: &[Dyadic]) -> Result<(), Refutation> {
    match row_margins(equalities, w)?.iter().position(|value| !value.is_zero()) {
        Some(row) => Err(Refutation::EqualityBroken { row }),
        None => Ok(()),
    }
}

/// `$A^\top\lambda + E^\top\mu$`.
fn dual_point<'l>(
    problem: &EqualityProblem<'_>,
    multipliers: impl Iterator<Item = (usize, &'l Dyadic)>,
    of_equalities: impl Iterator<Item = (usize, &'l Dyadic)>,
) -> Result<Vec<Dyadic>, Refutation> {
    let of_rows = combination(problem.inequalities().operator(), multipliers)?;
    let of_equalities = combination(problem.equalities(), of_equalities)?;
    Ok(of_rows.iter().zip(&of_equalities).map(|(a, b)| a + b).collect())
}
