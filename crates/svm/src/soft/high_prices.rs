//! Prices that are provably so high that no row is given up, where rows can be separated.
//!
//! `$[A, t y]$` as an operator tells whether they can, and the `$w_0$` of its largest margin, in which the intercept counts,
//! bounds the multipliers of the problem in which it doesn't: `$\sum_j b_j\lambda_j = \lVert w\rVert^d \le \lVert
//! w_0\rVert^d$` for the degree `$d$` of `$\varphi$`.

use mirrorhead_kernels::{LinearOperator, elementary, max_abs};

use crate::rows::inverse_power_of_two;
use crate::soft::operators::{Appended, Augmented};
use crate::soft::regularizer::degree;
use crate::{
    FarkasCertificate, HardMarginProblem, Norm, Outcome, StallReason, SvmError, WatchedSettings,
    WorkCounters, solve,
};

/// The gap to which the problem with the intercept in the norm is solved.
const ROUGH: f64 = 0.5;

/// Bounds below this share of the largest count as this much, in the price of their rows.
const LEAST_BOUND: f64 = 1e-3;

/// Prices in units of `$w$` in which the solution is of size one.
pub(crate) struct HighPrices {
    /// The unit of `$w$`, a power of two.
    pub unit: f64,
    /// `$C_j$`.
    pub prices: Vec<f64>,
    pub work: WorkCounters,
}

/// Why there are none.
pub(crate) enum NoPrices {
    NotSeparable(FarkasCertificate),
    Stalled(StallReason),
}

/// The prices for these rows, with the intercept's column `signs` if there is one.
pub(crate) fn high_prices(
    operator: &dyn LinearOperator,
    norm: Norm,
    bounds: &[f64],
    signs: Option<&[f64]>,
    settings: &WatchedSettings<'_>,
) -> Result<Result<HighPrices, NoPrices>, SvmError> {
    let rough =
        settings.with_settings(settings.with_relative_gap(settings.relative_gap.max(ROUGH)));
    let outcome = match signs {
        None => {
            let problem = HardMarginProblem::with_bounds(operator, norm, bounds.to_vec())?;
            solve(&problem, &rough)?
        }
        Some(signs) => {
            // The intercept in the units of the rows: whatever satisfies them gives a bound.
            let mut sizes = vec![0.0; signs.len()];
            operator.row_max_abs(&mut sizes);
            let unit = inverse_power_of_two(max_abs(&sizes)).recip();
            let column = signs.iter().map(|y| unit * y).collect();
            let bordered = Augmented::new(operator, Appended::Column(column));
            let problem = HardMarginProblem::with_bounds(&bordered, norm, bounds.to_vec())?;
            solve(&problem, &rough)?
        }
    };
    let start = match outcome {
        Outcome::MaxMargin(found) => found,
        Outcome::NotSeparable(proof) => return Ok(Err(NoPrices::NotSeparable(proof))),
        Outcome::Inconclusive(stalled) => return Ok(Err(NoPrices::Stalled(stalled.reason))),
    };
    let size = norm.of(&start.w[..operator.ncols()]);
    if size == 0.0 {
        // The intercept alone satisfies the rows, which have one sign.
        return Ok(Err(NoPrices::Stalled(StallReason::Precision)));
    }
    // In units in which the solution is of size one.
    let unit = inverse_power_of_two(size).recip();
    let price = 2.0 * elementary::powf(size / unit, degree(norm));
    let largest = bounds.iter().fold(0.0f64, |most, b| most.max(*b));
    let prices = bounds.iter().map(|b| price / b.max(LEAST_BOUND * largest)).collect();
    Ok(Ok(HighPrices { unit, prices, work: start.work }))
}
