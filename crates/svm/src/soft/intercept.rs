//! Hard margins with an intercept that isn't penalised.
//!
//! With prices that are provably high enough a soft margin gives up no row, so its solution is the one looked for.

use mirrorhead_kernels::{elementary, max_abs};
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::barrier::fine_plane::PARTS;
use crate::certificate::{interval_in, proven_scale};
use crate::limits::Limits;
use crate::remainder::{Expansion, Remainder};
use crate::rows::inverse_power_of_two;
use crate::soft::balance::is_balanced;
use crate::soft::centred::Centred;
use crate::soft::given_up::sufficient_intercept;
use crate::soft::high_prices::{NoPrices, high_prices};
use crate::soft::operators::{Appended, Augmented};
use crate::soft::own_columns::proven_in_own_columns;
use crate::soft::plane::{OfPlane, Plane};
use crate::soft::units::InUnits;
use crate::soft::{SoftMarginProblem, SoftOutcome, solve_soft, solve_soft_in_doubles};
use crate::{
    FarkasCertificate, HardMarginProblem, MarginInterval, StallReason, SvmError, SvmSettings,
    WatchedSettings, WorkCounters, barrier,
};

/// What [`solve_with_intercept`] found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub enum InterceptOutcome {
    /// The solution, with a margin interval as narrow as asked for.
    MaxMargin(InterceptMargin),
    /// A proof that no `$(w, \beta)$` satisfies the constraints: multipliers with `$A^\top\lambda = 0$` and
    /// `$y^\top\lambda = 0$`.
    NotSeparable(FarkasCertificate),
    /// Neither, and why the solver stopped; the best pair so far, if any satisfies the constraints.
    Inconclusive(Option<InterceptMargin>, StallReason),
}

/// The widest margin around a hyperplane that need not pass through the origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InterceptMargin {
    /// `$w$` (`$N$`), with `$A w + \beta y \ge b$` up to the rounding of `$w$` and `$\beta$` themselves.
    pub w: Vec<f64>,
    /// `$\beta$`.
    pub intercept: f64,
    /// `$\lambda \ge 0$` (`$M$`) with `$y^\top\lambda = 0$` exactly (with what the [remainder](Self::remainder) adds), up to scale.
    pub multipliers: Vec<f64>,
    /// Proven bounds on the margin `$1/\lVert w\rVert_p$`.
    pub interval: MarginInterval,
    /// What rounding to doubles takes from `$(w, \beta, \lambda)$`, if the proof needs it: the interval is what the sums
    /// prove.
    #[serde(default, skip_serializing_if = "Remainder::is_empty")]
    pub remainder: Remainder,
    /// What the solve cost.
    pub work: WorkCounters,
}

impl fmt::Display for InterceptMargin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the largest margin around a hyperplane lies in {}, a relative gap of {:.1e}",
            self.interval,
            self.interval.relative_gap()
        )
    }
}

impl fmt::Display for InterceptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxMargin(found) => found.fmt(f),
            Self::NotSeparable(certificate) => certificate.fmt(f),
            Self::Inconclusive(Some(best), reason) => write!(f, "{best}: {reason}"),
            Self::Inconclusive(None, reason) => reason.fmt(f),
        }
    }
}

/// Solves `$\min\lVert w\rVert_p$` subject to `$A w + \beta y \ge b$`, where `$y$` is `signs` `$= \pm1$`, with a certificate
/// for whatever it finds.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, InterceptOutcome, SvmSettings, solve_with_intercept};
///
/// // The points 10, 11, 13 on a line, the last of the other class: cut at 12.
/// let labels = [-1.0, -1.0, 1.0];
/// let rows = DenseRows::new(&Matrix::from_rows(&[[-10.0], [-11.0], [13.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let found = solve_with_intercept(&problem, &labels, &SvmSettings::default())?;
/// let InterceptOutcome::MaxMargin(found) = found else { panic!("a cut separates them") };
/// assert!((found.w[0] - 1.0).abs() < 1e-8 && (found.intercept + 12.0).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`solve`](crate::solve) and [`solve_soft`], signs of another length or other than `$\pm1$`, and constraints that `$w = 0$`
/// satisfies with some `$\beta$` ([`SvmError::InterceptSuffices`]).
pub fn solve_with_intercept<'w>(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<InterceptOutcome, SvmError> {
    let settings = &settings.into();
    settings.validated()?;
    // The same checks as there.
    SoftMarginProblem::new(problem.operator(), problem.norm(), 1.0)?.with_intercept(signs)?;
    if let Some(intercept) = sufficient_intercept(problem.bounds(), signs) {
        return Err(SvmError::InterceptSuffices { intercept });
    }
    let limits = Limits::start(settings);
    let found = solve_from_anywhere(problem, signs, settings)?;
    let InterceptOutcome::NotSeparable(proof) = &found else { return Ok(found) };
    if proof.basis().is_none() {
        return Ok(found);
    }
    let proof = proven_in_own_columns(problem, signs, &proof.multipliers, &limits)?;
    let reason = limits.check().err().unwrap_or(StallReason::Undecided);
    Ok(proof.map_or(InterceptOutcome::Inconclusive(None, reason), InterceptOutcome::NotSeparable))
}

