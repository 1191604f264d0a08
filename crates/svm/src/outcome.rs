//! What a solve finds: a certified solution, a proof that there is none, or an honest interval.

use std::fmt;

use mirrorhead_kernels::{dot, elementary};
use serde::{Deserialize, Serialize};

use crate::barrier::fine_pair::FinePair;
use crate::certificate::{
    KktResidual, MarginInterval, interval_in, kkt_with, margins, plain_interval_in, plain_scale,
    proven_scale,
};
use crate::norm_pair::NormPair;
use crate::remainder::{Expansion, Remainder, products, quotients};
use crate::{FarkasCertificate, HardMarginProblem, WorkCounters};

/// What [`solve`](crate::solve) found, with its certificate.
///
/// It reads as a sentence, and [`max_margin`](Self::max_margin) takes the solution out of it:
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, NoMaxMargin, SvmSettings, solve};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0], [-0.5, -1.0]])?);
/// let problem = HardMarginProblem::new(&rows, 1.5)?;
/// let outcome = solve(&problem, &SvmSettings::default())?;
/// assert!(outcome.to_string().starts_with("no w satisfies every constraint"));
/// assert!(outcome.verify(&problem).is_ok());
/// let Err(NoMaxMargin::NotSeparable(proof)) = outcome.max_margin() else { panic!("opposed rows") };
/// assert_eq!(proof.whole_multipliers().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub enum Outcome {
    /// The solution, with a margin interval as narrow as asked for.
    MaxMargin(MaxMargin),
    /// A proof that no `$w$` satisfies the constraints.
    NotSeparable(FarkasCertificate),
    /// Neither: the best interval so far, and why the solver stopped.
    Inconclusive(Stalled),
}

impl Outcome {
    /// The solution.
    ///
    /// # Errors
    /// What there is instead: the proof that nothing satisfies the constraints, or the interval that the
    /// solver got to.
    pub fn max_margin(self) -> Result<MaxMargin, NoMaxMargin> {
        match self {
            Self::MaxMargin(found) => Ok(found),
            Self::NotSeparable(certificate) => Err(NoMaxMargin::NotSeparable(certificate)),
            Self::Inconclusive(stalled) => Err(NoMaxMargin::Inconclusive(Box::new(stalled))),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxMargin(found) => found.fmt(f),
            Self::NotSeparable(certificate) => certificate.fmt(f),
            Self::Inconclusive(stalled) => stalled.fmt(f),
        }
    }
}

/// Why there is no solution to go on with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoMaxMargin {
    /// There is none, and this proves it.
    #[error(transparent)]
    NotSeparable(FarkasCertificate),
    /// None was certified.
    #[error(transparent)]
    Inconclusive(Box<Stalled>),
}

/// The direction of largest margin, scaled to satisfy `$A w \ge b$` with equality somewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MaxMargin {
    /// The solution `$w$` (`$N$`): `$\min_{j : b_j > 0} (A w)_j / b_j = 1$` to rounding.
    pub w: Vec<f64>,
    /// The multipliers `$\lambda \ge 0$` (`$M$`), scaled so that `$A^\top\lambda = \nabla\psi(w)$`, that is
    /// `$b^\top\lambda = \lVert w\rVert_p^p$` (for `$p = 1$` and `$p = \infty$` a subgradient of the norm:
    /// `$b^\top\lambda = \lVert w\rVert$`), as long as this factor lies within `$10^{\pm 120}$` (else the
    /// nearest such factor). The certificate does not depend on their scale.
    pub multipliers: Vec<f64>,
    /// Proven bounds on the margin `$1/\lVert w\rVert_p$`, recomputed from `$(w, \lambda)$` and the data.
    pub interval: MarginInterval,
    /// Residuals of the optimality conditions, recomputed likewise.
    pub kkt: KktResidual,
    /// What rounding to doubles takes from `$(w, \lambda)$`, if the proof needs it: the interval is what the sums prove.
    #[serde(default, skip_serializing_if = "Remainder::is_empty")]
    pub remainder: Remainder,
    /// What the solve cost.
    pub work: WorkCounters,
    pub(crate) norm_p: f64,
    pub(crate) slacks: Vec<f64>,
}

impl fmt::Display for MaxMargin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the largest margin lies in {}, a relative gap of {:.1e}, after {} iterations",
            self.interval,
            self.relative_gap(),
            self.work.iterations
        )
    }
}

impl MaxMargin {
    /// The direction of largest margin: `$w$` itself.
    pub fn direction(&self) -> &[f64] {
        &self.w
    }

