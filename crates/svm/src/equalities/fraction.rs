//! Doubles as whole numbers, and fractions of whole numbers as doubles.

use dashu_int::ops::{Abs, BitTest};
use dashu_int::{IBig, UBig};
use mirrorhead_kernels::max_abs;

use crate::exact_rows::parts;

/// Binary digits below the first one of the largest entry that are kept.
const KEPT: i64 = 200;

/// `$2^{-1074}$` is the smallest double, of which all are multiples.
const LEAST: i64 = -1074;

/// Binary digits of a double, and of a quotient for each double that it becomes.
const DOUBLE: usize = 53;
const DIGITS_PER_DOUBLE: usize = 64;

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

    /// The sums of `parts`, exactly.
    pub fn of_parts(of: &[Vec<f64>]) -> Self {
        let terms = of.iter().flat_map(|part| part.iter().enumerate());
        let terms = terms.map(|(k, x)| {
            let (significand, exponent) = parts(*x);
            (k, IBig::from(significand), exponent)
        });
        let terms: Vec<_> = terms.filter(|(_, m, _)| !m.is_zero()).collect();
        Self::sums(of.first().map_or(0, Vec::len), &terms)
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

/// A fraction in doubles of one sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rounded {
    /// Each rounds what those before it have left, towards zero.
    pub parts: Vec<f64>,
    /// By how much their sum may be off.
    pub error: f64,
}

impl Rounded {
    /// `$2^e m / d$` in `count` doubles; what is no double is infinite.
    pub fn of((numerator, denominator): (&IBig, &UBig), exponent: i64, count: usize) -> Self {
        let bits = numerator.clone().into_parts().1.bit_len();
        let shift = (denominator.bit_len() + count * DIGITS_PER_DOUBLE).saturating_sub(bits);
        let mut rest = (numerator.abs() << shift) / IBig::from(denominator.clone());
        let sign = if *numerator < IBig::ZERO { -1.0 } else { 1.0 };
        let exponent = exponent - i64::try_from(shift).expect("few digits");
        let part = |_| {
            let below = rest.clone().into_parts().1.bit_len().saturating_sub(DOUBLE);
            let leading = &rest >> below;
            rest -= &leading << below;
            let below = i64::try_from(below).expect("few digits");
            sign * scaled(leading.to_f64().value(), exponent + below)
        };
        let parts: Vec<f64> = (0..count).map(part).collect();
        // Of parts that are subnormal the last digits are lost, at most once each.
        let underflow = f64::from_bits(4 * count as u64);
        let error = parts[0].abs() * error_of(count) + underflow;
        Self { parts, error }
    }

    /// The double next to a fraction on the side of zero.
    pub fn double(fraction: (&IBig, &UBig), exponent: i64) -> f64 {
        Self::of(fraction, exponent, 1).parts[0]
    }
}

/// More than so many doubles leave of a number.
fn error_of(count: usize) -> f64 {
    scaled(1.0, -50 * i64::try_from(count).expect("a few"))
}

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
    fn a_third_to_sixty_digits() {
        let rounded = |m: IBig, d: UBig, e, count| Rounded::of((&m, &d), e, count);
        let third = rounded(IBig::from(-1), UBig::from(3u8), 0, 4);
        assert_eq!(third.parts[0], -1.0 / 3.0);
        // Three times the sum, and one: exactly, and in units of 2^-260.
        let units: Vec<Vec<f64>> = third.parts.iter().map(|part| vec![*part]).collect();
        let whole = WholeVector::of_parts(&units);
        let one = IBig::ONE << usize::try_from(-whole.exponent).unwrap();
        let off = IBig::from(3) * &whole.numbers[0] + &one;
        assert!(IBig::ZERO < off && off << 200 < one && third.error < 1e-59);
        let large = rounded(IBig::from(3) << 3000, UBig::ONE << 2990, 10, 2);
        assert_eq!(large.parts, [3.0 * 2f64.powi(20), 0.0]);
        assert_eq!(rounded(IBig::ZERO, UBig::ONE, 5, 1).parts, [0.0]);
    }
}
