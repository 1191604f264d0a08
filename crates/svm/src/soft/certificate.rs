//! What a pair proves: an interval that holds the smallest objective, in exact arithmetic.

use mirrorhead_kernels::LinearOperator;
use serde::Serialize;

use crate::Norm;
use crate::soft::SoftMarginProblem;
use crate::soft::balance::is_balanced;
use crate::soft::regularizer::{best_multiple, degree};

/// Two bounds on the smallest objective of a [`SoftMarginProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ObjectiveInterval {
    /// What the multipliers prove: nothing has a smaller objective.
    pub lower: f64,
    /// What $(w, \beta)$ achieves.
    pub upper: f64,
}

impl ObjectiveInterval {
    /// $(\text{upper} - \text{lower}) / \text{upper}$; zero where both are.
    ///
    /// ```
    /// use mirrorhead_svm::ObjectiveInterval;
    /// assert_eq!(ObjectiveInterval { lower: 3.0, upper: 4.0 }.relative_gap(), 0.25);
    /// assert_eq!(ObjectiveInterval { lower: 0.0, upper: 0.0 }.relative_gap(), 0.0);
    /// ```
    pub fn relative_gap(&self) -> f64 {
        if self.upper == self.lower {
            return 0.0;
        }
        let gap = (self.upper - self.lower) / self.upper;
        if gap.is_nan() { f64::INFINITY } else { gap }
    }
}

/// $2^{-53}$, twice over, for the rounding of the bounds themselves.
const UNIT: f64 = f64::EPSILON;

/// Errors of the mathematical library's powers and logarithms, in units of the last place: they are within
/// one, and this many are allowed for.
const LIBRARY: f64 = 16.0;

/// The bounds that any $(w, \beta)$ and any multipliers prove for `problem`.
///
/// $$\max_{0 \le t \le 1} t\,b^\top\lambda - \varphi^*(t A^\top\lambda) \;\le\; \min\ \text{objective} \;\le\;
///   \varphi(w) + \sum_j C_j (b_j - (A w)_j - \beta y_j)_+.$$
/// Both are rounded outward, with bounds on the rounding errors of everything that enters. The lower bound is
/// 0, which is always true, unless $0 \le \lambda \le C$ and, where there is an intercept,
/// $y^\top\lambda = 0$ exactly.
///
/// ```
/// use mirrorhead_kernels::{DenseRows, Matrix};
/// use mirrorhead_svm::{Norm, SoftMarginProblem, objective_interval};
/// let rows = DenseRows::new(&Matrix::from_rows(&[[2.0]])?);
/// let problem = SoftMarginProblem::new(&rows, Norm::new(2.0)?, 1.0)?;
/// // The smallest objective is 1/8, at w = 1/2 with multiplier 1/4.
/// let interval = objective_interval(&problem, &[0.5], 0.0, &[0.25]);
/// assert!(interval.lower <= 0.125 && 0.125 <= interval.upper && interval.relative_gap() < 1e-13);
/// assert_eq!(objective_interval(&problem, &[0.5], 0.0, &[1.25]).lower, 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the lengths do not fit.
pub fn objective_interval<A: LinearOperator + ?Sized>(
    problem: &SoftMarginProblem<'_, A>,
    w: &[f64],
    intercept: f64,
    multipliers: &[f64],
) -> ObjectiveInterval {
    assert_eq!(w.len(), problem.operator().ncols(), "one weight per column");
    assert_eq!(multipliers.len(), problem.operator().nrows(), "one multiplier per row");
    ObjectiveInterval {
        lower: dual_bound(problem, multipliers),
        upper: primal_bound(problem, w, intercept),
    }
}

/// An upper bound on the objective of $(w, \beta)$.
fn primal_bound<A: LinearOperator + ?Sized>(
    problem: &SoftMarginProblem<'_, A>,
    w: &[f64],
    intercept: f64,
) -> f64 {
    let excesses = excess_bounds(problem, w, intercept);
    let paid: f64 = problem.costs().iter().zip(&excesses).map(|(c, x)| c * x).sum();
    let terms = excesses.len() as f64;
    let sizes: Vec<f64> = w.iter().map(|w| w.abs()).collect();
    let penalty = power_bound(problem.norm(), degree(problem.norm()), &sizes);
    let bound = (paid * (1.0 + (terms + 4.0) * UNIT) + penalty) * (1.0 + 4.0 * UNIT);
    if bound.is_finite() { bound } else { f64::INFINITY }
}

