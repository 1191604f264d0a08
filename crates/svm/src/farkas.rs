//! From multipliers whose pull nearly vanishes to a verified Farkas certificate.

use mirrorhead_kernels::max_abs;

use crate::limits::Limits;
use crate::newton::{Form, NewtonMatrix};
use crate::rows::EquilibratedRows;
use crate::{FarkasCertificate, HardMarginProblem, WorkCounters};

/// How often multipliers are tried, and corrected for the next time.
const ROUNDS: usize = 4;

/// Corrects `multipliers` by the smallest relative change that cancels `$A^\top\lambda$`, and checks the
/// result against the data. At most `most` rows are factored.
///
/// `$\min_\delta \lVert A^\top(\lambda + \delta)\rVert^2 + \varepsilon\lVert\delta/\lambda\rVert^2$`, a few times over:
/// `$(A A^\top + \varepsilon\Lambda^{-2})\,\delta = -A A^\top\lambda$`, in the form that costs less.
pub(crate) fn polished(
    problem: &HardMarginProblem<'_>,
    rows: &mut EquilibratedRows<'_>,
    multipliers: &[f64],
    most: usize,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Option<FarkasCertificate> {
    let mut multipliers = multipliers.to_vec();
    let mut newton = NewtonMatrix::in_form(Form::of(rows), rows.len(), rows.ncols(), most);
    let ones = vec![1.0; rows.ncols()];
    let go_on = || limits.check().is_ok();
    for round in 0..ROUNDS {
        let unscaled = rows.unscaled(&multipliers);
        let proof = if round == 0 {
            FarkasCertificate::proven(problem, &unscaled, &go_on)
        } else {
            FarkasCertificate::proven_again(problem, &unscaled, &go_on)
        };
        if proof.is_some() {
            return proof;
        }
        let largest = max_abs(&multipliers);
        for l in &mut multipliers {
            *l /= largest;
        }
        let diagonal: Vec<f64> = multipliers.iter().map(|l| 1e-10 / (l * l).max(1e-30)).collect();
        newton.factor(rows, &ones, &diagonal, limits, work).ok()?;
        for _ in 0..2 {
            let delta = correction(rows, &mut newton, (&multipliers, &diagonal), limits, work);
            for (l, d) in multipliers.iter_mut().zip(&delta) {
                *l = (*l - d).max(0.0);
            }
        }
    }
    None
}

/// `$(A A^\top + \Sigma)^{-1} A u = \Sigma^{-1} A\,(A^\top\Sigma^{-1} A + I)^{-1} u$` for `$u = A^\top\lambda$`.
fn correction(
    rows: &mut EquilibratedRows<'_>,
    newton: &mut NewtonMatrix,
    (multipliers, diagonal): (&[f64], &[f64]),
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Vec<f64> {
    let (mut dual_point, mut delta) = (vec![0.0; rows.ncols()], vec![0.0; rows.len()]);
    rows.apply_adjoint(multipliers, &mut dual_point);
    if newton.form() == Form::Unknowns {
        newton.solve(rows, &mut dual_point, limits, work);
        rows.apply(&dual_point, &mut delta);
        for (d, sigma) in delta.iter_mut().zip(diagonal) {
            *d /= sigma;
        }
    } else {
        rows.apply(&dual_point, &mut delta);
        newton.solve(rows, &mut delta, limits, work);
    }
    delta
}
