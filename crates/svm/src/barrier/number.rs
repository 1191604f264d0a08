//! Numbers of many digits.

use dashu_float::{FBig, round::mode::Zero};
use dashu_int::{IBig, UBig};

/// A binary number, rounded towards zero: what a double leaves of it has its sign.
pub(crate) type Wide = FBig<Zero, 2>;

/// Binary digits of all numbers: Newton matrices have the squares of all slacks and units in them, `$10^{100}$` apart.
pub(super) const DIGITS: usize = 512;

/// Binary digits of powers, far more than a relative gap has.
const POWER_DIGITS: usize = 160;

/// A finite double.
pub(crate) fn wide(x: f64) -> Wide {
    Wide::try_from(x).expect("a finite number").with_precision(DIGITS).value()
}

/// `$m 2^e$` in so many binary digits.
pub(super) fn scaled(significand: IBig, exponent: isize, digits: usize) -> Wide {
    Wide::from_parts(significand, exponent).with_precision(digits).value()
}

/// The double next to `x` on the side of zero.
pub(super) fn double(x: &Wide) -> f64 {
    x.to_f64().value()
}

/// `$x^e$` for `$x > 0$`.
pub(super) fn power(x: &Wide, exponent: &Wide) -> Wide {
    if *exponent == wide(1.0) {
        return x.clone();
    }
    if *exponent == wide(2.0) {
        return x * x;
    }
    let short = |x: &Wide| x.clone().with_precision(POWER_DIGITS).value();
    let power = (short(exponent) * short(x).ln()).exp();
    power.with_precision(DIGITS).value()
}

/// So many doubles of one sign that add up to `x`, but for less than the last digit of the last of them.
pub(super) fn doubles(x: &Wide, parts: usize) -> Vec<f64> {
    let mut rest = x.clone();
    let part = |_| {
        let part = double(&rest);
        rest -= wide(part);
        part
    };
    (0..parts).map(part).collect()
}

/// So many vectors of doubles that add up to `x`, entry by entry as [`doubles`] do.
pub(crate) fn split(x: &[Wide], parts: usize) -> Vec<Vec<f64>> {
    let all: Vec<Vec<f64>> = x.iter().map(|x| doubles(x, parts)).collect();
    (0..parts).map(|k| all.iter().map(|x| x[k]).collect()).collect()
}

/// `$x^\top y$`.
pub(super) fn dot(x: &[Wide], y: &[Wide]) -> Wide {
    let mut sum = wide(0.0);
    for (x, y) in x.iter().zip(y) {
        sum += x * y;
    }
    sum
}

/// Whole numbers `$m$` and an `$e$` with `$x_j = m_j 2^e$` to so many digits of the largest: products of these cost a third.
pub(super) fn aligned(x: &[Wide], digits: usize) -> (Vec<IBig>, isize) {
    let exponent = x.iter().filter_map(top).max().unwrap_or(0);
    let exponent = exponent - digits.cast_signed();
    (x.iter().map(|x| multiple(x, exponent)).collect(), exponent)
}

/// `$x / 2^e$`, rounded to a whole number.
pub(super) fn multiple(x: &Wide, exponent: isize) -> IBig {
    if top(x).is_none() {
        return IBig::ZERO;
    }
    let (significand, shift) = (x.repr().significand(), x.repr().exponent() - exponent);
    let by = shift.unsigned_abs();
    if shift >= 0 { significand << by } else { significand >> by }
}

/// The `$e$` with `$2^{e-1} \le \lvert x\rvert < 2^e$`, none for zero.
pub(super) fn top(x: &Wide) -> Option<isize> {
    let is_zero = x.repr().significand().is_zero();
    (!is_zero).then(|| x.repr().exponent() + x.digits().cast_signed())
}

/// `$2^e m / d$` for a whole `$d > 0$`.
pub(crate) fn quotient(numerator: &IBig, denominator: &UBig, exponent: i64) -> Wide {
    let whole = |m: IBig| scaled(m, 0, DIGITS);
    let quotient = whole(numerator.clone()) / whole(IBig::from(denominator.clone()));
    quotient * scaled(1.into(), isize::try_from(exponent).expect("few digits"), DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for x in [wide(1.0) / wide(3.0), wide(-2.0) / wide(7.0)] {
            let parts = doubles(&x, 3);
            let sum = parts.iter().fold(wide(0.0), |sum, part| sum + wide(*part));
            assert!(parts.iter().all(|part| part.signum() == parts[0].signum()), "{parts:?}");
            assert!(double(&((x - sum) / wide(parts[0]))).abs() < 1e-47);
        }
    }

    #[test]
    fn aligned_numbers_are_the_same() {
        let x = [wide(1e30) / wide(3.0), wide(0.0), wide(-7e-40), wide(1e-300)];
        let (whole, exponent) = aligned(&x, DIGITS);
        for (x, m) in x.iter().zip(whole) {
            let off = (scaled(m, exponent, DIGITS) - x) / wide(1e30);
            assert!(double(&off).abs() < 1e-150);
        }
        assert_eq!(aligned(&[wide(0.0)], DIGITS).0, [IBig::ZERO]);
    }

    #[test]
    fn powers_of_what_no_double_holds() {
        let x = wide(1e-300) * wide(1e-300);
        let ratio = power(&x, &wide(0.25)) / wide(1e-150);
        assert!((double(&ratio) - 1.0).abs() < 1e-15);
    }
}
