//! The second opinion on soft margins.

use mirrorhead_kernels::elementary;

use super::data::{combination, exact, exact_number, exact_sum, exact_total, row_terms};
use super::dyadic::Dyadic;
use super::norm::{Exponent, is_at_most, power_sum_up};
use super::refutation::Refutation;
use crate::{Norm, ObjectiveInterval, Remainder, SoftMargin, SoftMarginProblem};

impl SoftMargin {
    /// Checks the interval against the data of `problem` in exact arithmetic, by code that the solver has
    /// no part in ([`verify_objective`]).
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{SoftMarginProblem, SvmSettings, solve_soft};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0], [-0.3, 0.5], [-1.0, -2.0]])?);
    /// let problem = SoftMarginProblem::new(&rows, 1.5, 10.0)?;
    /// solve_soft(&problem, &SvmSettings::default())?.solution().verify(&problem)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &SoftMarginProblem<'_>) -> Result<(), Refutation> {
        let pair = (self.w.as_slice(), self.intercept, self.multipliers.as_slice());
        verify_objective_sum(problem, pair, &self.remainder, self.objective)
    }
}

/// Checks that `(w, intercept)` and `multipliers` prove `interval` for `problem`, in exact arithmetic.
///
/// The objective of `$(w, \beta)$` must be at most the upper bound, and
/// `$t\,b^\top\lambda - \varphi^*(t A^\top\lambda)$` for some `$0 \le t \le 1$` at least the lower one, with
/// `$0 \le \lambda \le C$` and `$y^\top\lambda = 0$`. An infinite upper bound claims nothing, and nor does a lower bound that
/// isn't positive: no objective is negative.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{ObjectiveInterval, SoftMarginProblem, verify_objective};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0]])?);
/// let problem = SoftMarginProblem::new(&rows, 2.0, 1.0)?;
/// // The smallest objective is 1/8, at w = 1/2 with multiplier 1/4.
/// let claim = |lower, upper| {
///     verify_objective(&problem, &[0.5], 0.0, &[0.25], ObjectiveInterval { lower, upper })
/// };
/// assert!(claim(0.125, 0.125).is_ok());
/// assert!(claim(0.125, 0.12499).is_err() && claim(0.12501, 0.125).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_objective(
    problem: &SoftMarginProblem<'_>,
    w: &[f64],
    intercept: f64,
    multipliers: &[f64],
    interval: ObjectiveInterval,
) -> Result<(), Refutation> {
    verify_objective_sum(problem, (w, intercept, multipliers), &Remainder::default(), interval)
}

/// The same for a pair in more digits than doubles have: `$(w, \beta, \lambda)$` and the `remainder` added up prove
/// `interval`.
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_objective_sum(
    problem: &SoftMarginProblem<'_>,
    (w, intercept, multipliers): (&[f64], f64, &[f64]),
    remainder: &Remainder,
    interval: ObjectiveInterval,
) -> Result<(), Refutation> {
    let (m, n) = (problem.operator().nrows(), problem.operator().ncols());
    let w = exact_sum("entry of w", "entries of w", n, (w, &remainder.w))?;
    let multipliers = (multipliers, remainder.multipliers.as_slice());
    let multipliers = exact_sum("multiplier", "multipliers", m, multipliers)?;
    let sum = exact_total("intercept", (intercept, &remainder.intercept))?;
    let ObjectiveInterval { lower, upper } = interval;
    if upper != f64::INFINITY && !proves_upper(problem, &w, &sum, upper)? {
        return Err(Refutation::ObjectiveAbove { upper: upper.to_string() });
    }
    if lower > 0.0 && !proves_lower(problem, &multipliers, lower)? {
        return Err(Refutation::ObjectiveBelow { lower: lower.to_string() });
    }
    Ok(())
}

