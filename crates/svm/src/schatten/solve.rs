//! The entry point for matrices: `$p = 2$` first, then the curve of the norm.

use super::SchattenProblem;
use super::method::SpectralMethod;
use super::spectral_curve::Caution;
use super::stored_rows::StoredRows;
use crate::best::Best;
use crate::certificate::plain_interval_in;
use crate::limits::Limits;
use crate::rows::EquilibratedRows;
use crate::search::{AIM, NEARLY};
use crate::{Outcome, StallReason, SvmError, WatchedSettings, WorkCounters, solve};

/// The relative gap of the pair for `$p = 2$` that the method starts from: on the central path still.
const START_GAP: f64 = 0.1;

/// Solves `$\min\lVert W\rVert_{S_p}$` subject to `$A\operatorname{vec}(W) \ge b$` for `$1 \le p \le \infty$`, with a certificate
/// for whatever it finds.
///
/// The outcome is that of [`solve`], with Schatten norms in place of those of the entries:
/// [`MaxMargin::w`](crate::MaxMargin::w) is `$\operatorname{vec}(W)$`, column after column, and [`MaxMargin::norm`](crate::MaxMargin::norm) is
/// `$\lVert W\rVert_{S_p}$`. Its certificates can be recomputed by [`SchattenProblem::margin_interval`] and
/// [`SchattenProblem::kkt_residual`], a Farkas certificate by
/// [`FarkasCertificate::verify`](crate::FarkasCertificate::verify) on [`SchattenProblem::frobenius`].
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Norm, Outcome, SchattenNorm, SchattenProblem, SvmSettings, solve_schatten};
///
/// // One constraint, the matrix [3, 0; 0, 4]: the nuclear norm puts all its weight on the larger
/// // direction, the spectral norm the same on both.
/// let rows = DenseRows::new(&Matrix::from_rows(&[[3.0, 0.0, 0.0, 4.0]])?);
/// for (norm, expected) in [(Norm::L1, [0.0, 0.25]), (Norm::LInfinity, [1.0 / 7.0, 1.0 / 7.0])] {
///     let problem = SchattenProblem::new(&rows, SchattenNorm::new(norm, 2, 2))?;
///     let Outcome::MaxMargin(solution) = solve_schatten(&problem, &SvmSettings::default())? else {
///         panic!("one row is separable")
///     };
///     assert!((solution.w[0] - expected[0]).abs() < 1e-6);
///     assert!((solution.w[3] - expected[1]).abs() < 1e-6);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// All rows are stored, and factored together whatever
/// [`max_factor_rows`](crate::SvmSettings::max_factor_rows) says.
///
/// # Errors
/// Settings outside their range. Misuse of the data is refused by [`SchattenProblem`].
pub fn solve_schatten<'w>(
    problem: &SchattenProblem<'_>,
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<Outcome, SvmError> {
    let settings = &settings.into();
    let euclidean = problem.norm().is_euclidean();
    let relative_gap =
        if euclidean { settings.relative_gap } else { START_GAP.max(settings.relative_gap) };
    settings.validated()?;
    let limits = Limits::start(settings);
    let (w, multipliers, work, stalled) = match solve(
        problem.frobenius(),
        settings.with_settings(settings.with_relative_gap(relative_gap)),
    )? {
        Outcome::NotSeparable(certificate) => return Ok(Outcome::NotSeparable(certificate)),
        Outcome::MaxMargin(found) => (found.w, found.multipliers, found.work, None),
        Outcome::Inconclusive(found) => {
            (found.w, found.multipliers, found.work, Some(found.reason))
        }
    };
    let mut search = Search { problem, goal: settings.relative_gap, w, multipliers, work };
    let reason = match stalled {
        Some(reason) => reason,
        None if euclidean => StallReason::Precision,
        None => search.run(&limits).err().unwrap_or(StallReason::Precision),
    };
    Ok(search.concluded(reason, settings.widest_gap()))
}

/// The best pair so far, in the units of the problem, and the work done.
struct Search<'p, 'a> {
    problem: &'p SchattenProblem<'a>,
    goal: f64,
    w: Vec<f64>,
    multipliers: Vec<f64>,
    work: WorkCounters,
}

impl Search<'_, '_> {
    /// Improves the pair until its gap is as narrow as asked.
    fn run(&mut self, limits: &Limits<'_>) -> Result<(), StallReason> {
        let problem = self.problem;
        let mut equilibrated = EquilibratedRows::in_own_units(problem.frobenius());
        let rows = StoredRows::of(&mut equilibrated);
        let start = (self.w.clone(), equilibrated.scaled(&self.multipliers));
        let judge = |w: &[f64], multipliers: &[f64]| {
            let multipliers = equilibrated.unscaled(multipliers);
            plain_interval_in(problem.frobenius(), &problem.norm(), w, &multipliers)
        };
        let mut best = Best {
            w: start.0.clone(),
            multipliers: start.1.clone(),
            interval: judge(&start.0, &start.1),
        };
        self.work.rounds += 1;
        let mut ending = Err(StallReason::Precision);
        for caution in Caution::ATTEMPTS {
            let pair = (start.0.as_slice(), start.1.as_slice());
            let Some(mut method) =
                SpectralMethod::new(&rows, problem.norm(), AIM * self.goal, pair, caution)
            else {
                break;
            };
            ending = method.run(&mut best, judge, limits, &mut self.work);
            let again =
                ending == Err(StallReason::Precision) && best.interval.relative_gap() > NEARLY;
            if !again {
                break;
            }
        }
        self.multipliers = equilibrated.unscaled(&best.multipliers);
        self.w = best.w;
        ending
    }

    /// The solution if the certificate recomputed from the data says so, else what there is and why.
    fn concluded(self, reason: StallReason, gap: f64) -> Outcome {
        let (constraints, norm) = (self.problem.frobenius(), self.problem.norm());
        let pair = (self.w, self.multipliers);
        Outcome::of_best(constraints, &norm, pair, (reason, gap), self.work)
    }
}
