//! How strong the penalty has to be for another exponent, so that its solution is of the same size.
//!
//! The method starts at `$p = 2$`, with `$\tfrac{\kappa}{2}\lVert w\rVert_2^2$` in place of `$\varphi(w)$`, and the strength
//! `$\kappa$` decides how many rows its solution gives up. It is chosen so that the multiple of the current
//! `$w$` that is best for `$\varphi$` is best for the substitute as well. On the way to `$p$` it becomes 1 by itself.

use crate::Norm;
use crate::soft::SoftMarginProblem;
use crate::soft::regularizer::degree;
use mirrorhead_kernels::elementary;

/// Below this share of the objective the penalty hardly matters, and its strength is that of a larger `$w$`.
const NEGLIGIBLE: f64 = 1e-3;

/// The strength `$\kappa$` in `norm` that goes with `w`, of these `margins` `$= A w$`.
pub(crate) fn strength(
    problem: &SoftMarginProblem<'_>,
    norm: Norm,
    w: &[f64],
    margins: &[f64],
    intercept: f64,
) -> f64 {
    let target = problem.norm();
    let (of_target, of_norm) = (target.of(w), norm.of(w));
    if !(of_target > 0.0 && of_norm > 0.0) {
        return 1.0;
    }
    let (d, e) = (degree(target), degree(norm));
    let best = log_best_multiple(problem, of_target, margins, intercept);
    let scaled: Vec<f64> = margins.iter().map(|m| elementary::exp(best) * m).collect();
    let penalty = elementary::exp(d * (best + elementary::ln(of_target))) / d;
    let objective = penalty + problem.hinge(&scaled, intercept);
    let log_t = best.max(elementary::ln(NEGLIGIBLE * objective) / d - elementary::ln(of_target));
    // Costs so large that their sum is infinite tell no strength.
    if !objective.is_finite() {
        return 1.0;
    }
    let log = d * (log_t + elementary::ln(of_target)) - e * (log_t + elementary::ln(of_norm));
    elementary::exp(log.clamp(-600.0, 600.0))
}

/// The logarithm of the `$t$` that minimises `$\varphi(t w) + \sum_j C_j(b_j - t m_j - \beta y_j)_+$`.
fn log_best_multiple(
    problem: &SoftMarginProblem<'_>,
    size: f64,
    margins: &[f64],
    intercept: f64,
) -> f64 {
    let degree = degree(problem.norm());
    // Whether the derivative by t is positive.
    let is_beyond = |log_t: f64| {
        let t = elementary::exp(log_t);
        let pull: f64 = (0..margins.len())
            .filter(|&j| problem.bounds()[j] - t * margins[j] - problem.shift(j, intercept) > 0.0)
            .map(|j| problem.costs()[j] * margins[j])
            .sum();
        pull <= 0.0 || degree * (log_t + elementary::ln(size)) - log_t >= elementary::ln(pull)
    };
    let (mut low, mut high) = (-40.0, 40.0);
    if is_beyond(low) {
        return low;
    }
    while high - low > 1e-2 {
        let middle = 0.5 * (low + high);
        if is_beyond(middle) { high = middle } else { low = middle }
    }
    low
}
