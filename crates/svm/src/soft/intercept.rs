//! Hard margins with an intercept that isn't penalised.
//!
//! With prices that are provably high enough a soft margin gives up no row, so its solution is the one looked for.

use mirrorhead_kernels::{Enclosure, LinearOperator, elementary, max_abs};
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::norm_bound::{norm_upper, power_upper};
use crate::soft::high_prices::{NoPrices, high_prices};
use crate::soft::operators::ScaledRows;
use crate::soft::regularizer::degree;
use crate::soft::{SoftMargin, SoftMarginProblem, solve_soft};
use crate::{
    FarkasCertificate, HardMarginProblem, MarginInterval, Norm, StallReason, SvmError,
    WatchedSettings, WorkCounters,
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
    /// `$w$` (`$N$`), with `$A w + \beta y \ge b$` in exact arithmetic but for the rounding of `$w$` itself.
    pub w: Vec<f64>,
    /// `$\beta$`.
    pub intercept: f64,
    /// `$\lambda \ge 0$` (`$M$`) with `$y^\top\lambda = 0$` exactly, up to scale.
    pub multipliers: Vec<f64>,
    /// Proven bounds on the margin `$1/\lVert w\rVert_p$`.
    pub interval: MarginInterval,
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
/// As [`solve`](crate::solve) and [`solve_soft`], and signs of another length or other than `$\pm1$`.
pub fn solve_with_intercept<'w, A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    signs: &[f64],
    settings: impl Into<WatchedSettings<'w>>,
) -> Result<InterceptOutcome, SvmError> {
    let settings = &settings.into();
    settings.validated()?;
    let (operator, norm, bounds) = (problem.operator(), problem.norm(), problem.bounds());
    // The same checks as there.
    SoftMarginProblem::new(operator, norm, 1.0)?.with_intercept(signs)?;
    let high = match high_prices(operator, norm, bounds, Some(signs), settings)? {
        Ok(high) => high,
        Err(NoPrices::NotSeparable(proof)) => return Ok(InterceptOutcome::NotSeparable(proof)),
        Err(NoPrices::Stalled(reason)) => return Ok(InterceptOutcome::Inconclusive(None, reason)),
    };
    let unit = high.unit;
    let scaled = ScaledRows::new(operator, vec![unit; signs.len()]);
    let soft = SoftMarginProblem::new(&scaled, norm, 1.0)?
        .with_bounds(bounds.to_vec())?
        .with_weights(&high.prices)?
        .with_intercept(signs)?;
    let goal = settings.with_settings(settings.with_relative_gap(0.5 * settings.relative_gap));
    let outcome = solve_soft(&soft, &goal)?;
    let reason = match &outcome {
        crate::SoftOutcome::Certified(_) => StallReason::Precision,
        crate::SoftOutcome::Inconclusive(_, reason) => *reason,
    };
    let mut work = high.work;
    work += outcome.solution().work;
    let margin = feasible(&soft, bounds, unit, outcome.into_solution(), work);
    Ok(match margin {
        Some(found) if found.interval.relative_gap() <= settings.relative_gap => {
            InterceptOutcome::MaxMargin(found)
        }
        other => InterceptOutcome::Inconclusive(other, reason),
    })
}

/// The solution scaled to satisfy every row, in the units of the problem, with what it and the multipliers
/// prove. None if no multiple satisfies them.
fn feasible<A: LinearOperator + ?Sized>(
    soft: &SoftMarginProblem<'_, A>,
    bounds: &[f64],
    unit: f64,
    found: SoftMargin,
    work: WorkCounters,
) -> Option<InterceptMargin> {
    let SoftMargin { mut w, mut intercept, multipliers, objective, .. } = found;
    let mut rho = f64::INFINITY;
    let margins = lower_margins(soft, &w, intercept);
    for (margin, b) in margins.iter().zip(bounds) {
        if *b > 0.0 {
            rho = rho.min((margin / b).next_down());
        }
    }
    // Rows with b <= 0 hold for multiples of w as they do for w where the intercept is scaled too.
    let holds = margins.iter().zip(bounds).all(|(m, b)| *b > 0.0 || *m >= (rho * b).next_up());
    if !(rho > 0.0 && rho.is_finite() && holds) {
        return None;
    }
    let sizes: Vec<f64> = w.iter().map(|w| w.abs()).collect();
    let lower = (rho / norm_upper(soft.norm(), &sizes)).next_down();
    let upper = margin_upper(soft.norm(), objective.lower);
    for w in &mut w {
        *w = *w / rho * unit;
    }
    intercept /= rho;
    // Margins are in the units of the data: A' = unit A.
    let interval = MarginInterval { lower: lower / unit, upper: upper / unit };
    (max_abs(&w) > 0.0).then_some(InterceptMargin { w, intercept, multipliers, interval, work })
}

/// Proven lower bounds on `$(A w)_j + \beta y_j$`.
fn lower_margins<A: LinearOperator + ?Sized>(
    soft: &SoftMarginProblem<'_, A>,
    w: &[f64],
    intercept: f64,
) -> Vec<f64> {
    let mut margins = vec![Enclosure::default(); soft.bounds().len()];
    soft.operator().apply_enclosed(w, &mut margins);
    let margins = margins.into_iter().enumerate();
    margins
        .map(|(j, margin)| {
            let (value, rest) = mirrorhead_kernels::two_sum(margin.value, soft.shift(j, intercept));
            Enclosure { value, radius: (margin.radius + rest.abs()).next_up() }.lower()
        })
        .collect()
}

/// An upper bound on `$1/\lVert w\rVert$`, given that `$\lVert w\rVert^d/d \ge$` `objective`.
fn margin_upper(norm: Norm, objective: f64) -> f64 {
    let is_above = |margin: f64| {
        let size = margin.recip().next_up();
        let penalty = match norm {
            Norm::L1 | Norm::LInfinity => size,
            Norm::Lp(norm) => power_upper(norm, size),
        };
        // Whatever is smaller than `size` has a smaller penalty than is possible.
        penalty <= objective
    };
    let degree = degree(norm);
    let mut margin = elementary::powf(degree * objective, -degree.recip());
    let mut widening = f64::EPSILON;
    while margin.is_finite() && !is_above(margin) {
        margin *= 1.0 + widening;
        widening *= 2.0;
    }
    if margin.is_nan() { f64::INFINITY } else { margin }
}
