//! Multipliers near those of the solution at `$p = 2$`, by products alone.

use mirrorhead_kernels::dot;

use crate::limits::Limits;
use crate::rows::EquilibratedRows;

/// Steps that tell rows that will be active from others, mostly, and how often as many more are taken while their number
/// falls and is near that of unknowns, which is no system to solve.
const STEPS: usize = 30;
const MOST_ROUNDS: usize = 8;

/// This share of unknowns is far enough below their number.
const FEW: f64 = 0.6;

/// More steps leave this share of the rows at most, or they are the last.
const FALL: f64 = 0.95;

/// Steps of the power method, from rows that all pull alike, and what its estimate may fall short of the
/// largest eigenvalue.
const POWER_STEPS: usize = 6;
const SAFETY: f64 = 1.2;

/// Multipliers after some accelerated projected gradient steps on `$\min_{\lambda \ge 0} \tfrac12\lVert
/// A^\top\lambda\rVert_2^2 - b^\top\lambda$`, with restarts where the gradient says so (O'Donoghue and Candès, Found.
/// Comput. Math. 15, 2015).
pub(crate) fn multipliers_nearby(
    rows: &mut EquilibratedRows<'_>,
    start: &[f64],
    limits: &Limits<'_>,
) -> Vec<f64> {
    let (mut dual_point, mut gradient) = (vec![0.0; rows.ncols()], vec![0.0; rows.len()]);
    let step = (SAFETY * largest_eigenvalue(rows, start)).recip();
    let mut now = start.to_vec();
    let mut ahead = now.clone();
    let mut momentum = 1.0f64;
    let mut pulling = rows.len();
    for steps in 1..=MOST_ROUNDS * STEPS {
        if limits.check().is_err() {
            break;
        }
        rows.apply_adjoint(&ahead, &mut dual_point);
        rows.apply(&dual_point, &mut gradient);
        let next_momentum = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        let mut uphill = 0.0;
        for (((now, ahead), gradient), bound) in
            now.iter_mut().zip(&mut ahead).zip(&gradient).zip(&rows.bounds)
        {
            let slope = gradient - bound;
            let next = (*ahead - step * slope).max(0.0);
            uphill += slope * (next - *now);
            *ahead = next + (momentum - 1.0) / next_momentum * (next - *now);
            *now = next;
        }
        momentum = next_momentum;
        if uphill > 0.0 {
            momentum = 1.0;
            ahead.copy_from_slice(&now);
        }
        if steps % STEPS == 0 {
            let last = pulling;
            pulling = now.iter().filter(|l| **l > 0.0).count();
            let is_falling = pulling as f64 <= FALL * last as f64;
            if pulling as f64 <= FEW * rows.ncols() as f64 || !is_falling {
                break;
            }
        }
    }
    now
}

/// The largest eigenvalue of `$A A^\top$`, to a few per cent.
fn largest_eigenvalue(rows: &mut EquilibratedRows<'_>, start: &[f64]) -> f64 {
    let mut dual_point = vec![0.0; rows.ncols()];
    let (mut x, mut image) = (start.to_vec(), vec![0.0; rows.len()]);
    for _ in 0..POWER_STEPS {
        let size = dot(&x, &x).sqrt().recip();
        for x in &mut x {
            *x *= size;
        }
        rows.apply_adjoint(&x, &mut dual_point);
        rows.apply(&dual_point, &mut image);
        std::mem::swap(&mut x, &mut image);
    }
    dot(&x, &x).sqrt()
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;
    use crate::{HardMarginProblem, SvmSettings};

    #[test]
    fn active_rows_are_told_from_others() {
        // The nearest point to zero of the first two rows is (1, 0); the third is beyond it.
        let rows = Matrix::from_rows(&[[1.0, 0.5], [1.0, -0.5], [1.75, 0.25]]).unwrap();
        let rows = DenseRows::new(&rows);
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let settings = SvmSettings::default().into();
        let mut rows = EquilibratedRows::new(&problem);
        let found = multipliers_nearby(&mut rows, &[0.3; 3], &Limits::start(&settings));
        assert_eq!(found[2], 0.0);
        assert!((found[0] - 0.5).abs() < 1e-2 && (found[1] - 0.5).abs() < 1e-2, "{found:?}");
    }
}
