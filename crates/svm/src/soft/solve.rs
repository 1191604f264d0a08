//! The entry points of soft margins.

use mirrorhead_kernels::KernelError;

use crate::limits::Limits;
use crate::soft::centred::Centred;
use crate::soft::curve::Curve;
use crate::soft::given_up::{sufficient_intercept, without_w};
use crate::soft::interior_point::{ATTEMPTS, InteriorPoint};
use crate::soft::iterate::Iterate;
use crate::soft::newton::NewtonSystem;
use crate::soft::search::Search;
use crate::soft::{SoftMargin, SoftMarginProblem, SoftOutcome};
use crate::{Norm, Remainder, StallReason, SvmError, SvmSettings, WatchedSettings, WorkCounters};

/// Solves a [`SoftMarginProblem`], with a certificate.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Norm, SoftMarginProblem, SoftOutcome, SvmSettings, solve_soft};
///
/// // Two rows that contradict each other: both are given up, at their price.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 1.0], [-1.0, -1.0]])?);
/// let problem = SoftMarginProblem::new(&rows, Norm::new(3.0)?, 0.5)?;
/// let SoftOutcome::Certified(solution) = solve_soft(&problem, &SvmSettings::default())? else {
///     panic!("small problems are solved")
/// };
/// assert!((solution.objective.upper - 1.0).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Settings outside their range, or a matrix with more than
/// [`max_factor_rows`](crate::SvmSettings::max_factor_rows) both of rows and of columns.
pub fn solve_soft<'w>(
    problem: &SoftMarginProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<SoftOutcome, SvmError> {
    solve_watched(problem, &settings.into(), true)
}

/// The same without the method in many digits.
pub(crate) fn solve_soft_in_doubles(
    problem: &SoftMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
) -> Result<SoftOutcome, SvmError> {
    solve_watched(problem, settings, false)
}

fn solve_watched(
    problem: &SoftMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
    many_digits: bool,
) -> Result<SoftOutcome, SvmError> {
    validate(problem, settings)?;
    if let Some(found) = free_of_charge(problem) {
        return Ok(SoftOutcome::Certified(found));
    }
    if let Some(found) = without_w(problem, settings.relative_gap) {
        return Ok(SoftOutcome::Certified(found));
    }
    let searched = |problem: &SoftMarginProblem<'_>, settings: &WatchedSettings<'_>| {
        let mut search = Search::new(problem, settings, many_digits);
        let reason = search.run();
        search.outcome(reason)
    };
    let centred = problem.signs().and_then(|signs| Centred::of(problem.operator(), signs));
    let Some(centred) = centred else { return Ok(searched(problem, settings)) };
    let limits = Limits::start(settings);
    let found = searched(&problem.over(&centred), settings);
    let found = restored(problem, &centred, found, settings.relative_gap);
    if !matches!(found, SoftOutcome::Inconclusive(_, StallReason::Precision))
        || limits.check().is_err()
    {
        return Ok(found);
    }
    // What is far in one column may be nothing beside another.
    let rest = SvmSettings { time_limit: limits.remaining(), ..**settings };
    let again = searched(problem, &settings.with_settings(rest));
    let gap = |outcome: &SoftOutcome| outcome.solution().objective.relative_gap();
    Ok(if gap(&again) < gap(&found) { again } else { found })
}

/// What was found of centred rows, as a solution of the problem, which they have the same proof for.
fn restored(
    problem: &SoftMarginProblem<'_>,
    centred: &Centred<'_>,
    outcome: SoftOutcome,
    goal: f64,
) -> SoftOutcome {
    let reason = match &outcome {
        SoftOutcome::Certified(_) => StallReason::Precision,
        SoftOutcome::Inconclusive(_, reason) => *reason,
    };
    let found = outcome.into_solution();
    let (intercept, remainder) = centred.restored((&found.w, found.intercept, found.remainder));
    let found =
        SoftMargin::of(problem, (found.w, intercept, found.multipliers, remainder), found.work);
    if found.objective.relative_gap() <= goal {
        SoftOutcome::Certified(found)
    } else {
        SoftOutcome::Inconclusive(found, reason)
    }
}

