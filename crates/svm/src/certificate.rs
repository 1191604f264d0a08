//! Certificates: what a pair `$(w, \lambda)$` proves, recomputed from the data alone.

use std::fmt;

use mirrorhead_kernels::{CompensatedSums, Enclosure, dot, max_abs};
use serde::{Deserialize, Serialize};

use crate::norm_pair::{NormPair, difference};
use crate::remainder::{Expansion, Scaled};
use crate::rows::{inverse_power_of_two, tightest};
use crate::sharp_products::{sharp_dual_point, sharp_margins, sharp_slack};
use crate::{HardMarginProblem, extended_real};

/// Two proven bounds on the largest margin `$1 / \min\{\lVert w\rVert_p : A w \ge b\}$`.
///
/// They are rounded outward: in exact arithmetic the lower one is at most what `$w$` proves, which is at
/// most the margin, which is at most what `$\lambda$` proves, which is at most the upper one. That rests on
/// the operator's word on its own rounding
/// ([`apply_enclosed`](mirrorhead_kernels::LinearOperator::apply_enclosed)) and on IEEE 754 arithmetic.
///
/// For `$b = \mathbf 1$` this is `$\max_{\lVert w\rVert_p \le 1} \min_j (A w)_j$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarginInterval {
    /// What `$w$` achieves: `$\min_{j : b_j > 0} (A w)_j / b_j$` over `$\lVert w\rVert_p$`.
    #[serde(with = "extended_real")]
    pub lower: f64,
    /// What `$\lambda$` allows: `$\lVert A^\top \lambda\rVert_q / b^\top \lambda$`.
    #[serde(with = "extended_real")]
    pub upper: f64,
}

impl MarginInterval {
    /// `$(\text{upper} - \text{lower}) / \text{upper}$`.
    ///
    /// ```
    /// use mirrorhead_svm::MarginInterval;
    /// assert_eq!(MarginInterval { lower: 3.0, upper: 4.0 }.relative_gap(), 0.25);
    /// ```
    pub fn relative_gap(&self) -> f64 {
        let gap = (self.upper - self.lower) / self.upper;
        if gap.is_nan() { f64::INFINITY } else { gap }
    }
}

impl fmt::Display for MarginInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}, {:?}]", self.lower, self.upper)
    }
}

/// How far a pair `$(w, \lambda)$` is from the conditions of optimality, free of the scale of `$\lambda$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KktResidual {
    /// Distance of `$\hat u = A^\top\lambda / \lVert A^\top \lambda\rVert_q$` and `$\hat w = w/\lVert w\rVert_p$` from
    /// being mirror images: `$\lVert \hat w - \nabla\psi^*(\hat u)\rVert_p$` for `$p < 2$` and
    /// `$\lVert \nabla\psi(\hat w) - \hat u\rVert_q$` for `$p \ge 2$` (of the two maps, the smooth one). For
    /// `$p = 1$` and `$p = \infty$`, where there is no such map, `$1 - \langle\hat w, \hat u\rangle$`.
    #[serde(with = "extended_real")]
    pub stationarity: f64,
    /// `$\max_j (b_j - (A w)_j)_+$`.
    #[serde(with = "extended_real")]
    pub feasibility: f64,
    /// `$\lambda^\top (A w - b) / b^\top \lambda$`.
    #[serde(with = "extended_real")]
    pub complementarity: f64,
}

