//! A second opinion on certificates: exact arithmetic on the data, and no code of the solver's.
//!
//! All that is taken for granted is that the operator knows its own rows
//! ([`exact_row`](LinearOperator::exact_row)). Numbers are fractions of whole numbers of any size
//! (dashu-int); norms with exponents that make irrational numbers are enclosed to 300 binary digits, and where multipliers are
//! known to be next to exact ones (`cancellation`) an inverse is taken in doubles, with every rounding error bounded.

mod accumulator;
mod cancellation;
mod data;
mod dyadic;
mod equalities;
mod intercept;
mod inverse_bound;
mod margin;
mod norm;
mod reductions;
mod refutation;
mod soft;
mod spectral;

pub use self::intercept::{verify_intercept, verify_intercept_sum};
pub use self::refutation::Refutation;
pub use self::soft::{verify_objective, verify_objective_sum};

use dashu_int::IBig;
use mirrorhead_kernels::LinearOperator;

use self::cancellation::{Rows, entries, verify_basis};
use self::data::{Sum, combination, exact, exact_sum, fits};
use self::dyadic::Dyadic;
use self::margin::{NormCheck, proves_lower, proves_upper, require_contradiction};
use self::norm::{Exponent, is_at_most};
use self::spectral::is_spectrally_at_most;
use crate::farkas_certificate::{Cancellation, WholeMultiplier};
use crate::{
    FarkasCertificate, HardMarginProblem, MarginInterval, MaxMargin, Outcome, Remainder,
    SchattenProblem, Stalled,
};

/// Checks that `w` and `multipliers` prove `interval` for `problem`, in exact arithmetic.
///
/// An infinite bound claims nothing, and nor does a lower bound that isn't positive: no margin is
/// negative.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, MarginInterval, verify_interval};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[3.0, 0.0], [0.0, 4.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let (w, multipliers) = ([4.0, 3.0], [16.0, 9.0]);
/// // The margin is 12/5, which is no double.
/// let outward = MarginInterval { lower: 2.4 - 1e-14, upper: 2.4 + 1e-14 };
/// assert!(verify_interval(&problem, &w, &multipliers, outward).is_ok());
/// for (lower, upper) in [(2.4 + 1e-14, 2.5), (2.3, 2.4 - 1e-14)] {
///     let inward = MarginInterval { lower, upper };
///     assert!(verify_interval(&problem, &w, &multipliers, inward).is_err());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_interval(
    problem: &HardMarginProblem<'_>,
    w: &[f64],
    multipliers: &[f64],
    interval: MarginInterval,
) -> Result<(), Refutation> {
    verify_sum(problem, w, multipliers, &Remainder::default(), interval)
}

/// The same for a pair in more digits than doubles have: `w` and `multipliers` and the `remainder` added up prove
/// `interval`.
///
/// # Errors
/// A [`Refutation`] that says what doesn't hold, or can't be checked.
pub fn verify_sum(
    problem: &HardMarginProblem<'_>,
    w: &[f64],
    multipliers: &[f64],
    remainder: &Remainder,
    interval: MarginInterval,
) -> Result<(), Refutation> {
    let pair = ((w, remainder.w.as_slice()), (multipliers, remainder.multipliers.as_slice()));
    checked(problem, problem.norm().p(), &is_at_most, pair, interval)
}

fn checked(
    constraints: &HardMarginProblem<'_>,
    p: f64,
    at_most: NormCheck<'_>,
    (w, multipliers): (Sum<'_>, Sum<'_>),
    interval: MarginInterval,
) -> Result<(), Refutation> {
    let (m, n) = (constraints.operator().nrows(), constraints.operator().ncols());
    let w = exact_sum("entry of w", "entries of w", n, w)?;
    let multipliers = exact_sum("multiplier", "multipliers", m, multipliers)?;
    let MarginInterval { lower, upper } = interval;
    if lower > 0.0 && !proves_lower(constraints, (p, at_most), &w, lower)? {
        return Err(Refutation::LowerBound { lower: lower.to_string() });
    }
    if upper != f64::INFINITY && !proves_upper(constraints, (p, at_most), &multipliers, upper)? {
        return Err(Refutation::UpperBound { upper: upper.to_string() });
    }
    Ok(())
}

impl MaxMargin {
    /// Checks the interval against the data of `problem` in exact arithmetic, by code that the solver has
    /// no part in ([`verify_sum`]).
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>) -> Result<(), Refutation> {
        verify_sum(problem, &self.w, &self.multipliers, &self.remainder, self.interval)
    }
}