/// The solution of the rows from their middle, or as they are.
fn solve_from_anywhere(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    settings: &WatchedSettings<'_>,
) -> Result<InterceptOutcome, SvmError> {
    let Some(centred) = Centred::of(problem.operator(), signs) else {
        return solve_as_given(problem, signs, settings);
    };
    let limits = Limits::start(settings);
    let found = from_the_middle(problem, &centred, signs, settings)?;
    let InterceptOutcome::Inconclusive(best, _) = &found else { return Ok(found) };
    if limits.check().is_err() {
        return Ok(found);
    }
    // What is far in one column may be nothing beside another.
    let rest = SvmSettings { time_limit: limits.remaining(), ..**settings };
    let again = solve_as_given(problem, signs, &settings.with_settings(rest))?;
    let lower = |best: &Option<InterceptMargin>| best.as_ref().map_or(0.0, |b| b.interval.lower);
    Ok(match &again {
        InterceptOutcome::Inconclusive(other, _) if lower(other) <= lower(best) => found,
        _ => again,
    })
}

/// The solution of the rows `centred`, as one of the problem.
fn from_the_middle(
    problem: &HardMarginProblem<'_>,
    centred: &Centred<'_>,
    signs: &[f64],
    settings: &WatchedSettings<'_>,
) -> Result<InterceptOutcome, SvmError> {
    let bounds = || problem.bounds().to_vec();
    let Ok(near) = HardMarginProblem::with_bounds(centred, problem.norm(), bounds()) else {
        // A row of zeros, from there.
        return Ok(InterceptOutcome::Inconclusive(None, StallReason::Precision));
    };
    let bordered = Augmented::new(problem.operator(), Appended::Column(signs.to_vec()));
    let bordered = HardMarginProblem::with_bounds(&bordered, problem.norm(), bounds())?;
    let restored = |found: InterceptMargin| {
        let (intercept, remainder) = centred.restored((&found.w, found.intercept, found.remainder));
        let pair = (found.w, intercept, found.multipliers, remainder);
        InterceptMargin::proven(&bordered, signs, pair, found.work)
    };
    let goal = settings.relative_gap;
    Ok(match solve_centred(&near, signs, settings)? {
        InterceptOutcome::MaxMargin(found) => judged(restored(found), goal, StallReason::Precision),
        InterceptOutcome::Inconclusive(best, reason) => {
            judged(best.and_then(restored), goal, reason)
        }
        // Its multipliers leave nothing to the intercept, and so to any middle. What columns depend on is another matter.
        proof @ InterceptOutcome::NotSeparable(_) => proof,
    })
}

/// What was found, with the `reason` for which the solver stopped if its proof is wider than asked for.
fn judged(found: Option<InterceptMargin>, goal: f64, reason: StallReason) -> InterceptOutcome {
    match found {
        Some(found) if found.interval.relative_gap() <= goal => InterceptOutcome::MaxMargin(found),
        other => InterceptOutcome::Inconclusive(other, reason),
    }
}

/// Compiled here, once.
fn solve_centred(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    settings: &WatchedSettings<'_>,
) -> Result<InterceptOutcome, SvmError> {
    solve_as_given(problem, signs, settings)
}

/// The same of rows that are near zero, or can't be brought there.
fn solve_as_given(
    problem: &HardMarginProblem<'_>,
    signs: &[f64],
    settings: &WatchedSettings<'_>,
) -> Result<InterceptOutcome, SvmError> {
    let bordered = Augmented::new(problem.operator(), Appended::Column(signs.to_vec()));
    let bordered =
        HardMarginProblem::with_bounds(&bordered, problem.norm(), problem.bounds().to_vec())?;
    // One clock for all that is solved on the way.
    let limits = Limits::start(settings);
    let interrupt = || limits.check().is_err();
    let untimed = SvmSettings { time_limit: None, ..**settings };
    let untimed = settings.with_settings(untimed).with_interrupt(&interrupt);
    let many_digits = barrier::is_fit_for_intercept(problem);
    let (best, reason) = match by_prices(problem, &bordered, signs, (&untimed, !many_digits))? {
        InterceptOutcome::Inconclusive(best, reason) => (best, reason),
        found => return Ok(found),
    };
    if let Err(reason) = limits.check() {
        return Ok(InterceptOutcome::Inconclusive(best, reason));
    }
    if many_digits && let Some(found) = in_many_digits(&bordered, signs, settings, &limits) {
        return Ok(found);
    }
    let reason = limits.check().err().unwrap_or(reason);
    Ok(InterceptOutcome::Inconclusive(best, reason))
}

