//! The entry point: rounds without equalities, each proven with them.

use mirrorhead_kernels::LinearOperator;

use super::problem::EqualityProblem;
use super::search::Search;
use super::solution::EqualityOutcome;
use super::stacked::StackedRows;
use crate::limits::Limits;
use crate::{HardMarginProblem, SvmError, SvmSettings, WatchedSettings};

/// Solves `$\min \tfrac1p\lVert w\rVert_p^p$` subject to `$A w \ge b$` and `$E w = 0$`, with a certificate for whatever it finds.
///
/// Each equality stands in as an inequality: of the two sides the one that its multiplier is for, at zero, where it has one, and
/// else a narrow strip. The solution of such a problem ([`solve`](crate::solve)) nearly satisfies the equalities,
/// and the entries of some columns, as many as there are independent equalities, are then solved for exactly, given the
/// others, modulo powers of a prime (Dixon, Numer. Math. 40, 1982): of that vector the margin is bounded from below. From
/// above it is bounded by `$\lVert A^\top\lambda + E^\top\mu\rVert_q / b^\top\lambda$`, whatever `$\mu$`.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{EqualityOutcome, HardMarginProblem, SvmSettings, solve_with_equalities};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0, 0.0], [0.5, 0.0, 1.0]])?);
/// let equalities = DenseRows::new(&Matrix::from_rows(&[[0.3, -0.1, 0.2]])?);
/// for p in [1.0, 1.5, 3.0, f64::INFINITY] {
///     let problem = HardMarginProblem::new(&rows, p)?.with_equalities(&equalities)?;
///     let outcome = solve_with_equalities(&problem, &SvmSettings::default())?;
///     outcome.verify(&problem)?; // in exact arithmetic
///     assert!(outcome.max_margin()?.relative_gap() <= 1e-9);
/// }
/// // With w = 0 as the only vector in question there is no margin.
/// let all = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0, 1.0, 1.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?.with_equalities(&all)?;
/// let outcome = solve_with_equalities(&problem, &SvmSettings::default())?;
/// assert!(matches!(outcome, EqualityOutcome::NotSeparable(_)) && outcome.verify(&problem).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Settings outside their range. Misuse of the data is refused by [`HardMarginProblem`] and
/// [`with_equalities`](HardMarginProblem::with_equalities).
pub fn solve_with_equalities<'w>(
    problem: &EqualityProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<EqualityOutcome, SvmError> {
    let settings = settings.into();
    settings.validated()?;
    let inequalities = problem.inequalities();
    let (a, e) = (inequalities.operator(), problem.equalities());
    let stacked = StackedRows::new([(a, 1.0), (e, 1.0), (e, -1.0)]);
    let mut bounds = inequalities.bounds().to_vec();
    bounds.resize(stacked.nrows(), 0.0);
    let all = HardMarginProblem::with_bounds(&stacked, inequalities.norm(), bounds)?;
    let limits = Limits::start(&settings);
    let interrupt = || limits.check().is_err();
    let untimed = settings.with_settings(SvmSettings { time_limit: None, ..*settings });
    let watched = untimed.with_interrupt(&interrupt);
    Search::new((inequalities, e, all), (watched, &limits)).run()
}