    /// `$\lVert w\rVert_p$` of the solution, rounded. What is proven of the smallest norm is that it lies between one over the ends of
    /// the [interval](Self::interval).
    pub fn norm(&self) -> f64 {
        self.norm_p
    }

    /// Relative width of the certified interval.
    pub fn relative_gap(&self) -> f64 {
        self.interval.relative_gap()
    }

    /// The rows whose constraint is active: `$(A w)_j - b_j \le$` `tolerance`, in increasing order.
    ///
    /// Where `$b = \mathbf 1$`, `tolerance` is relative to the margin.
    pub fn support(&self, tolerance: f64) -> Vec<usize> {
        (0..self.slacks.len()).filter(|&j| self.slacks[j] <= tolerance).collect()
    }
}

/// A solve that stopped before it could prove what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("the margin is only known to lie in {interval}: {reason}")]
#[non_exhaustive]
pub struct Stalled {
    /// The best `$w$` found (`$N$`), at unit norm `$\lVert w\rVert_p = 1$` if it is not zero.
    pub w: Vec<f64>,
    /// The best multipliers found (`$M$`).
    pub multipliers: Vec<f64>,
    /// What these two prove.
    pub interval: MarginInterval,
    /// Why the solver stopped.
    pub reason: StallReason,
    /// What the solve cost.
    pub work: WorkCounters,
}

/// Why a solve ended without a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StallReason {
    /// [`max_iterations`](crate::SvmSettings::max_iterations) was reached.
    #[error("the iteration limit was reached")]
    IterationLimit,
    /// [`time_limit`](crate::SvmSettings::time_limit) was reached.
    #[error("the time limit was reached")]
    TimeLimit,
    /// The caller's interrupt asked to stop.
    #[error("the caller interrupted the solve")]
    Interrupted,
    /// Rounding errors keep the interval from narrowing further: most of the gap is what they may amount to,
    /// or what is proven falls short of what was computed.
    #[error("rounding errors keep the interval from narrowing further")]
    Precision,
    /// The method's steps no longer narrow the interval, though rounding alone doesn't explain it.
    #[error("the method makes no progress any more")]
    NoProgress,
    /// The smallest objective of a soft margin is so small that doubles cannot say what it is to many digits.
    #[error("the objective is beyond the range of double precision")]
    OutOfRange,
    /// Neither a `$w$` that satisfies the constraints was found nor a proof that there is none.
    #[error("neither a w that satisfies every constraint nor a proof that there is none was found")]
    Undecided,
}

impl MaxMargin {
    /// The solution along `w`, with a feasible scale and a certificate from the data, if the pair proves
    /// a relative gap of at most `goal`.
    pub(crate) fn certified(
        problem: &HardMarginProblem<'_>,
        norm: &impl NormPair,
        (w, multipliers): (&[f64], &[f64]),
        goal: f64,
        work: WorkCounters,
    ) -> Option<Self> {
        // Products with the largest rows stay in range.
        let room = problem.headroom();
        let w: Vec<f64> = w.iter().map(|w| w * room).collect();
        let w = w.as_slice();
        let of = |scale: f64| {
            let scaled: Vec<f64> = w.iter().map(|w| w / scale).collect();
            let factor = multiplier_factor(problem, norm, &scaled, multipliers);
            let multiplied: Vec<f64> = multipliers.iter().map(|l| l * factor).collect();
            Self::of(problem, norm, (scaled, multiplied, Remainder::default()), work)
        };
        // Proofs cost more than anything else where the problem is small: mostly the scale without one is right.
        let scale = plain_scale(problem, w);
        if scale > 0.0 && scale.is_finite() {
            let found = of(scale);
            let is_right = (found.interval.lower * found.norm_p - 1.0).abs() <= PLAIN_ERROR;
            if is_right && found.relative_gap() <= goal {
                return Some(found);
            }
        }
        let proven = interval_in(problem, norm, w, multipliers);
        if proven.lower <= 0.0 || proven.relative_gap() > goal {
            return None;
        }
        let scale = proven_scale(problem, w)?;
        let mut found = of(scale);
        if found.relative_gap() > goal {
            let scaled: Vec<f64> = w.iter().map(|w| w / scale).collect();
            let factor = multiplier_factor(problem, norm, &scaled, multipliers);
            // The rounding of these factors costs the proof.
            let (scaled, of_w) = quotients(w, scale);
            let (multiplied, of_multipliers) = products(multipliers, factor);
            let remainder = Remainder {
                w: vec![of_w],
                multipliers: vec![of_multipliers],
                ..Remainder::default()
            };
            found = Self::of(problem, norm, (scaled, multiplied, remainder), work);
        }
        (found.relative_gap() <= goal).then_some(found)
    }

