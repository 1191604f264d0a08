//! Exponentials and their logarithms, many at once.

use crate::simd_dispatch;

/// `$e^{x}$`, branch-free so that it vectorises.
///
/// `$x = k \log 2 + r$` with `$\lvert r\rvert \le \tfrac12\log 2$`, a Taylor polynomial of degree 13 for
/// `$e^{r}$` (remainder below `$10^{-17}$`), and `$2^{k}$` put into the exponent field. Within 2 units in
/// the last place wherever the result is normal; below `$e^{-708}$` it is zero, above `$e^{709}$`
/// infinite.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    /// Adding and subtracting it rounds to the nearest whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    /// `$\log 2$` in two parts; the first has trailing zeros, so that its multiples are exact.
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // Pairs first: a shorter chain of dependent operations than Horner's.
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let p01 = 1.0 + r;
    let p23 = 1.0 / 2.0 + r * (1.0 / 6.0);
    let p45 = 1.0 / 24.0 + r * (1.0 / 120.0);
    let p67 = 1.0 / 720.0 + r * (1.0 / 5_040.0);
    let p89 = 1.0 / 40_320.0 + r * (1.0 / 362_880.0);
    let p1011 = 1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0);
    let p1213 = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let tail = (p89 + r2 * p1011) + r4 * p1213;
    let p = (p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * tail);
    // The low bits of `shifted` are k: moved to the exponent field they multiply by 2^k.
    let scaled = f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x < -708.0 {
        0.0
    } else if x > 709.0 {
        f64::INFINITY
    } else if x.is_nan() {
        x
    } else {
        scaled
    }
}

/// `$\mathtt{out}_k = \log(1 + e^{x_k})$`, without overflow, cancellation or underflow to a wrong zero.
///
/// `$\max(x, 0) + \log(1 + y)$` with `$y = e^{-\lvert x\rvert} \le 1$`, and
/// `$\log(1 + y) = 2 \operatorname{artanh} s$`, `$s = y/(2 + y) \le \tfrac13$`, by its series to `$s^{33}$`.
///
/// ```
/// use mirrorhead_kernels::softplus;
/// let mut out = [0.0; 3];
/// softplus(&[-50.0, 0.0, 1e300], &mut out);
/// assert!((out[0] / (-50f64).exp() - 1.0).abs() < 1e-15);
/// assert!((out[1] - 2f64.ln()).abs() < 1e-15 && out[2] == 1e300);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn softplus(x: &[f64], out: &mut [f64]) {
    assert_eq!(x.len(), out.len(), "one value an argument");
    simd_dispatch(
        #[inline(always)]
        || {
            for (out, x) in out.iter_mut().zip(x) {
                let positive = if *x > 0.0 { *x } else { 0.0 };
                *out = positive + log_one_plus(exp(-x.abs()));
            }
        },
    );
}

/// `$\log(1 + y)$` for `$0 \le y \le 1$`.
#[inline(always)]
fn log_one_plus(y: f64) -> f64 {
    let s = y / (2.0 + y);
    let square = s * s;
    let mut series = 1.0 / 33.0;
    for k in (0..16u32).rev() {
        series = series * square + 1.0 / f64::from(2 * k + 1);
    }
    2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::{exp, softplus};
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range_are_right() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(exp(-708.5), 0.0);
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_library(x in -708.0..708.0f64) {
            prop_assert!((exp(x) / x.exp() - 1.0).abs() <= 2.0 * f64::EPSILON, "{x}");
        }

        #[test]
        fn softplus_agrees_with_the_library(x in -700.0..700.0f64) {
            let mut value = [0.0];
            softplus(&[x], &mut value);
            let expected = x.max(0.0) + (-x.abs()).exp().ln_1p();
            prop_assert!((value[0] / expected - 1.0).abs() <= 4.0 * f64::EPSILON, "{x}");
        }

        #[test]
        fn small_arguments_too(x in -1.0..1.0f64) {
            prop_assert!((exp(x) / x.exp() - 1.0).abs() <= 2.0 * f64::EPSILON, "{x}");
        }
    }
}