impl Stalled {
    /// Checks the interval against the data, as [`MaxMargin::verify`] does.
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>) -> Result<(), Refutation> {
        verify_interval(problem, &self.w, &self.multipliers, self.interval)
    }
}

impl FarkasCertificate {
    /// Checks by exact multiplication that the rows of `problem` cancel and their bounds don't.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{FarkasCertificate, HardMarginProblem, Norm};
    /// let opposed = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.5], [-2.0, -1.0]])?);
    /// let problem = HardMarginProblem::new(&opposed, Norm::L1)?;
    /// let certificate = FarkasCertificate::near(&problem, &[2.0, 1.0]).expect("they cancel");
    /// assert!(certificate.verify(&problem).is_ok());
    /// let others = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.5], [-2.0, -1.1]])?);
    /// assert!(certificate.verify(&HardMarginProblem::new(&others, Norm::L1)?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>) -> Result<(), Refutation> {
        let rows = problem.operator().nrows();
        fits("multipliers", rows, self.multipliers.len())?;
        let bounds = exact("bound", problem.bounds())?;
        let basis = match &self.cancellation {
            Cancellation::Exact(multipliers) => {
                return verify_whole(problem.operator(), &bounds, multipliers);
            }
            Cancellation::Basis(basis) => basis,
        };
        let multipliers = exact("multiplier", &self.multipliers)?;
        let entries = |row: usize| entries(problem.operator(), row);
        let rows = Rows { ncols: problem.operator().ncols(), entries: &entries };
        verify_basis(&rows, &bounds, &multipliers, basis)
    }
}

/// That the rows cancel in these whole multiples, and their bounds don't.
fn verify_whole(
    operator: &dyn LinearOperator,
    bounds: &[Dyadic],
    whole: &[WholeMultiplier],
) -> Result<(), Refutation> {
    let (mut weight, mut multipliers) = (Dyadic::zero(), Vec::new());
    for WholeMultiplier { row, multiplier } in whole {
        let (what, expected, found) = ("row", bounds.len(), *row);
        let bound = bounds.get(*row).ok_or(Refutation::ShapeMismatch { what, expected, found })?;
        let multiplier = Dyadic { significand: IBig::from(multiplier.clone()), exponent: 0 };
        weight = &weight + &(&multiplier * bound);
        multipliers.push((*row, multiplier));
    }
    let pairs = multipliers.iter().map(|(row, l)| (*row, l));
    let dual_point = combination(operator, pairs)?;
    require_contradiction(&dual_point, &weight)
}

impl Outcome {
    /// Checks whatever was found against the data in exact arithmetic: [`MaxMargin::verify`],
    /// [`FarkasCertificate::verify`] or [`Stalled::verify`].
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, problem: &HardMarginProblem<'_>) -> Result<(), Refutation> {
        match self {
            Self::MaxMargin(found) => found.verify(problem),
            Self::NotSeparable(certificate) => certificate.verify(problem),
            Self::Inconclusive(stalled) => stalled.verify(problem),
        }
    }
}

impl SchattenProblem<'_> {
    /// Checks what was found against the data, as [`Outcome::verify`] does, with the norms of singular
    /// values that this problem is about.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{Norm, SchattenNorm, SchattenProblem, SvmSettings, solve_schatten};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[3.0, 1.0, 0.0, 4.0]])?);
    /// let problem = SchattenProblem::new(&rows, SchattenNorm::new(Norm::L1, 2, 2))?;
    /// problem.verify(&solve_schatten(&problem, &SvmSettings::default())?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`Refutation`] that says what doesn't hold.
    pub fn verify(&self, outcome: &Outcome) -> Result<(), Refutation> {
        let (w, multipliers, interval) = match outcome {
            Outcome::NotSeparable(certificate) => return certificate.verify(self.frobenius()),
            Outcome::MaxMargin(found) => (&found.w, &found.multipliers, found.interval),
            Outcome::Inconclusive(found) => (&found.w, &found.multipliers, found.interval),
        };
        let pair: (Sum<'_>, Sum<'_>) = ((w, &[]), (multipliers, &[]));
        let (nrows, _) = self.norm().shape();
        let at_most = |x: &[Dyadic], exponent: &Exponent, most: &Dyadic| {
            is_spectrally_at_most(x, nrows, exponent, most)
        };
        let p = self.norm().of_singular_values().p();
        checked(self.frobenius(), p, &at_most, pair, interval)
    }
}
