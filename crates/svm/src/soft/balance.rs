//! Multipliers in their box that meet `$y^\top\lambda = 0$` exactly.
//!
//! Rounded down to multiples of one power of two, of which the sum has fewer than `$2^{52}$`, they are whole
//! numbers and their sums are exact. What `$y^\top\lambda$` is then off by, a few units, is taken from the
//! multipliers of the heavier sign.

use mirrorhead_kernels::LinearOperator;

use crate::soft::SoftMarginProblem;

/// `$2^{52}$`.
const UNITS: f64 = 4_503_599_627_370_496.0;

/// `multipliers` brought into the box, and with `$y^\top\lambda = 0$` exactly where there is an intercept.
pub(crate) fn balanced<A: LinearOperator + ?Sized>(
    problem: &SoftMarginProblem<'_, A>,
    multipliers: &[f64],
) -> Vec<f64> {
    let boxed = multipliers.iter().zip(problem.costs()).map(|(l, c)| l.clamp(0.0, *c));
    let mut multipliers: Vec<f64> = boxed.collect();
    let Some(signs) = problem.signs() else { return multipliers };
    let total: f64 = multipliers.iter().sum();
    if total.is_nan() || total < f64::MIN_POSITIVE * UNITS {
        return vec![0.0; multipliers.len()];
    }
    // At least the total over 2^51, so that partial sums stay below 2^52 units.
    let unit = 4.0 / UNITS / crate::rows::inverse_power_of_two(total);
    let mut surplus = 0.0;
    for (l, y) in multipliers.iter_mut().zip(signs) {
        *l = (*l / unit).floor();
        surplus += y * *l;
    }
    // The largest first: they lose least of themselves.
    let mut order: Vec<usize> =
        (0..multipliers.len()).filter(|&j| signs[j] * surplus > 0.0).collect();
    order.sort_by(|&j, &k| multipliers[k].total_cmp(&multipliers[j]).then(j.cmp(&k)));
    let mut left = surplus.abs();
    for &j in &order {
        let share = (surplus.abs() / order.len() as f64).ceil().min(left).min(multipliers[j]);
        multipliers[j] -= share;
        left -= share;
    }
    for j in order {
        let share = left.min(multipliers[j]);
        multipliers[j] -= share;
        left -= share;
    }
    for l in &mut multipliers {
        *l *= unit;
    }
    multipliers
}

/// Whether `$y^\top\lambda$` is zero in exact arithmetic, by a sum without errors (Shewchuk, Discrete Comput.
/// Geom. 18, 1997).
pub(crate) fn is_balanced(signs: &[f64], multipliers: &[f64]) -> bool {
    let mut parts: Vec<f64> = Vec::new();
    for (y, l) in signs.iter().zip(multipliers) {
        let mut carried = y * l;
        let mut kept = 0;
        for k in 0..parts.len() {
            let sum = carried + parts[k];
            let shift = sum - carried;
            let error = (carried - (sum - shift)) + (parts[k] - shift);
            if error != 0.0 {
                parts[kept] = error;
                kept += 1;
            }
            carried = sum;
        }
        parts.truncate(kept);
        if carried != 0.0 {
            parts.push(carried);
        }
    }
    parts.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Norm;
    use mirrorhead_kernels::{DenseRows, Matrix};

    #[test]
    fn balanced_multipliers_stay_close_and_in_the_box() {
        let m = 37;
        let rows = DenseRows::new(&Matrix::from_fn(m, 1, |j, _| 1.0 + j as f64));
        let signs: Vec<f64> = (0..m).map(|j| if j % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let problem = SoftMarginProblem::new(&rows, Norm::L1, 0.7).unwrap();
        let problem = problem.with_intercept(&signs).unwrap();
        let raw: Vec<f64> = (0..m).map(|j| 0.7 * (j as f64 * 0.37).sin().abs()).collect();
        let total = |sign: f64, l: &[f64]| -> f64 {
            l.iter().zip(&signs).filter(|(_, y)| **y == sign).map(|(l, _)| l).sum()
        };
        let factor = total(1.0, &raw) / total(-1.0, &raw);
        let raw: Vec<f64> = raw
            .iter()
            .zip(&signs)
            .map(|(l, y)| if *y < 0.0 { l * factor.min(1.0) } else { l / factor.max(1.0) })
            .collect();
        assert!(!is_balanced(&signs, &raw));
        let found = balanced(&problem, &raw);
        assert!(is_balanced(&signs, &found));
        for (l, raw) in found.iter().zip(&raw) {
            assert!((0.0..=0.7).contains(l) && (l - raw).abs() < 1e-13, "{l} {raw}");
        }
        // However unbalanced: the multipliers of one sign only.
        let lone: Vec<f64> = signs.iter().map(|y| y.max(0.0) * 0.5).collect();
        assert!(balanced(&problem, &lone).iter().all(|l| *l == 0.0));
    }

    #[test]
    fn sums_of_any_size_are_told_from_zero() {
        let signs = [1.0, 1.0, -1.0, -1.0];
        assert!(is_balanced(&signs, &[1e200, 1e-200, 1e200, 1e-200]));
        assert!(!is_balanced(&signs, &[1e200, 1e-200, 1e200, 2e-200]));
        assert!(!is_balanced(&signs, &[0.1, 0.2, 0.3, 0.0]));
    }
}
