//! Multipliers in their box that meet `$y^\top\lambda = 0$` exactly.
//!
//! As multiples of one small power of two they are whole numbers and their sums are exact. What `$y^\top\lambda$` is off by
//! is taken from multipliers of the heavier sign, of each in steps of its own last digit: so none loses more digits
//! than rounding takes.

use mirrorhead_kernels::max_abs;

use crate::exact_rows::parts;
use crate::exact_sum::ExactSum;
use crate::remainder::Expansion;
use crate::soft::SoftMarginProblem;

/// Binary digits below the first of the largest multiplier that count: sums of four million stay below `$2^{127}$`.
const DIGITS: i64 = 104;

/// No number has digits below this power of two.
const LAST: i64 = -1074;

/// Passes over the multipliers after which `$y^\top\lambda$` is given up.
const PASSES: usize = 8;

/// `multipliers` brought into the box, and with `$y^\top\lambda = 0$` exactly where there is an intercept.
pub(crate) fn balanced(problem: &SoftMarginProblem<'_>, multipliers: &[f64]) -> Vec<f64> {
    let boxed = multipliers.iter().zip(problem.costs()).map(|(l, c)| l.clamp(0.0, *c));
    let multipliers: Vec<f64> = boxed.collect();
    let Some(signs) = problem.signs() else { return multipliers };
    let largest = max_abs(&multipliers);
    if !largest.is_normal() {
        return vec![0.0; multipliers.len()];
    }
    let (significand, exponent) = parts(largest);
    let top = exponent + i64::from(significand.ilog2());
    // In two steps, so that each is in range.
    let last = (top - DIGITS).max(LAST);
    let (half, rest) = (power_of_two(last / 2), power_of_two(last - last / 2));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 2^105, and what is below 1 is cut off"
    )]
    let whole = multipliers.iter().map(|l| (l / half / rest) as i128);
    let mut whole: Vec<i128> = whole.collect();
    if !is_settled(signs, &mut whole) {
        return vec![0.0; multipliers.len()];
    }
    whole.into_iter().map(|l| l as f64 * half * rest).collect()
}

/// `$2^k$` for exponents of normal numbers.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits((exponent + 1023).cast_unsigned() << 52)
}

/// Takes from whole numbers of 53 digits each what their signed sum is off by; false if that leads nowhere.
fn is_settled(signs: &[f64], whole: &mut [i128]) -> bool {
    let pairs = signs.iter().zip(whole.iter());
    let mut surplus: i128 = pairs.map(|(y, l)| if *y > 0.0 { *l } else { -*l }).sum();
    for _ in 0..PASSES {
        if surplus == 0 {
            break;
        }
        let is_heavy = |y: f64| (y > 0.0) == (surplus > 0);
        let sign = surplus.signum();
        // The largest first: they lose least of themselves.
        let mut order: Vec<usize> =
            (0..whole.len()).filter(|&j| is_heavy(signs[j]) && whole[j] > 0).collect();
        order.sort_by(|&j, &k| whole[k].cmp(&whole[j]).then(j.cmp(&k)));
        let share = surplus.abs() / i128::try_from(order.len().max(1)).expect("few rows");
        for most in [share, i128::MAX] {
            for &j in &order {
                let taken = surplus.abs().min(whole[j]).min(most);
                let taken = taken - taken % spacing(whole[j]);
                whole[j] -= taken;
                surplus -= sign * taken;
            }
        }
        // Less than a last digit is left: one more of the finest is taken, and the rest from the other sign.
        if surplus != 0
            && let Some(&j) =
                order.iter().filter(|&&j| whole[j] > 0).min_by_key(|&&j| spacing(whole[j]))
        {
            surplus -= sign * spacing(whole[j]);
            whole[j] -= spacing(whole[j]);
        }
    }
    surplus == 0
}

/// The last digit of a number of 53 digits.
fn spacing(whole: i128) -> i128 {
    1 << (128 - whole.leading_zeros()).saturating_sub(53)
}

/// Whether `$y^\top\lambda$` is zero in exact arithmetic.
pub(crate) fn is_balanced(signs: &[f64], multipliers: Expansion<'_>) -> bool {
    let mut sum = ExactSum::default();
    for part in multipliers.parts() {
        for (y, l) in signs.iter().zip(part) {
            sum.add(y * l);
        }
    }
    sum.rounded() == 0.0
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
        for spread in [1.0, 1e-6, 1e-12] {
            let raw: Vec<f64> = (0..m)
                .map(|j| {
                    let size = if j % 4 == 1 { spread } else { 1.0 };
                    0.7 * size * (j as f64 * 0.37).sin().abs()
                })
                .collect();
            let total = |sign: f64, l: &[f64]| -> f64 {
                l.iter().zip(&signs).filter(|(_, y)| **y == sign).map(|(l, _)| l).sum()
            };
            let factor = total(1.0, &raw) / total(-1.0, &raw);
            let raw: Vec<f64> = raw
                .iter()
                .zip(&signs)
                .map(|(l, y)| if *y < 0.0 { l * factor.min(1.0) } else { l / factor.max(1.0) })
                .collect();
            assert!(!is_balanced(&signs, (&raw).into()));
            let found = balanced(&problem, &raw);
            assert!(is_balanced(&signs, (&found).into()));
            for (l, raw) in found.iter().zip(&raw) {
                // To rounding of the largest.
                let close = (l - raw).abs() <= 4.0 * f64::EPSILON;
                assert!((0.0..=0.7).contains(l) && close, "{spread}: {l} {raw}");
            }
        }
        // As small as can be.
        let tiny: Vec<f64> = (0..m).map(|j| if j < 2 { 3e-300 } else { 0.0 }).collect();
        assert_eq!(balanced(&problem, &tiny), tiny);
        // However unbalanced: the multipliers of one sign only.
        let lone: Vec<f64> = signs.iter().map(|y| y.max(0.0) * 0.5).collect();
        assert!(balanced(&problem, &lone).iter().all(|l| *l == 0.0));
    }

    #[test]
    fn sums_of_any_size_are_told_from_zero() {
        let signs = [1.0, 1.0, -1.0, -1.0];
        let is_zero = |l: [f64; 4]| is_balanced(&signs, l.as_slice().into());
        assert!(is_zero([1e200, 1e-200, 1e200, 1e-200]));
        assert!(!is_zero([1e200, 1e-200, 1e200, 2e-200]));
        assert!(!is_zero([0.1, 0.2, 0.3, 0.0]));
    }
}
