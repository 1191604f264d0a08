//! Doubles as whole numbers, and fractions of whole numbers as doubles.

use dashu_int::ops::{Abs, BitTest};
use dashu_int::{IBig, UBig};
use mirrorhead_kernels::max_abs;

use crate::exact_rows::parts;

/// Binary digits below the first one of the largest entry that are kept.
const KEPT: i64 = 200;

/// `$2^{-1074}$` is the smallest double, of which all are multiples.
const LEAST: i64 = -1074;

/// Binary digits that a quotient has at least: more than two doubles.
const QUOTIENT_DIGITS: usize = 130;

/// `$x_k = m_k 2^e$`.
pub(super) struct WholeVector {
    /// `$m$`.
    pub numbers: Vec<IBig>,
    /// `$e$`.
    pub exponent: i64,
}

impl WholeVector {
    /// `x`, but for digits far below the first one of its largest entry.
    pub fn near(x: &[f64]) -> Self {
        let (significand, of_largest) = parts(max_abs(x));
        let top = of_largest + 64 - i64::from(significand.leading_zeros());
        let exponent = (top - KEPT).max(LEAST);
        let whole = |x: &f64| {
            let (significand, own) = parts(*x);
            match usize::try_from(own - exponent) {
                Ok(shift) => IBig::from(significand) << shift,
                Err(_) => IBig::from(significand >> (exponent - own).min(63)),
            }
        };
        Self { numbers: x.iter().map(whole).collect(), exponent }
    }

    /// Sums of terms `$m 2^e$`, given as (position, `$m$`, `$e$`), exactly.
    pub fn sums(len: usize, terms: &[(usize, IBig, i64)]) -> Self {
        let exponent = terms.iter().map(|(_, _, e)| *e).min().unwrap_or(0);
        let mut numbers = vec![IBig::ZERO; len];
        for (k, m, e) in terms {
            numbers[*k] += m << usize::try_from(e - exponent).expect("the least exponent");
        }
        Self { numbers, exponent }
    }

    /// The same as doubles, which it is.
    pub fn doubles(&self) -> Vec<f64> {
        self.numbers.iter().map(|m| scaled(m.to_f64().value(), self.exponent)).collect()
    }
}

/// `$x 2^e$`, in steps that are doubles themselves.
pub(super) fn scaled(mut x: f64, mut exponent: i64) -> f64 {
    while exponent != 0 && x != 0.0 && x.is_finite() {
        let step = exponent.clamp(-512, 512);
        x *= f64::from_bits(u64::try_from(1023 + step).expect("within the range") << 52);
        exponent -= step;
    }
    x
}

/// A fraction in doubles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rounded {
    /// The double next to it, almost always.
    pub value: f64,
    /// What is missing, rounded.
    pub rest: f64,
    /// By how much the sum may be off.
    pub error: f64,
}

impl Rounded {
    /// `$2^e m / d$`; what is no double is infinite.
    pub fn of(numerator: &IBig, denominator: &UBig, exponent: i64) -> Self {
        let bits = numerator.clone().into_parts().1.bit_len();
        let shift = (denominator.bit_len() + QUOTIENT_DIGITS).saturating_sub(bits);
        let quotient = (numerator.abs() << shift) / IBig::from(denominator.clone());
        let leading = quotient.to_f64().value();
        if !leading.is_finite() {
            return Self { value: f64::INFINITY, rest: 0.0, error: f64::INFINITY };
        }
        let (significand, own) = parts(leading);
        // A whole number: its exponent isn't negative.
        let rest = quotient - (IBig::from(significand) << usize::try_from(own).unwrap_or(0));
        let sign = if *numerator < IBig::ZERO { -1.0 } else { 1.0 };
        let exponent = exponent - i64::try_from(shift).expect("few digits");
        let value = sign * scaled(leading, exponent);
        let rest = sign * scaled(rest.to_f64().value(), exponent);
        Self { value, rest, error: value.abs() * ERROR + f64::MIN_POSITIVE }
    }
}

/// `$2^{-100}$`: a double and another one for what it misses leave less of a number.
const ERROR: f64 = f64::from_bits((1023 - 100) << 52);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_whole_numbers_times_a_power_of_two() {
        let x = [0.1, -3e-20, 0.0, 7.5, 1e-90];
        let whole = WholeVector::near(&x).doubles();
        assert_eq!(whole[..4], x[..4]);
        assert_eq!(whole[4], 0.0, "too small to count");
        for x in [[1e-300, 3e-308], [5e-324, -1.5e-323], [f64::MAX, 1e300]] {
            assert_eq!(WholeVector::near(&x).doubles(), x);
        }
    }

    #[test]
    fn a_third_to_thirty_digits() {
        let third = Rounded::of(&IBig::from(-1), &UBig::from(3u8), 0);
        assert_eq!(third.value, -1.0 / 3.0);
        // 3 (value + rest) + 1 is what is off, three times.
        let off = (3.0f64).mul_add(third.value, 1.0) + 3.0 * third.rest;
        assert!(off.abs() < 1e-30 && third.error < 1e-29);
        let large = Rounded::of(&(IBig::from(3) << 3000), &(UBig::ONE << 2990), 10);
        assert_eq!((large.value, large.rest), (3.0 * 2f64.powi(20), 0.0));
        assert_eq!(Rounded::of(&IBig::ZERO, &UBig::ONE, 5).value, 0.0);
    }
}