/// [`solve_soft`] from the solution of a similar problem, or from any pair: another price, another `$p$` nearby,
/// data that changed a little.
///
/// A start that does not help costs a few iterations and is then forgotten; the outcome is certified as ever.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Norm, SoftMarginProblem, SvmSettings, solve_soft, solve_soft_from};
///
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.2], [0.3, 1.0], [-0.5, 0.1]])?);
/// let problem = |cost| SoftMarginProblem::new(&rows, Norm::new(1.5).unwrap(), cost);
/// let first = solve_soft(&problem(1.0)?, &SvmSettings::default())?.into_solution();
/// let start = (first.w.as_slice(), first.intercept, first.multipliers.as_slice());
/// let second = solve_soft_from(&problem(1.1)?, &SvmSettings::default(), start)?;
/// assert!(second.solution().objective.relative_gap() <= 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`solve_soft`], and for a start of another shape or one that isn't finite.
pub fn solve_soft_from<'w>(
    problem: &SoftMarginProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
    start: (&[f64], f64, &[f64]),
) -> Result<SoftOutcome, SvmError> {
    solve_watched_from(problem, &settings.into(), start)
}

fn solve_watched_from(
    problem: &SoftMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
    (w, intercept, multipliers): (&[f64], f64, &[f64]),
) -> Result<SoftOutcome, SvmError> {
    validate(problem, settings)?;
    let (m, n) = (problem.operator().nrows(), problem.operator().ncols());
    for (what, expected, found) in
        [("the start's w", n, w.len()), ("the start's multipliers", m, multipliers.len())]
    {
        KernelError::require_size(|| what, expected, found)?;
    }
    KernelError::require_finite(|| "the start's w", w)?;
    KernelError::require_finite(|| "the start's intercept", &[intercept])?;
    KernelError::require_finite(|| "the start's multipliers", multipliers)?;
    if free_of_charge(problem).is_none() {
        let (limits, mut work) = (Limits::start(settings), WorkCounters::default());
        work.rounds += 1;
        let at = Iterate::near(problem, w, intercept, multipliers);
        let curve = match problem.norm() {
            Norm::Lp(norm) => Curve::Power { norm, kappa: 1.0 },
            end => Curve::subdifferential(end, &at, at.objectives(problem, end, 1.0).0),
        };
        let mut method = InteriorPoint::new(problem, at, curve, ATTEMPTS[0]);
        let (found, reason) = method.run(settings.relative_gap, &limits, &mut work);
        match reason {
            None => return Ok(SoftOutcome::Certified(found)),
            Some(StallReason::Precision) => {}
            Some(reason) => return Ok(SoftOutcome::Inconclusive(found, reason)),
        }
    }
    solve_watched(problem, settings, true)
}

fn validate(
    problem: &SoftMarginProblem<'_>,
    settings: &WatchedSettings<'_>,
) -> Result<(), SvmError> {
    settings.validated()?;
    let size = NewtonSystem::size(problem);
    if size > settings.max_factor_rows {
        return Err(SvmError::TooLarge { size, most: settings.max_factor_rows });
    }
    Ok(())
}

/// `$w = 0$` where it pays for nothing: no bound is positive, or all rows have the same sign and the intercept
/// alone satisfies them.
fn free_of_charge(problem: &SoftMarginProblem<'_>) -> Option<SoftMargin> {
    let asked = problem.bounds().iter().any(|b| *b > 0.0);
    let intercept = match problem.signs() {
        _ if !asked => 0.0,
        Some(signs) => sufficient_intercept(problem.bounds(), signs)?,
        None => return None,
    };
    let (w, m) = (vec![0.0; problem.operator().ncols()], problem.bounds().len());
    let objective = crate::ObjectiveInterval { lower: 0.0, upper: 0.0 };
    let (multipliers, excesses) = (vec![0.0; m], vec![0.0; m]);
    Some(SoftMargin {
        w,
        intercept,
        multipliers,
        excesses,
        objective,
        remainder: Remainder::default(),
        work: WorkCounters::default(),
    })
}
