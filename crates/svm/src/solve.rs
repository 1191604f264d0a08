//! The entry point: search, then say what was found.

use mirrorhead_kernels::KernelError;

use crate::limits::Limits;
use crate::opposed_rows::opposed_rows;
use crate::outcome::{MaxMargin, Outcome, StallReason, Stalled};
use crate::search::Search;
use crate::{FarkasCertificate, HardMarginProblem, SvmError, WatchedSettings};

/// Solves `$\min \tfrac1p\lVert w\rVert_p^p$` subject to `$A w \ge b$`, with a certificate for whatever it finds.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, Outcome, SvmSettings, solve};
///
/// // Two points and their labels: y_i x_i' w >= 1.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 1.0], [1.0, -0.5]])?);
/// let problem = HardMarginProblem::new(&rows, 3.0)?;
/// match solve(&problem, &SvmSettings::default())? {
///     Outcome::MaxMargin(solution) => assert!(solution.relative_gap() <= 1e-9),
///     Outcome::NotSeparable(farkas) => return Err(farkas.into()),
///     Outcome::Inconclusive(stalled) => return Err(stalled.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Settings outside their range. Misuse of the data is refused by [`HardMarginProblem`].
pub fn solve<'w>(
    problem: &HardMarginProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError> {
    solve_watched(problem, &settings.into())
}

fn solve_watched(
    problem: &HardMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
) -> Result<Outcome, SvmError> {
    settings.validated()?;
    if let Some(certificate) = impossible_row(problem) {
        return Ok(Outcome::NotSeparable(certificate));
    }
    let limits = Limits::start(settings);
    let mut search = Search::new(problem, settings);
    let reason = match search.run() {
        Ok(found) => return Ok(found),
        Err(reason) => reason,
    };
    let opposed_rows_are_left = !search.looked_for_opposed_rows;
    let (w, multipliers, work) = search.into_best();
    let (norm, goal) = (problem.norm(), settings.widest_gap());
    // The method aims at less than what was asked, and may have got there all the same.
    let outcome = Outcome::of_best(problem, &norm, (w, multipliers), (reason, goal), work);
    let is_undecided = |stalled: &Stalled| stalled.reason == StallReason::Undecided;
    if opposed_rows_are_left
        && matches!(&outcome, Outcome::Inconclusive(stalled) if is_undecided(stalled))
        && let Some(proof) = opposed_rows(problem, &|| limits.check().is_ok())
    {
        return Ok(Outcome::NotSeparable(proof));
    }
    Ok(outcome)
}

/// [`solve`], with the solution of a similar problem for a start, or any other pair: another `$p$` nearby, or data that
/// changed a little.
///
/// A start that does not help costs a few iterations and is then forgotten; the outcome is certified
/// as ever. Along a path in `$p$` each solve starts from the last:
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, MaxMargin, SvmSettings, solve, solve_from};
///
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0, 1.0], [0.3, 1.0], [1.0, -0.2]])?);
/// let mut last: Option<MaxMargin> = None;
/// for p in [2.0, 2.5, 3.0, 3.5] {
///     let problem = HardMarginProblem::new(&rows, p)?;
///     let found = match &last {
///         None => solve(&problem, &SvmSettings::default())?,
///         Some(last) => solve_from(&problem, &SvmSettings::default(), last)?,
///     };
///     let solution = found.max_margin()?;
///     assert!(solution.relative_gap() <= 1e-9);
///     last = Some(solution);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Settings outside their range, or a start of another shape or that isn't finite.
pub fn solve_from<'w, 's>(
    problem: &HardMarginProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
    start: impl Into<StartingPair<'s>>,
) -> Result<Outcome, SvmError> {
    solve_watched_from(problem, &settings.into(), start.into())
}

fn solve_watched_from(
    problem: &HardMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
    start: StartingPair<'_>,
) -> Result<Outcome, SvmError> {
    settings.validated()?;
    let (m, n) = (problem.operator().nrows(), problem.operator().ncols());
    for (what, expected, found) in [
        ("the start's w", n, start.w.len()),
        ("the start's multipliers", m, start.multipliers.len()),
    ] {
        KernelError::require_size(|| what, expected, found)?;
    }
    KernelError::require_finite(|| "the start's w", start.w)?;
    KernelError::require_finite(|| "the start's multipliers", start.multipliers)?;
    if impossible_row(problem).is_none() {
        let multipliers: Vec<f64> = start.multipliers.iter().map(|l| l.max(0.0)).collect();
        let found = Search::new(problem, settings).run_from(start.w, &multipliers);
        if let Ok(found) = found {
            return Ok(found);
        }
    }
    solve_watched(problem, settings)
}

/// Any `$w$` and `$\lambda$` to start from: those of a solution, or a caller's own, of any scale. What is negative
/// among `$\lambda$` counts as zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartingPair<'s> {
    /// `$w$` (`$N$`).
    pub w: &'s [f64],
    /// `$\lambda$` (`$M$`).
    pub multipliers: &'s [f64],
}

impl<'s> From<&'s MaxMargin> for StartingPair<'s> {
    fn from(solution: &'s MaxMargin) -> Self {
        Self { w: &solution.w, multipliers: &solution.multipliers }
    }
}

impl<'s> From<(&'s [f64], &'s [f64])> for StartingPair<'s> {
    fn from((w, multipliers): (&'s [f64], &'s [f64])) -> Self {
        Self { w, multipliers }
    }
}

/// A zero row with a positive bound is a Farkas certificate by itself.
fn impossible_row(problem: &HardMarginProblem<'_>) -> Option<FarkasCertificate> {
    let row = (0..problem.bounds().len())
        .find(|&j| problem.row_sizes()[j] == 0.0 && problem.bounds()[j] > 0.0)?;
    let mut multipliers = vec![0.0; problem.bounds().len()];
    multipliers[row] = 1.0;
    FarkasCertificate::proven(problem, &multipliers, &|| true)
}
