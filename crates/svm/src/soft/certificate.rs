//! What a pair proves: an interval that holds the smallest objective, in exact arithmetic.

use std::fmt;

use mirrorhead_kernels::{CompensatedSums, Enclosure};
use serde::{Deserialize, Serialize};

use crate::exact_sum::ExactSum;
use crate::norm_bound::{conjugate_power_upper, dual_norm_upper, norm_upper, power_upper};
use crate::remainder::Expansion;
use crate::sharp_products::{sharp_dual_point, sharp_margins, sharp_slack};
use crate::soft::SoftMarginProblem;
use crate::soft::balance::is_balanced;
use crate::soft::operators::{Appended, Augmented};
use crate::soft::regularizer::best_multiple;
use crate::{Norm, extended_real};

/// Two bounds on the smallest objective of a [`SoftMarginProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveInterval {
    /// What the multipliers prove: nothing has a smaller objective.
    #[serde(with = "extended_real")]
    pub lower: f64,
    /// What `$(w, \beta)$` achieves.
    #[serde(with = "extended_real")]
    pub upper: f64,
}

impl ObjectiveInterval {
    /// `$(\text{upper} - \text{lower}) / \text{upper}$`; zero where both are.
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

impl fmt::Display for ObjectiveInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}, {:?}]", self.lower, self.upper)
    }
}

/// Partial sums of a sum of products.
const LANES: usize = 8;

/// The bounds that any `$(w, \beta)$` and any multipliers prove for `problem`.
///
/// `$$\max_{0 \le t \le 1} t\,b^\top\lambda - \varphi^*(t A^\top\lambda) \;\le\; \min\ \text{objective} \;\le\;
///   \varphi(w) + \sum_j C_j (b_j - (A w)_j - \beta y_j)_+.$$`
/// Both are rounded outward, with bounds on the rounding errors of everything that enters. The lower bound is
/// 0, which is always true, unless `$0 \le \lambda \le C$` and, where there is an intercept,
/// `$y^\top\lambda = 0$` exactly.
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
pub fn objective_interval(
    problem: &SoftMarginProblem<'_>,
    w: &[f64],
    intercept: f64,
    multipliers: &[f64],
) -> ObjectiveInterval {
    assert_eq!(w.len(), problem.operator().ncols(), "one weight per column");
    assert_eq!(multipliers.len(), problem.operator().nrows(), "one multiplier per row");
    let excesses = excess_bounds(problem, w.into(), &[intercept]);
    objective_in(problem, (w.into(), &excesses), multipliers.into())
}