    /// The solution that a pair in many digits is, in as few doubles as prove a relative gap of at most `goal`.
    pub(crate) fn of_fine(
        problem: &HardMarginProblem<'_>,
        norm: &impl NormPair,
        mut pair: FinePair,
        goal: f64,
        work: WorkCounters,
    ) -> Option<Self> {
        let (w, multipliers, _) = pair.roundings().next()?;
        pair.scale_multipliers(multiplier_factor(problem, norm, &w, &multipliers));
        let found = pair.roundings().map(|rounded| Self::of(problem, norm, rounded, work));
        found.into_iter().find(|found| found.relative_gap() <= goal)
    }

    /// What is to be said of a pair as it stands.
    fn of(
        problem: &HardMarginProblem<'_>,
        norm: &impl NormPair,
        (w, multipliers, remainder): (Vec<f64>, Vec<f64>, Remainder),
        work: WorkCounters,
    ) -> Self {
        let sum = Expansion { leading: &w, rest: &remainder.w };
        let sum_of = Expansion { leading: &multipliers, rest: &remainder.multipliers };
        let bounds = problem.bounds();
        let margins = margins(problem, sum);
        let slacks = margins.iter().zip(bounds).map(|(m, b)| m - b).collect();
        let interval = interval_in(problem, norm, sum, sum_of);
        let kkt = kkt_with(problem, norm, (&w, &margins), sum_of);
        let norm_p = norm.size(&w);
        Self { w, multipliers, interval, kkt, remainder, work, norm_p, slacks }
    }
}

impl Stalled {
    /// What a pair proves, with `$w$` at unit norm, where that was not enough for the gap `goal`, and why not.
    fn with(
        problem: &HardMarginProblem<'_>,
        norm: &impl NormPair,
        (w, multipliers): (Vec<f64>, Vec<f64>),
        (reason, goal): (StallReason, f64),
        work: WorkCounters,
    ) -> Self {
        let interval = interval_in(problem, norm, &w, &multipliers);
        let reason = match reason {
            StallReason::Precision if interval.lower <= 0.0 => StallReason::Undecided,
            StallReason::Precision => {
                let plain = plain_interval_in(problem, norm, &w, &multipliers).relative_gap();
                let of_rounding = interval.relative_gap() - plain;
                let is_rounding = plain <= goal || of_rounding >= 0.5 * interval.relative_gap();
                if is_rounding { StallReason::Precision } else { StallReason::NoProgress }
            }
            other => other,
        };
        Self { w, multipliers, interval, reason, work }
    }
}

impl Outcome {
    /// What the best pair of a search comes to: a solution if it proves a gap of at most `goal`, else the
    /// interval that it proves and why the search stopped.
    pub(crate) fn of_best(
        problem: &HardMarginProblem<'_>,
        norm: &impl NormPair,
        (mut w, multipliers): (Vec<f64>, Vec<f64>),
        (reason, goal): (StallReason, f64),
        work: WorkCounters,
    ) -> Self {
        let certified = |w: &[f64]| {
            let found = MaxMargin::certified(problem, norm, (w, &multipliers), goal, work);
            found.map(Self::MaxMargin)
        };
        if let Some(found) = certified(&w) {
            return found;
        }
        let size = norm.size(&w);
        if size > 0.0 {
            for w in &mut w {
                *w /= size;
            }
        }
        // Where every digit counts, other roundings may do.
        if let Some(found) = certified(&w) {
            return found;
        }
        let pair = (w, multipliers);
        Self::Inconclusive(Stalled::with(problem, norm, pair, (reason, goal), work))
    }
}

/// The factor with which multipliers are those of `$\psi$` at `scaled` `$w$`.
fn multiplier_factor(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    scaled: &[f64],
    multipliers: &[f64],
) -> f64 {
    let power = norm.degree() * elementary::ln(norm.size(scaled));
    let weight = dot(problem.bounds(), multipliers);
    let factor = elementary::exp(power.clamp(-SCALE_LOG, SCALE_LOG)) / weight;
    // Where bounds of both signs cancel nothing may be left of the weight in doubles.
    if weight > 0.0 && factor.is_normal() { factor } else { 1.0 }
}

/// How far the scale of `$w$` that isn't proven may be from the one that is.
const PLAIN_ERROR: f64 = 1e-13;

/// `$\ln 10^{120}$`, the range of the factor between normalised multipliers and those of `$\psi$`.
const SCALE_LOG: f64 = 276.310_211_159_285_5;