/// The solution as that of a soft margin with prices that are high enough; in doubles, or in as many digits as it takes.
fn by_prices(
    problem: &HardMarginProblem<'_>,
    bordered: &HardMarginProblem<'_>,
    signs: &[f64],
    (settings, many_digits): (&WatchedSettings<'_>, bool),
) -> Result<InterceptOutcome, SvmError> {
    let (operator, norm, bounds) = (problem.operator(), problem.norm(), problem.bounds());
    let high = match high_prices(operator, norm, bounds, Some(signs), settings)? {
        Ok(high) => high,
        Err(NoPrices::NotSeparable(proof)) => return Ok(InterceptOutcome::NotSeparable(proof)),
        Err(NoPrices::Stalled(reason)) => return Ok(InterceptOutcome::Inconclusive(None, reason)),
    };
    let unit = high.unit;
    let reference = operator;
    let scaled = InUnits::times(&reference, elementary::log2(unit));
    // Rows that are none any more in these units.
    let Ok(soft) = SoftMarginProblem::new(scaled.get(), norm, 1.0) else {
        return Ok(InterceptOutcome::Inconclusive(None, StallReason::Precision));
    };
    let soft =
        soft.with_bounds(bounds.to_vec())?.with_weights(&high.prices)?.with_intercept(signs)?;
    let goal = settings.with_settings(settings.with_relative_gap(0.5 * settings.relative_gap));
    let outcome =
        if many_digits { solve_soft(&soft, &goal)? } else { solve_soft_in_doubles(&soft, &goal)? };
    let reason = match &outcome {
        SoftOutcome::Certified(_) => StallReason::Precision,
        SoftOutcome::Inconclusive(_, reason) => *reason,
    };
    let mut found = outcome.into_solution();
    for w in found.w.iter_mut().chain(found.remainder.w.iter_mut().flatten()) {
        *w *= unit;
    }
    let mut work = high.work;
    work += found.work;
    let pair = (found.w, found.intercept, found.multipliers, found.remainder);
    Ok(judged(InterceptMargin::proven(bordered, signs, pair, work), settings.relative_gap, reason))
}

/// The solution of a small problem, or the proof that there is none, `bordered` with the intercept's column, in many digits, in as few doubles for each number as prove the gap.
fn in_many_digits(
    bordered: &HardMarginProblem<'_>,
    signs: &[f64],
    settings: &WatchedSettings<'_>,
    limits: &Limits<'_>,
) -> Option<InterceptOutcome> {
    let mut work = WorkCounters::default();
    let goal = settings.relative_gap;
    let plane = match barrier::plane(bordered, goal, limits, &mut work) {
        Ok(plane) => plane,
        Err(instead) => {
            let proof = FarkasCertificate::proven(bordered, &instead?, &|| limits.check().is_ok());
            return proof.map(InterceptOutcome::NotSeparable);
        }
    };
    let roundings = PARTS.into_iter().filter_map(|parts| plane.rounded(Some(signs), parts));
    let mut found =
        roundings.filter_map(|pair| InterceptMargin::proven(bordered, signs, pair, work));
    let found = found.find(|found| found.interval.relative_gap() <= goal);
    found.map(InterceptOutcome::MaxMargin)
}

impl InterceptMargin {
    /// A plane scaled to satisfy every row of `bordered`, whose last column is the intercept's, with what it and the
    /// multipliers prove. None if no multiple satisfies them.
    fn proven(
        bordered: &HardMarginProblem<'_>,
        signs: &[f64],
        (w, intercept, multipliers, mut remainder): (Vec<f64>, f64, Vec<f64>, Remainder),
        work: WorkCounters,
    ) -> Option<Self> {
        let norm = OfPlane(bordered.norm());
        let rest = std::mem::take(&mut remainder.multipliers);
        let sum = Expansion { leading: &multipliers, rest: &rest };
        let plane = Plane::of((&w, intercept), &remainder);
        let rho = proven_scale(bordered, plane.sum()).filter(|rho| *rho > 0.0)?;
        let proven = |plane: Plane| (interval_in(bordered, &norm, plane.sum(), sum), plane);
        // Rounded, or in more doubles, or by the nearest power of two, which is exact: the first that costs nothing of the proof.
        let nearest = inverse_power_of_two(rho / NEARER).recip();
        let exact = proven(plane.over(nearest));
        let is_at_scale = (rho - nearest).abs() <= WORTH_IT * rho;
        let rounded = (!is_at_scale && remainder.is_empty()).then(|| plane.over(rho));
        let finely = (!is_at_scale).then(|| plane.finely_over(rho));
        let mut candidates = rounded.into_iter().chain(finely).map(proven);
        let least = exact.0.lower * (1.0 - WORTH_IT);
        let best = candidates.find(|(interval, _)| interval.lower >= least).unwrap_or(exact);
        let (mut interval, plane) = best;
        if !is_balanced(signs, sum) {
            interval.upper = f64::INFINITY;
        }
        let (w, intercept, remainder) = plane.split(rest);
        let is_found = interval.lower > 0.0 && max_abs(&w) > 0.0;
        let found = Self { w, intercept, multipliers, interval, remainder, work };
        is_found.then_some(found)
    }
}

/// From this share of a power of two on a number counts as that one, and not as half of it.
const NEARER: f64 = 0.75;

/// By how much a plane that satisfies its rows only up to a factor has to be better.
const WORTH_IT: f64 = 1e-12;
