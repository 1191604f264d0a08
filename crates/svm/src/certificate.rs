//! Certificates: what a pair $(w, \lambda)$ proves, recomputed from the data alone.

use mirrorhead_kernels::{LinearOperator, dot, max_abs};
use serde::Serialize;

use crate::HardMarginProblem;
use crate::norm_pair::{NormPair, difference};
use crate::rows::{inverse_power_of_two, tightest};

/// Two proven bounds on the largest margin $1 / \min\{\lVert w\rVert_p : A w \ge b\}$.
///
/// For $b = \mathbf 1$ this is $\max_{\lVert w\rVert_p \le 1} \min_j (A w)_j$.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginInterval {
    /// What $w$ achieves: $\min_{j : b_j > 0} (A w)_j / b_j$ over $\lVert w\rVert_p$.
    pub lower: f64,
    /// What $\lambda$ allows: $\lVert A^\top \lambda\rVert_q / b^\top \lambda$.
    pub upper: f64,
}

impl MarginInterval {
    /// $(\text{upper} - \text{lower}) / \text{upper}$.
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

/// How far a pair $(w, \lambda)$ is from the conditions of optimality, free of the scale of $\lambda$.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KktResidual {
    /// Distance of $\hat u = A^\top\lambda / \lVert A^\top \lambda\rVert_q$ and $\hat w = w/\lVert w\rVert_p$ from
    /// being mirror images: $\lVert \hat w - \nabla\psi^*(\hat u)\rVert_p$ for $p < 2$ and
    /// $\lVert \nabla\psi(\hat w) - \hat u\rVert_q$ for $p \ge 2$ (of the two maps, the smooth one). For
    /// $p = 1$ and $p = \infty$, where there is no such map, $1 - \langle\hat w, \hat u\rangle$.
    pub stationarity: f64,
    /// $\max_j (b_j - (A w)_j)_+$.
    pub feasibility: f64,
    /// $\lambda^\top (A w - b) / b^\top \lambda$.
    pub complementarity: f64,
}

/// The margins $(A w)_j$ are held to be nonnegative down to this multiple of the rounding error of
/// one term, $\varepsilon \max_k\lvert A_{jk}\rvert \lVert w\rVert_1$.
const ROUNDING: f64 = 2.0 * f64::EPSILON;

/// The bounds that any `w` ($N$) and any `multipliers` $\lambda \ge 0$ ($M$) prove for `problem`.
///
/// $$\frac{\min_{j : b_j > 0} (A w)_j / b_j}{\lVert w\rVert_p} \;\le\;
///   \frac{1}{\min\{\lVert w'\rVert_p : A w' \ge b\}} \;\le\;
///   \frac{\lVert A^\top\lambda\rVert_q}{b^\top\lambda}.$$
/// The lower bound is $-\infty$ if $w$ is on the wrong side of a row with $b_j \le 0$ and the upper one
/// $\infty$ if some $\lambda_j < 0$ or $b^\top\lambda \le 0$: such vectors prove nothing. Nor do those
/// with which a bound cannot be computed. The scales of $w$ and $\lambda$ do not matter.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_svm::{HardMarginProblem, margin_interval};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[3.0, 0.0], [0.0, 4.0]])?);
/// let problem = HardMarginProblem::new(&rows, LpNorm::new(2.0)?)?;
/// let interval = margin_interval(&problem, &[4.0, 3.0], &[16.0, 9.0]);
/// assert!((interval.lower - 2.4).abs() < 1e-15 && (interval.upper - 2.4).abs() < 1e-15);
/// assert_eq!(margin_interval(&problem, &[4.0, 3.0], &[16.0, -9.0]).upper, f64::INFINITY);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the lengths do not fit.
pub fn margin_interval<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    w: &[f64],
    multipliers: &[f64],
) -> MarginInterval {
    interval_in(problem, &problem.norm(), w, multipliers)
}

/// The bounds of [`margin_interval`] in another norm than the problem's own.
pub(crate) fn interval_in<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    norm: &impl NormPair,
    w: &[f64],
    multipliers: &[f64],
) -> MarginInterval {
    let w = times(w, inverse_power_of_two(max_abs(w)));
    let multipliers = times(multipliers, inverse_power_of_two(max_abs(multipliers)));
    let lift = force_lift(problem, &multipliers);
    let (margins, forces) = products(problem, &w, &times(&multipliers, lift));
    let scale = feasible_scale(problem, &w, &margins).unwrap_or(f64::NEG_INFINITY);
    let lower = scale / norm.size(&w);
    let weight = dot(problem.bounds(), &multipliers);
    let force = norm.dual_size(&forces);
    let proves = multipliers.iter().all(|&l| l >= 0.0)
        && weight > 0.0
        && weight.is_finite()
        && force.is_finite();
    MarginInterval {
        lower: if lower.is_finite() { lower } else { f64::NEG_INFINITY },
        upper: if proves { force / weight / lift } else { f64::INFINITY },
    }
}

/// The power of two, at least 1, by which `multipliers` $\lambda$ are scaled before
/// $A^\top\lambda$ is formed, so that the largest term $\lambda_j A_{j\cdot}$ is of size one or more and
/// nothing that matters underflows.
fn force_lift<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    multipliers: &[f64],
) -> f64 {
    let terms = multipliers.iter().zip(problem.row_sizes()).map(|(l, size)| l * size);
    let largest = terms.fold(0.0, f64::max);
    if largest > 0.0 { inverse_power_of_two(largest).max(1.0) } else { 1.0 }
}