/// The bounds that any `w` (`$N$`) and any `multipliers` `$\lambda \ge 0$` (`$M$`) prove for `problem`.
///
/// `$$\frac{\min_{j : b_j > 0} (A w)_j / b_j}{\lVert w\rVert_p} \;\le\;
///   \frac{1}{\min\{\lVert w'\rVert_p : A w' \ge b\}} \;\le\;
///   \frac{\lVert A^\top\lambda\rVert_q}{b^\top\lambda}.$$`
/// The lower bound is `$-\infty$` if `$w$` is on the wrong side of a row with `$b_j \le 0$` and the upper one
/// `$\infty$` if some `$\lambda_j < 0$` or `$b^\top\lambda \le 0$`: such vectors prove nothing. Nor do those
/// with which a bound cannot be computed. The scales of `$w$` and `$\lambda$` do not matter.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{HardMarginProblem, margin_interval};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[3.0, 0.0], [0.0, 4.0]])?);
/// let problem = HardMarginProblem::new(&rows, 2.0)?;
/// let interval = margin_interval(&problem, &[4.0, 3.0], &[16.0, 9.0]);
/// // The margin is 12/5, and the bounds are rounded outward.
/// assert!(interval.lower < 2.4 && interval.upper > 2.4 && interval.relative_gap() < 1e-14);
/// assert_eq!(margin_interval(&problem, &[4.0, 3.0], &[16.0, -9.0]).upper, f64::INFINITY);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the lengths do not fit.
pub fn margin_interval(
    problem: &HardMarginProblem<'_>,
    w: &[f64],
    multipliers: &[f64],
) -> MarginInterval {
    interval_in(problem, &problem.norm(), w, multipliers)
}

/// The bounds of [`margin_interval`] in another norm than the problem's own, or of a pair in more digits.
pub(crate) fn interval_in<'x>(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    w: impl Into<Expansion<'x>>,
    multipliers: impl Into<Expansion<'x>>,
) -> MarginInterval {
    let lower = lower_bound(problem, norm, w.into());
    MarginInterval { lower, upper: upper_bound(problem, norm, multipliers.into()) }
}

/// The same in plain double precision, without a proof and at a fraction of the cost: what the bounds would
/// be if nothing were rounded.
pub(crate) fn plain_interval_in(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    w: &[f64],
    multipliers: &[f64],
) -> MarginInterval {
    let scaled = Expansion::from(w).scaled_exactly(of_size_one(problem, w));
    let w = scaled.get().leading;
    let Lifted { multipliers, raised, lift } = Lifted::of(problem, multipliers.into());
    let multipliers = multipliers.get().leading;
    let (margins, dual_point) = products(problem, w.into(), raised.get());
    let rho = tightest(&margins, problem.bounds());
    let rows = || margins.iter().zip(problem.bounds());
    let holds = rows().filter(|(_, b)| **b <= 0.0).all(|(margin, b)| *margin >= rho * b);
    let lower = rho / norm.size(w);
    let upper = norm.dual_size(&dual_point) / dot(problem.bounds(), multipliers) / lift;
    let is_bound = multipliers.iter().all(|l| *l >= 0.0) && upper >= 0.0;
    MarginInterval {
        lower: if holds && lower.is_finite() { lower } else { f64::NEG_INFINITY },
        upper: if is_bound { upper } else { f64::INFINITY },
    }
}

/// What `$w$` proves, rounded down: `$\rho/\lVert w\rVert$` with `$\rho$` its [`proven_scale`].
fn lower_bound(problem: &HardMarginProblem<'_>, norm: &impl NormPair, w: Expansion<'_>) -> f64 {
    assert_eq!(w.leading.len(), problem.operator().ncols(), "one weight per column");
    let scaled = w.scaled_exactly(of_size_one(problem, w.leading));
    let w = scaled.get();
    let Some(scale) = proven_scale(problem, w) else { return f64::NEG_INFINITY };
    // A negative margin is further down the smaller the norm, and no norm is below the largest entry.
    let size = if scale < 0.0 { max_abs(w.leading) } else { size_upper(norm, w) };
    match scale / size {
        _ if size == 0.0 => f64::NEG_INFINITY,
        lower if lower.is_finite() => lower.next_down(),
        _ => f64::NEG_INFINITY,
    }
}

/// An upper bound on `$\lVert w\rVert$`: that of a sum is at most the sum of those of its parts.
pub(crate) fn size_upper(norm: &impl NormPair, w: Expansion<'_>) -> f64 {
    let rest = w.rest.iter().map(|part| norm.size_upper(part));
    rest.fold(norm.size_upper(w.leading), |sum, size| (sum + size).next_up())
}