/// Whether `$\varphi(w) + \sum_j C_j (b_j - (A w)_j - \beta y_j)_+ \le$` `upper`.
fn proves_upper(
    problem: &SoftMarginProblem<'_>,
    w: &[Dyadic],
    intercept: &Dyadic,
    upper: f64,
) -> Result<bool, Refutation> {
    let (bounds, costs) = (exact("bound", problem.bounds())?, exact("price", problem.costs())?);
    let shifts = match problem.signs() {
        Some(signs) => exact("sign", signs)?,
        None => vec![Dyadic::zero(); bounds.len()],
    };
    let mut rest = exact_number("bound on the objective", upper)?;
    for (row, ((bound, cost), shift)) in bounds.iter().zip(&costs).zip(&shifts).enumerate() {
        let terms = row_terms(problem.operator(), row)?;
        let margin = terms.iter().fold(shift * intercept, |sum, (k, a)| &sum + &(a * &w[*k]));
        let excess = bound + &-&margin;
        if excess.is_positive() {
            rest = &rest + &-&(cost * &excess);
        }
    }
    if !rest.is_positive() {
        return Ok(rest.is_zero() && w.iter().all(Dyadic::is_zero));
    }
    let p = problem.norm().p();
    let Some(exponent) = Exponent::of(p) else { return Ok(false) };
    Ok(match (problem.norm(), &exponent) {
        (Norm::Lp(_), Exponent::Finite(power)) => {
            // The sum of powers against p times the rest.
            power_sum_up(w, power).is_at_most(&(&exact_number("exponent", p)? * &rest))
        }
        _ => is_at_most(w, &exponent, &rest),
    })
}

/// Whether `$t\,b^\top\lambda - \varphi^*(t A^\top\lambda) \ge$` `lower` for a `$t \le 1$`, with multipliers that are allowed.
fn proves_lower(
    problem: &SoftMarginProblem<'_>,
    multipliers: &[Dyadic],
    lower: f64,
) -> Result<bool, Refutation> {
    let costs = exact("price", problem.costs())?;
    let inside = |(l, c): (&Dyadic, &Dyadic)| (l.is_positive() || l.is_zero()) && l.is_at_most(c);
    if let Some(index) = multipliers.iter().zip(&costs).position(|pair| !inside(pair)) {
        let expectation = "between zero and the price";
        return Err(Refutation::InvalidEntry { what: "multiplier", index, expectation });
    }
    let total = |weights: &[Dyadic]| {
        let pairs = multipliers.iter().zip(weights);
        pairs.fold(Dyadic::zero(), |sum, (l, weight)| &sum + &(l * weight))
    };
    if let Some(signs) = problem.signs()
        && !total(&exact("sign", signs)?).is_zero()
    {
        return Err(Refutation::Unbalanced);
    }
    let weight = total(&exact("bound", problem.bounds())?);
    let lower = exact_number("bound on the objective", lower)?;
    if !lower.is_at_most(&weight) {
        return Ok(false);
    }
    let dual_point = combination(problem.operator(), multipliers.iter().enumerate())?;
    let p = problem.norm().p();
    let Some(exponent) = Exponent::conjugate(p) else { return Ok(false) };
    let scaled = |t: &Dyadic| dual_point.iter().map(|u| u * t).collect::<Vec<_>>();
    let (Norm::Lp(_), Exponent::Finite(power)) = (problem.norm(), &exponent) else {
        // With t = lower / weight the dual point must be in the dual ball.
        return Ok(is_at_most(&scaled(&lower), &exponent, &weight));
    };
    // 1/q = (p - 1)/p.
    let (p, minus) = (exact_number("exponent", p)?, exact_number("exponent", -1.0)?);
    let less = &p + &minus;
    let holds = |t: f64| {
        let Some(t) = Dyadic::of(t) else { return false };
        let rest = &(&t * &weight) + &-&lower;
        (&power_sum_up(&scaled(&t), power) * &less).is_at_most(&(&p * &rest))
    };
    let best = best_multiple(&weight, &power_sum_up(&dual_point, power), problem.norm().p());
    Ok(holds(best) || holds(1.0))
}

/// The `$t \le 1$` for which `$t\,\text{weight} - \tfrac1q t^q\,\text{powers}$` is largest, nearly: any other proves something, too.
fn best_multiple(weight: &Dyadic, powers: &Dyadic, p: f64) -> f64 {
    if powers.is_zero() {
        return 1.0;
    }
    let ratio = log2(weight) - log2(powers);
    elementary::exp2(((p - 1.0) * ratio).min(0.0))
}

/// `$\log_2 x$` for `$x > 0$`.
fn log2(x: &Dyadic) -> f64 {
    let shift = i64::try_from(x.digits()).expect("few digits") - 60;
    let by = usize::try_from(shift.unsigned_abs()).expect("few digits");
    let significand = x.significand.clone();
    let leading = if shift > 0 { significand >> by } else { significand << by };
    let leading = u64::try_from(&leading).expect("sixty bits") as f64;
    let exponent = (x.exponent + shift) as f64;
    elementary::log2(leading) + exponent
}