fn times(x: &[f64], factor: f64) -> Vec<f64> {
    x.iter().map(|x| x * factor).collect()
}

/// How far `w` and `multipliers` are from the optimality conditions of `problem`.
///
/// # Panics
/// If the lengths do not fit.
pub fn kkt_residual<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    w: &[f64],
    multipliers: &[f64],
) -> KktResidual {
    kkt_in(problem, &problem.norm(), w, multipliers)
}

/// The residuals of [`kkt_residual`] in another norm than the problem's own.
pub(crate) fn kkt_in<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    norm: &impl NormPair,
    w: &[f64],
    multipliers: &[f64],
) -> KktResidual {
    let (margins, forces) = products(problem, w, multipliers);
    let unit = |x: &[f64], size: f64| x.iter().map(|x| x / size).collect::<Vec<_>>();
    let (w_hat, u_hat) = (unit(w, norm.size(w)), unit(&forces, norm.dual_size(&forces)));
    let slacks = difference(&margins, problem.bounds());
    KktResidual {
        stationarity: norm.mirror_distance(&w_hat, &u_hat),
        feasibility: slacks.iter().fold(0.0, |worst, slack| worst.max(-slack)),
        complementarity: dot(multipliers, &slacks) / dot(problem.bounds(), multipliers),
    }
}

/// The factor $\rho$ for which $w/\rho$ satisfies every constraint, the tightest with equality:
/// $\min_{j : b_j > 0} (A w)_j / b_j$. None if a row with $b_j \le 0$ is violated, or a margin not finite.
pub(crate) fn feasible_scale<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    w: &[f64],
    margins: &[f64],
) -> Option<f64> {
    if !margins.iter().all(|margin| margin.is_finite()) {
        return None;
    }
    let bounds = problem.bounds();
    let rho = tightest(margins, bounds);
    let length: f64 = w.iter().map(|w| w.abs()).sum();
    let rows = bounds.iter().zip(margins).zip(problem.row_sizes());
    let holds =
        |((b, margin), size): ((&f64, &f64), &f64)| *margin >= rho * b - ROUNDING * size * length;
    rows.into_iter().filter(|((b, _), _)| **b <= 0.0).all(holds).then_some(rho)
}

fn products<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    w: &[f64],
    multipliers: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let operator = problem.operator();
    assert_eq!(w.len(), operator.ncols(), "one weight per column");
    assert_eq!(multipliers.len(), operator.nrows(), "one multiplier per row");
    let (mut margins, mut forces) = (vec![0.0; operator.nrows()], vec![0.0; operator.ncols()]);
    operator.apply(w, &mut margins);
    operator.apply_adjoint(multipliers, &mut forces);
    (margins, forces)
}

/// A proof that no $w$ satisfies $A w \ge b$: multipliers $\lambda \ge 0$ with $A^\top \lambda = 0$ and
/// $b^\top \lambda > 0$ (Farkas).
///
/// In floating point $A^\top\lambda$ is zero up to rounding, and what is proven is that every solution has
/// $\lVert w\rVert_1 \ge b^\top\lambda / \lVert A^\top\lambda\rVert_\infty$, at least $10^{13}$ times the norm
/// $\max_j b_j / \max_k\lvert A_{jk}\rvert$ that the hardest single row asks for.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize)]
#[error(
    "no w satisfies every constraint: a combination of the rows cancels \
     (relative residual {residual:.1e}) while that of the bounds does not"
)]
#[non_exhaustive]
pub struct FarkasCertificate {
    /// $\lambda \ge 0$, one per row, $\sum_j \lambda_j = 1$.
    pub multipliers: Vec<f64>,
    /// $\lVert A^\top\lambda\rVert_\infty \max_j (b_j / \max_k \lvert A_{jk}\rvert) / b^\top\lambda$.
    pub residual: f64,
}

impl FarkasCertificate {
    /// The largest [`residual`](Self::residual) that counts as zero.
    pub const TOLERANCE: f64 = 1e-13;

    /// Checks `multipliers` against the data: the certificate, if they are one.
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_mirror::LpNorm;
    /// use mirrorhead_svm::{FarkasCertificate, HardMarginProblem};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0], [-0.5, -1.0]])?);
    /// let problem = HardMarginProblem::new(&rows, LpNorm::new(3.0)?)?;
    /// assert!(FarkasCertificate::verify(&problem, &[1.0, 2.0]).is_some());
    /// assert!(FarkasCertificate::verify(&problem, &[1.0, 1.9]).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        multipliers: &[f64],
    ) -> Option<Self> {
        if multipliers.len() != problem.operator().nrows()
            || !multipliers.iter().all(|l| l.is_finite() && *l >= 0.0)
        {
            return None;
        }
        let total: f64 = multipliers.iter().sum();
        let multipliers: Vec<f64> = multipliers.iter().map(|l| l / total).collect();
        let weight = dot(problem.bounds(), &multipliers);
        if weight.is_nan() || weight <= 0.0 {
            return None;
        }
        let mut forces = vec![0.0; problem.operator().ncols()];
        let lift = force_lift(problem, &multipliers);
        problem.operator().apply_adjoint(&times(&multipliers, lift), &mut forces);
        let force = max_abs(&forces);
        let hardest = problem
            .bounds()
            .iter()
            .zip(problem.row_sizes())
            .fold(0.0f64, |hardest, (b, size)| hardest.max(b / size));
        let residual = if force == 0.0 { 0.0 } else { force * (hardest / lift) / weight };
        (residual <= Self::TOLERANCE).then_some(Self { multipliers, residual })
    }
}