/// Upper bounds on $(b_j - (A w)_j - \beta y_j)_+$.
pub(crate) fn excess_bounds<A: LinearOperator + ?Sized>(
    problem: &SoftMarginProblem<'_, A>,
    w: &[f64],
    intercept: f64,
) -> Vec<f64> {
    let operator = problem.operator();
    let (mut margins, mut errors) = (vec![0.0; operator.nrows()], vec![0.0; operator.nrows()]);
    operator.apply(w, &mut margins);
    operator.apply_abs(&w.iter().map(|w| w.abs()).collect::<Vec<_>>(), &mut errors);
    let depth = (operator.rounding_depth() + 4) as f64 * UNIT;
    (0..margins.len())
        .map(|j| {
            let (b, m, y) = (problem.bounds()[j], margins[j], problem.shift(j, intercept));
            let error = depth * errors[j] + 4.0 * UNIT * (b.abs() + m.abs() + y.abs());
            let excess = (b - m - y + error) * (1.0 + 4.0 * UNIT);
            // Smaller than what a product may have lost to underflow.
            if excess.is_nan() { f64::INFINITY } else { excess.max(0.0) }
        })
        .collect()
}

/// An upper bound on $\lVert x\rVert_p^d / d$ for $x \ge 0$, where $d$ is $p$, or 1 at the ends.
fn power_bound(norm: Norm, degree: f64, sizes: &[f64]) -> f64 {
    let n = sizes.len() as f64;
    match norm {
        Norm::LInfinity => sizes.iter().fold(0.0f64, |most, x| most.max(*x)),
        Norm::L1 => sizes.iter().sum::<f64>() * (1.0 + (n + 2.0) * UNIT),
        Norm::Lp(_) => {
            let total: f64 = sizes.iter().map(|x| power_above(*x, degree)).sum();
            total / degree * (1.0 + (n + 4.0) * UNIT)
        }
    }
}

/// An upper bound on $x^e$ for an exponent known to `UNIT`.
fn power_above(x: f64, e: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let error = LIBRARY * UNIT * (1.0 + e * x.ln().abs());
    x.powf(e) * (1.0 + error) + f64::MIN_POSITIVE
}

/// A lower bound on every objective.
fn dual_bound<A: LinearOperator + ?Sized>(
    problem: &SoftMarginProblem<'_, A>,
    multipliers: &[f64],
) -> f64 {
    let in_box = multipliers.iter().zip(problem.costs()).all(|(l, c)| *l >= 0.0 && l <= c);
    let balanced = problem.signs().is_none_or(|signs| is_balanced(signs, multipliers));
    if !(in_box && balanced) {
        return 0.0;
    }
    let operator = problem.operator();
    let (mut forces, mut errors) = (vec![0.0; operator.ncols()], vec![0.0; operator.ncols()]);
    operator.apply_adjoint(multipliers, &mut forces);
    operator.apply_adjoint_abs(multipliers, &mut errors);
    let depth = (operator.rounding_depth() + 4) as f64 * UNIT;
    for (u, error) in forces.iter_mut().zip(&errors) {
        *u = u.abs() + depth * error;
    }
    let terms = problem.bounds().iter().zip(multipliers).map(|(b, l)| b * l);
    let weight: f64 = terms.clone().sum();
    let size: f64 = terms.map(f64::abs).sum();
    let weight = weight - (multipliers.len() as f64 + 4.0) * UNIT * size;
    if weight.is_nan() || weight <= 0.0 {
        return 0.0;
    }
    let norm = problem.norm();
    let t = best_multiple(norm, weight, norm.dual_of(&forces)).min(1.0);
    let candidates = [t, 1.0].map(|t| dual_objective(norm, t, weight, &forces));
    candidates[0].max(candidates[1]).max(0.0)
}

/// A lower bound on $t\,\text{weight} - \varphi^*(t u)$, given bounds $u \ge 0$ on the sizes of the forces; for
/// a norm, where $\varphi^*$ is infinite outside of its dual ball, with $t$ as large as it lets $t$ be.
fn dual_objective(norm: Norm, t: f64, weight: f64, forces: &[f64]) -> f64 {
    let n = forces.len() as f64;
    let bound = match norm {
        Norm::L1 | Norm::LInfinity => {
            let dual = if norm == Norm::L1 { Norm::LInfinity } else { Norm::L1 };
            let size = power_bound(dual, 1.0, forces);
            weight / size.max(1.0) * (1.0 - 4.0 * UNIT)
        }
        Norm::Lp(norm) => {
            let q = norm.p() / (norm.p() - 1.0);
            // q is off by the rounding of p - 1, which its powers multiply.
            let total: f64 = forces.iter().map(|u| power_above(t * u * (1.0 + UNIT), q)).sum();
            let conjugate = total / q * (1.0 + (n + 8.0) * UNIT);
            t * weight * (1.0 - 2.0 * UNIT) - conjugate
        }
    };
    bound - 4.0 * UNIT * bound.abs()
}