/// The same of a pair in more digits, whose [excesses](excess_bounds) are known.
pub(crate) fn objective_in(
    problem: &SoftMarginProblem<'_>,
    (w, excesses): (Expansion<'_>, &[f64]),
    multipliers: Expansion<'_>,
) -> ObjectiveInterval {
    ObjectiveInterval {
        lower: dual_bound(problem, multipliers),
        upper: primal_bound(problem, w, excesses),
    }
}

/// An upper bound on the objective of a `$w$` with these excesses.
fn primal_bound(problem: &SoftMarginProblem<'_>, w: Expansion<'_>, excesses: &[f64]) -> f64 {
    let mut paid = CompensatedSums::zeros(LANES);
    paid.add_products(problem.costs(), excesses);
    // The norm of a sum is at most the sum of those of its parts.
    let size = w.parts().fold(0.0, |sum: f64, part| {
        let sizes: Vec<f64> = part.iter().map(|w| w.abs()).collect();
        match (sum, norm_upper(problem.norm(), &sizes)) {
            (0.0, size) => size,
            (sum, size) => (sum + size).next_up(),
        }
    });
    let penalty = match problem.norm() {
        Norm::L1 | Norm::LInfinity => size,
        Norm::Lp(norm) => power_upper(norm, size),
    };
    let bound = match paid.total().upper() {
        0.0 => penalty,
        paid => (paid + penalty).next_up(),
    };
    if bound.is_finite() { bound } else { f64::INFINITY }
}

/// Upper bounds on `$(b_j - (A w)_j - \beta y_j)_+$`, an intercept being the sum of its numbers.
pub(crate) fn excess_bounds(
    problem: &SoftMarginProblem<'_>,
    w: Expansion<'_>,
    intercept: &[f64],
) -> Vec<f64> {
    let margins = match w.rest {
        [] => {
            let mut margins = vec![Enclosure::default(); problem.operator().nrows()];
            problem.operator().apply_enclosed(w.leading, &mut margins);
            margins
        }
        _ => sharp_margins(problem.operator(), w),
    };
    let apart = margins.iter().enumerate().map(|(j, margin)| {
        let shifts = intercept.iter().map(|part| -problem.shift(j, *part));
        excess_bound(problem.bounds()[j], *margin, shifts)
    });
    let Some(signs) = problem.signs() else { return apart.collect() };
    // What an offset of a column leaves when it cancels against the intercept is better known of the two as one sum.
    let bordered = Augmented::new(problem.operator(), Appended::Column(signs.to_vec()));
    let plane = planes(w, intercept);
    let plane = Expansion { leading: &plane[0], rest: &plane[1..] };
    let pairs = apart.zip(problem.bounds());
    if plane.rest.is_empty() {
        let margins = sharp_margins(&bordered, plane);
        let pairs = pairs.zip(&margins);
        return pairs
            .map(|((apart, b), margin)| apart.min(excess_bound(*b, *margin, [])))
            .collect();
    }
    // Known to all its digits, a row that holds costs nothing, however high its price.
    let excess = |(j, (apart, b)): (usize, (f64, &f64))| {
        let slack = sharp_slack(&bordered, plane, j, (1.0, *b));
        slack.map_or(apart, |slack| apart.min((-slack.lower()).max(0.0)))
    };
    pairs.enumerate().map(excess).collect()
}

/// An upper bound on `$(b - m + \sum x)_+$` for a margin `$m$` and numbers `$x$`.
fn excess_bound(b: f64, margin: Enclosure, others: impl IntoIterator<Item = f64>) -> f64 {
    let mut excess = ExactSum::default();
    for x in [b, -margin.value, margin.radius].into_iter().chain(others) {
        excess.add(x);
    }
    excess.upper().max(0.0)
}

/// The parts of `$(w, \beta)$`, of which either may have more than the other.
fn planes(w: Expansion<'_>, intercept: &[f64]) -> Vec<Vec<f64>> {
    let zeros = vec![0.0; w.leading.len()];
    let n_parts = (1 + w.rest.len()).max(intercept.len());
    let parts = w.parts().chain(std::iter::repeat(zeros.as_slice())).take(n_parts);
    let intercepts = intercept.iter().copied().chain(std::iter::repeat(0.0));
    parts.zip(intercepts).map(|(w, intercept)| [w, &[intercept]].concat()).collect()
}

/// Whether `$0 \le \lambda \le C$` in exact arithmetic.
fn is_in_box(multipliers: Expansion<'_>, costs: &[f64]) -> bool {
    (0..costs.len()).all(|j| {
        let mut room = ExactSum::default();
        multipliers.entry(j).for_each(|part| room.add(-part));
        let is_negative = room.rounded() > 0.0;
        room.add(costs[j]);
        !is_negative && room.rounded() >= 0.0
    })
}

/// A lower bound on every objective.
fn dual_bound(problem: &SoftMarginProblem<'_>, multipliers: Expansion<'_>) -> f64 {
    let is_finite = multipliers.parts().flatten().all(|l| l.is_finite());
    let in_box = is_finite && is_in_box(multipliers, problem.costs());
    let balanced = problem.signs().is_none_or(|signs| is_balanced(signs, multipliers));
    if !(in_box && balanced) {
        return 0.0;
    }
    let dual_point = match multipliers.rest {
        [] => {
            let mut dual_point = vec![Enclosure::default(); problem.operator().ncols()];
            problem.operator().apply_adjoint_enclosed(multipliers.leading, &mut dual_point);
            dual_point
        }
        _ => sharp_dual_point(problem.operator(), multipliers),
    };
    let dual_point: Vec<f64> = dual_point.iter().map(|entry| entry.magnitude()).collect();
    let mut weight = CompensatedSums::zeros(LANES);
    for part in multipliers.parts() {
        weight.add_products(problem.bounds(), part);
    }
    let (weight, size) = (weight.total().lower(), dual_norm_upper(problem.norm(), &dual_point));
    if weight <= 0.0 || size.is_infinite() {
        return 0.0;
    }
    let bound = match problem.norm() {
        // A multiple t <= 1 brings the dual point into the dual ball.
        Norm::L1 | Norm::LInfinity if size <= 1.0 => weight,
        Norm::L1 | Norm::LInfinity => (weight / size).next_down(),
        Norm::Lp(norm) => {
            let t = best_multiple(problem.norm(), weight, size);
            let objective = |t: f64| {
                let conjugate = conjugate_power_upper(norm, (t * size).next_up());
                ((t * weight).next_down() - conjugate).next_down()
            };
            objective(t).max(objective(1.0))
        }
    };
    bound.max(0.0)
}
