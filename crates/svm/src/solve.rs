//! The solver: equilibrate, iterate, certify.

use mirrorhead_kernels::LinearOperator;

use crate::farkas;
use crate::interior_point::{Caution, Ending, InteriorPoint};
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::outcome::{MaxMargin, Outcome, StallReason, Stalled};
use crate::rows::EquilibratedRows;
use crate::{
    FarkasCertificate, HardMarginProblem, SvmError, SvmSettings, WorkCounters, margin_interval,
};

/// Solves $\min \tfrac1p\lVert w\rVert_p^p$ subject to $A w \ge b$, with a certificate for whatever it finds.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{HardMarginProblem, Outcome, SvmSettings, solve};
///
/// // Two points and their labels: y_i x_i' w >= 1.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 1.0], [1.0, -0.5]])?);
/// let problem = HardMarginProblem::new(&rows, LpNorm::new(3.0)?)?;
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
pub fn solve<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    settings: &SvmSettings<'_>,
) -> Result<Outcome, SvmError> {
    settings.validated()?;
    if let Some(certificate) = impossible_row(problem) {
        return Ok(Outcome::NotSeparable(certificate));
    }
    let mut work = WorkCounters { rounds: 1, ..WorkCounters::default() };
    let mut limits = Limits::start(settings);
    let mut rows = EquilibratedRows::new(problem);
    let iterate = match Iterate::start(&mut rows) {
        Ok(iterate) => iterate,
        Err(multipliers) => {
            let found = farkas::polished(problem, &mut rows, &multipliers, &mut work);
            return Ok(match found {
                Some(certificate) => Outcome::NotSeparable(certificate),
                None => stalled(
                    problem,
                    vec![0.0; rows.ncols()],
                    rows.unscaled(&multipliers),
                    StallReason::Precision,
                    work,
                ),
            });
        }
    };
    let mut best: Option<InteriorPoint> = None;
    let mut reason = StallReason::Precision;
    for caution in Caution::attempts(problem.norm()) {
        let mut method = InteriorPoint::new(iterate.clone(), 2.0, caution);
        match attempt(problem, &mut rows, &mut method, settings, &mut limits, &mut work) {
            Ok(found) => return Ok(found),
            Err(stall) => reason = stall,
        }
        match &mut best {
            Some(best) => best.adopt(&method),
            None => best = Some(method),
        }
        let nearly = best.as_ref().is_some_and(|best| best.interval.relative_gap() <= NEARLY);
        if reason != StallReason::Precision || nearly {
            break;
        }
    }
    let method = best.expect("there is at least one attempt");
    if method.interval.lower <= 0.0 {
        let candidate = &method.best_multipliers;
        if let Some(c) = farkas::polished(problem, &mut rows, candidate, &mut work) {
            return Ok(Outcome::NotSeparable(c));
        }
    }
    let multipliers = rows.unscaled(&method.best_multipliers);
    Ok(stalled(problem, method.best_w, multipliers, reason, work))
}

/// One run of the method to its end: an outcome, or why there is none.
fn attempt<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    rows: &mut EquilibratedRows<'_, A>,
    method: &mut InteriorPoint,
    settings: &SvmSettings<'_>,
    limits: &mut Limits<'_>,
    work: &mut WorkCounters,
) -> Result<Outcome, StallReason> {
    loop {
        match method.run(rows, problem.norm(), settings.relative_gap, limits, work) {
            Ending::Converged => {
                let multipliers = rows.unscaled(&method.best_multipliers);
                let found =
                    MaxMargin::certified(problem, method.best_w.clone(), multipliers, *work)
                        .filter(|found| found.relative_gap() <= ROUNDING * settings.relative_gap);
                return found.map(Outcome::MaxMargin).ok_or(StallReason::Precision);
            }
            Ending::Vanishing => {
                if let Some(found) = farkas::polished(problem, rows, &method.best_multipliers, work)
                {
                    return Ok(Outcome::NotSeparable(found));
                }
                method.vanishing *= 1e-2;
            }
            Ending::Stalled(reason) => return Err(reason),
        }
    }
}

/// The certificate, recomputed from the data, may be wider than the solver's by this factor.
const ROUNDING: f64 = 1.01;

/// An interval as narrow as this is limited by rounding, and another attempt would not help.
const NEARLY: f64 = 1e-6;

/// A zero row with a positive bound is a Farkas certificate by itself.
fn impossible_row<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
) -> Option<FarkasCertificate> {
    let row = (0..problem.bounds().len())
        .find(|&j| problem.row_sizes()[j] == 0.0 && problem.bounds()[j] > 0.0)?;
    let mut multipliers = vec![0.0; problem.bounds().len()];
    multipliers[row] = 1.0;
    FarkasCertificate::verify(problem, &multipliers)
}

fn stalled<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    mut w: Vec<f64>,
    multipliers: Vec<f64>,
    reason: StallReason,
    work: WorkCounters,
) -> Outcome {
    let size = problem.norm().of(&w);
    if size > 0.0 {
        w.iter_mut().for_each(|w| *w /= size);
    }
    let interval = margin_interval(problem, &w, &multipliers);
    Outcome::Inconclusive(Stalled { w, multipliers, interval, reason, work })
}