/// What `$\lambda$` proves, rounded up: `$\lVert A^\top\lambda\rVert_* / b^\top\lambda$`.
pub(crate) fn upper_bound(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    multipliers: Expansion<'_>,
) -> f64 {
    assert_eq!(multipliers.leading.len(), problem.operator().nrows(), "one multiplier per row");
    if !multipliers.parts().flatten().all(|l| l.is_finite() && *l >= 0.0) {
        return f64::INFINITY;
    }
    let Lifted { multipliers, raised, lift } = Lifted::of(problem, multipliers);
    let dual_point = sharp_dual_point(problem.operator(), raised.get());
    let mut weight = CompensatedSums::zeros(8);
    for part in multipliers.get().parts() {
        weight.add_products(problem.bounds(), part);
    }
    let weight = weight.total().lower();
    let dual_size = norm.dual_size_upper(&dual_point);
    if !(weight > 0.0 && dual_size.is_finite()) {
        return f64::INFINITY;
    }
    match (dual_size / weight).next_up() / lift {
        upper if upper.is_finite() => upper.next_up(),
        _ => f64::INFINITY,
    }
}

/// A number `$\rho$` for which `$w/\rho$` satisfies every constraint in exact arithmetic: the largest that the
/// enclosures of the margins prove to be at most `$\min_{j : b_j > 0} (A w)_j / b_j$`. None if a row with
/// `$b_j \le 0$` isn't proven to hold.
pub(crate) fn proven_scale<'x>(
    problem: &HardMarginProblem<'_>,
    w: impl Into<Expansion<'x>>,
) -> Option<f64> {
    let w = w.into();
    let margins = sharp_margins(problem.operator(), w);
    let least: Vec<f64> = margins.iter().map(|margin| margin.lower()).collect();
    let bounds = problem.bounds();
    scale_of(bounds, &least, &|j, rho| {
        let slack = sharp_slack(problem.operator(), w, j, (rho, bounds[j]));
        slack.map_or(f64::NEG_INFINITY, Enclosure::lower)
    })
}

/// The same of the `least` that the margins are proven to be, and the least of `$(A w - \rho b)_j$` if it has to be asked for: of a narrow
/// strip between two rows the rounding of `$\rho$` may be a large part.
pub(crate) fn scale_of(
    bounds: &[f64],
    least: &[f64],
    slack: &dyn Fn(usize, f64) -> f64,
) -> Option<f64> {
    let rows = || bounds.iter().zip(least);
    let ratio = |b: f64, margin: f64| if b == 1.0 { margin } else { (margin / b).next_down() };
    let rho = rows()
        .filter(|(b, _)| **b > 0.0)
        .fold(f64::INFINITY, |least, (b, margin)| least.min(ratio(*b, *margin)));
    let holds = |b: f64, margin: f64| margin >= if b == 0.0 { 0.0 } else { (rho * b).next_up() };
    if !rho.is_finite() {
        return None;
    }
    if rows().filter(|(b, _)| **b <= 0.0).all(|(b, margin)| holds(*b, *margin)) {
        return Some(rho);
    }
    let hold_by_slack = |rho: &f64| (0..bounds.len()).all(|j| slack(j, *rho) >= 0.0);
    // What a margin is proven to be may be a few doubles below what it is.
    let ups: Vec<f64> =
        std::iter::successors(Some(rho), |rho| Some(rho.next_up())).take(DOUBLES_BELOW).collect();
    ups.into_iter().rev().find(hold_by_slack)
}

/// So many doubles are tried from what is proven without looking closer.
const DOUBLES_BELOW: usize = 8;

/// The same in plain double precision, without a proof.
pub(crate) fn plain_scale(problem: &HardMarginProblem<'_>, w: &[f64]) -> f64 {
    let mut margins = vec![0.0; problem.bounds().len()];
    problem.operator().apply(w, &mut margins);
    tightest(&margins, problem.bounds())
}

/// The power of two that brings `w` to size one, or that with room above it.
fn of_size_one(problem: &HardMarginProblem<'_>, w: &[f64]) -> f64 {
    inverse_power_of_two(max_abs(w)) * problem.headroom()
}

/// Multipliers of size one, and the same times a power of two for the product with `$A^\top$`.
struct Lifted {
    multipliers: Scaled,
    raised: Scaled,
    lift: f64,
}

