//! What an exactly feasible vector and multipliers of both kinds prove, rounded outward.

use mirrorhead_kernels::max_abs;

use super::exact_point::ExactPoint;
use crate::HardMarginProblem;
use crate::certificate::{scale_of, size_upper};
use crate::norm_pair::NormPair;
use crate::remainder::Expansion;
use crate::sharp_products::{sharp_margins, sharp_slack};

/// `$\min_{j : b_j > 0} (A w')_j / b_j$` over `$\lVert w'\rVert_p$`, rounded down; `$-\infty$` if some row isn't proven to
/// hold, or the margin to be positive.
pub(super) fn lower_bound(
    problem: &HardMarginProblem<'_>,
    point: &ExactPoint,
    vanishing: &[bool],
) -> f64 {
    let lower = proven_scale(problem, point, vanishing).and_then(|scale| {
        let size = size_upper(&problem.norm(), expansion(point));
        let size = (size + problem.norm().size_upper(&point.errors)).next_up();
        let lower = (scale / size).next_down();
        (lower > 0.0 && lower.is_finite()).then_some(lower)
    });
    lower.unwrap_or(f64::NEG_INFINITY)
}

fn expansion(point: &ExactPoint) -> Expansion<'_> {
    Expansion { leading: &point.w, rest: &point.rest }
}

/// A positive number `$\rho$` for which `$w'/\rho$` satisfies every constraint, where `$(A w)_j = 0$` exactly for the `vanishing` rows.
pub(super) fn proven_scale(
    problem: &HardMarginProblem<'_>,
    point: &ExactPoint,
    vanishing: &[bool],
) -> Option<f64> {
    let operator = problem.operator();
    let margins = sharp_margins(operator, expansion(point));
    let mut errors = vec![0.0; margins.len()];
    let is_exact = max_abs(&point.errors) == 0.0;
    if !is_exact {
        operator.apply_abs(&point.errors, &mut errors);
    }
    // Twice the error, for the rounding of its own sum, and what underflows in it.
    let underflow = operator.rounding_depth() as f64 * f64::from_bits(2);
    let below = |margin: f64, error: f64| {
        if is_exact { margin } else { (margin - (2.0 * error + underflow)).next_down() }
    };
    let pairs = margins.iter().zip(&errors);
    let mut least: Vec<f64> = pairs.map(|(margin, error)| below(margin.lower(), *error)).collect();
    for (least, _) in least.iter_mut().zip(vanishing).filter(|(_, vanishes)| **vanishes) {
        *least = 0.0;
    }
    let slack = |j: usize, rho: f64| {
        if vanishing[j] {
            return -rho * problem.bounds()[j];
        }
        let slack = sharp_slack(operator, expansion(point), j, (rho, problem.bounds()[j]));
        slack.map_or(f64::NEG_INFINITY, |slack| below(slack.lower(), errors[j]))
    };
    scale_of(problem.bounds(), &least, &slack).filter(|rho| *rho > 0.0)
}