impl Lifted {
    fn of(problem: &HardMarginProblem<'_>, multipliers: Expansion<'_>) -> Self {
        let size = max_abs(multipliers.leading);
        let multipliers = multipliers.scaled_exactly(inverse_power_of_two(size));
        let lift = match problem.headroom() {
            1.0 => dual_lift(problem, multipliers.get().leading),
            share => share,
        };
        let raised = multipliers.get().scaled_exactly(lift);
        let lift = if raised == multipliers { 1.0 } else { lift };
        Self { multipliers, raised, lift }
    }
}

/// The power of two, at least 1, by which `multipliers` `$\lambda$` are scaled before
/// `$A^\top\lambda$` is formed, so that the largest term `$\lambda_j A_{j\cdot}$` is of size one or more and
/// nothing that matters underflows.
fn dual_lift(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> f64 {
    let terms = multipliers.iter().zip(problem.row_sizes()).map(|(l, size)| l * size);
    let largest = terms.fold(0.0, f64::max);
    if largest > 0.0 { inverse_power_of_two(largest).max(1.0) } else { 1.0 }
}

/// How far `w` and `multipliers` are from the optimality conditions of `problem`.
///
/// # Panics
/// If the lengths do not fit.
pub fn kkt_residual(
    problem: &HardMarginProblem<'_>,
    w: &[f64],
    multipliers: &[f64],
) -> KktResidual {
    kkt_in(problem, &problem.norm(), w, multipliers)
}

/// The residuals of [`kkt_residual`] in another norm than the problem's own, or of a pair in more digits.
pub(crate) fn kkt_in<'x>(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    w: impl Into<Expansion<'x>>,
    multipliers: impl Into<Expansion<'x>>,
) -> KktResidual {
    let w = w.into();
    kkt_with(problem, norm, (w.leading, &margins(problem, w)), multipliers.into())
}

/// The same where `margins` `$= A w$` are known.
pub(crate) fn kkt_with(
    problem: &HardMarginProblem<'_>,
    norm: &impl NormPair,
    (w, margins): (&[f64], &[f64]),
    multipliers: Expansion<'_>,
) -> KktResidual {
    let dual_point = dual_point(problem, multipliers);
    let multipliers = multipliers.leading;
    let unit = |x: &[f64], size: f64| x.iter().map(|x| x / size).collect::<Vec<_>>();
    let (w_hat, u_hat) = (unit(w, norm.size(w)), unit(&dual_point, norm.dual_size(&dual_point)));
    let slacks = difference(margins, problem.bounds());
    KktResidual {
        stationarity: norm.mirror_distance(&w_hat, &u_hat),
        feasibility: slacks.iter().fold(0.0, |worst, slack| worst.max(-slack)),
        complementarity: dot(multipliers, &slacks) / dot(problem.bounds(), multipliers),
    }
}

/// `$A w$` and `$A^\top\lambda$`, in as many digits as are known of the pair.
fn products(
    problem: &HardMarginProblem<'_>,
    w: Expansion<'_>,
    multipliers: Expansion<'_>,
) -> (Vec<f64>, Vec<f64>) {
    (margins(problem, w), dual_point(problem, multipliers))
}

/// `$A w$`, in as many digits as are known of `$w$`.
pub(crate) fn margins(problem: &HardMarginProblem<'_>, w: Expansion<'_>) -> Vec<f64> {
    let operator = problem.operator();
    assert_eq!(w.leading.len(), operator.ncols(), "one weight per column");
    if !w.rest.is_empty() {
        return sharp_margins(problem.operator(), w).iter().map(|margin| margin.value).collect();
    }
    let mut margins = vec![0.0; operator.nrows()];
    operator.apply(w.leading, &mut margins);
    margins
}

/// `$A^\top\lambda$` likewise.
fn dual_point(problem: &HardMarginProblem<'_>, multipliers: Expansion<'_>) -> Vec<f64> {
    let operator = problem.operator();
    assert_eq!(multipliers.leading.len(), operator.nrows(), "one multiplier per row");
    if !multipliers.rest.is_empty() {
        return sharp_dual_point(problem.operator(), multipliers)
            .iter()
            .map(|entry| entry.value)
            .collect();
    }
    let mut dual_point = vec![0.0; operator.ncols()];
    operator.apply_adjoint(multipliers.leading, &mut dual_point);
    dual_point
}
