//! Whether a norm is at most a number, for exact numbers.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, SquareRoot};
use dashu_int::{IBig, UBig};

use super::dyadic::Dyadic;

/// Binary digits behind the point of numbers from 0 to 1.
const DIGITS: usize = 320;

/// Binary digits of an exponent behind the point: what is left out changes a power by less than
/// `$2^{-100}$` of itself.
const EXPONENT_DIGITS: usize = 128;

/// An exponent, rounded down to [`EXPONENT_DIGITS`].
pub(super) enum Exponent {
    Finite(UBig),
    Infinite,
}

impl Exponent {
    /// `$p$`.
    pub fn of(p: f64) -> Option<Self> {
        let Some(exact) = Dyadic::of(p) else { return Some(Self::Infinite) };
        let one = Dyadic::of(1.0)?;
        Some(Self::Finite(floor_quotient(&exact, &one)))
    }

    /// `$q = p/(p - 1)$`, exactly, before it is rounded.
    pub fn conjugate(p: f64) -> Option<Self> {
        let Some(exact) = Dyadic::of(p) else {
            return Some(Self::Finite(UBig::ONE << EXPONENT_DIGITS));
        };
        let less = &exact + &Dyadic::of(-1.0)?;
        Some(if less.is_zero() {
            Self::Infinite
        } else {
            Self::Finite(floor_quotient(&exact, &less))
        })
    }
}

fn floor_quotient(a: &Dyadic, b: &Dyadic) -> UBig {
    let exponent = a.exponent.min(b.exponent);
    let lift = |x: &Dyadic| {
        x.significand.clone() << usize::try_from(x.exponent - exponent).expect("the smaller")
    };
    UBig::try_from((lift(a) << EXPONENT_DIGITS) / lift(b)).expect("positive numbers")
}

/// Whether the norm of `x` with this exponent is proven to be at most `most` `$> 0$`.
///
/// `$\sum_k (\lvert x_k\rvert/\text{most})^e \le 1$` with everything rounded up: quotients, products and square
/// roots, of which powers are made; numbers below one grow when their exponent is rounded down.
pub(super) fn is_at_most(x: &[Dyadic], exponent: &Exponent, most: &Dyadic) -> bool {
    let sizes: Vec<Dyadic> = x.iter().map(Dyadic::abs).collect();
    if sizes.iter().any(|size| size.compare(most) == Ordering::Greater) {
        return false;
    }
    let Exponent::Finite(exponent) = exponent else { return true };
    if *exponent == UBig::ONE << EXPONENT_DIGITS {
        let sum = sizes.iter().fold(Dyadic::zero(), |sum, size| &sum + size);
        return sum.compare(most) != Ordering::Greater;
    }
    let one = UBig::ONE << DIGITS;
    let mut sum = UBig::ZERO;
    for size in sizes.iter().filter(|size| !size.is_zero()) {
        let quotient: IBig = size.quotient_up(most, DIGITS);
        let quotient = UBig::try_from(quotient).expect("a positive number");
        sum += power_up(&quotient, exponent);
        if sum > one {
            return false;
        }
    }
    true
}

/// `$\sum_k \lvert x_k\rvert^e$` rounded up, for numbers of any size.
pub(super) fn power_sum_up(x: &[Dyadic], exponent: &UBig) -> Dyadic {
    let sizes: Vec<Dyadic> = x.iter().map(Dyadic::abs).filter(|size| !size.is_zero()).collect();
    let length = |size: &Dyadic| {
        let bits = size.significand.clone().into_parts().1.bit_len();
        size.exponent + i64::try_from(bits).expect("few bits")
    };
    // A power of two above all of them.
    let Some(top) = sizes.iter().map(length).max() else { return Dyadic::zero() };
    let scale = Dyadic { significand: IBig::ONE, exponent: top };
    let mut sum = UBig::ZERO;
    for size in &sizes {
        let quotient = UBig::try_from(size.quotient_up(&scale, DIGITS)).expect("a positive number");
        sum += power_up(&quotient, exponent);
    }
    // Its power: 2^w 2^f with a whole w and 2^f = 2 (1/2)^(1 - f). The exponent was rounded down.
    let exponent = if top > 0 { exponent + UBig::ONE } else { exponent.clone() };
    let unit = IBig::ONE << EXPONENT_DIGITS;
    let power = IBig::from(exponent) * IBig::from(top);
    let fraction = ((&power % &unit) + &unit) % &unit;
    let whole = i64::try_from((power - &fraction) / &unit).expect("the range of doubles");
    let root = if fraction.is_zero() {
        UBig::ONE << (DIGITS - 1)
    } else {
        let rest = UBig::try_from(unit - fraction).expect("less than one");
        power_up(&(UBig::ONE << (DIGITS - 1)), &rest)
    };
    let digits = i64::try_from(2 * DIGITS).expect("few digits");
    Dyadic { significand: IBig::from(sum * root), exponent: whole + 1 - digits }
}

/// `$x^e$` rounded up, for `$0 < x \le 1$`.
fn power_up(x: &UBig, exponent: &UBig) -> UBig {
    let one = UBig::ONE << DIGITS;
    let mut power = one.clone();
    if *x >= one {
        return power;
    }
    // The whole part, from its last digit on.
    let mut square = x.clone();
    for digit in EXPONENT_DIGITS..exponent.bit_len() {
        if exponent.bit(digit) {
            power = product_up(&power, &square);
        }
        square = product_up(&square, &square);
    }
    // The fraction, from its first digit on.
    let mut root = x.clone();
    let last = exponent.trailing_zeros().unwrap_or(EXPONENT_DIGITS);
    for digit in (last..EXPONENT_DIGITS).rev() {
        root = root_up(&root);
        if exponent.bit(digit) {
            power = product_up(&power, &root);
        }
    }
    power
}

fn product_up(x: &UBig, y: &UBig) -> UBig {
    (x * y + ((UBig::ONE << DIGITS) - UBig::ONE)) >> DIGITS
}

fn root_up(x: &UBig) -> UBig {
    let radicand = x << DIGITS;
    let root = radicand.sqrt();
    if &root * &root == radicand { root } else { root + UBig::ONE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(x: &[f64], exponent: &Exponent, most: f64) -> bool {
        let x: Vec<Dyadic> = x.iter().map(|x| Dyadic::of(*x).unwrap()).collect();
        is_at_most(&x, exponent, &Dyadic::of(most).unwrap())
    }

    #[test]
    fn the_last_digit_decides() {
        // Each norm is between two neighbouring doubles: 5^(1/2), 9^(1/3), 3, 2, 2^(1/1.5) and so on.
        for (x, p, norm) in [
            (vec![1.0, 2.0], 2.0, 5f64.sqrt()),
            (vec![1.0, -2.0], 3.0, 9f64.cbrt()),
            (vec![1.0, 1.0], 1.5, 2f64.powf(1.0 / 1.5)),
            (vec![1.0, 1.0, 1.0], 4.0, 3f64.sqrt().sqrt()),
        ] {
            let exponent = Exponent::of(p).unwrap();
            assert!(holds(&x, &exponent, norm * (1.0 + 1e-15)), "p = {p}");
            assert!(!holds(&x, &exponent, norm * (1.0 - 1e-15)), "p = {p}");
        }
        for (x, p, norm) in [(vec![1.0, -2.0], 1.0, 3.0), (vec![1.0, -2.0], f64::INFINITY, 2.0)] {
            let exponent = Exponent::of(p).unwrap();
            assert!(holds(&x, &exponent, norm) && !holds(&x, &exponent, norm.next_down()));
        }
    }

    #[test]
    fn sums_of_powers_are_just_above() {
        for (p, exact) in [(2.0, 25.0), (3.0, 91.0), (1.5, 8.0 + 27f64.sqrt())] {
            let Some(Exponent::Finite(exponent)) = Exponent::of(p) else { panic!("finite") };
            let x = if p == 1.5 { [4.0, 3.0] } else { [-4.0, 3.0] };
            // Also times a power of two whose power is one, far from 1.
            for k in [0, 200, -200] {
                let x = x.map(|x: f64| Dyadic::of(x * 2f64.powi(k)).unwrap());
                let sum = power_sum_up(&x, &exponent);
                let scale = 2f64.powf(f64::from(k) * p);
                let at = |x: f64| Dyadic::of(x * scale).unwrap();
                let rounding = if p == 1.5 { 1e-15 } else { 0.0 };
                assert!(at(exact * (1.0 - rounding)).is_at_most(&sum), "p = {p}, k = {k}");
                assert!(sum.is_at_most(&at(exact * (1.0 + 1e-15))), "p = {p}, k = {k}");
            }
        }
        assert!(power_sum_up(&[Dyadic::zero()], &(UBig::ONE << EXPONENT_DIGITS)).is_zero());
    }

    #[test]
    fn conjugates_are_exact() {
        // q = 3 for p = 3/2, and 11 to within its rounding for p = 1.1.
        assert!(holds(&[3.0, 4.0, 5.0], &Exponent::conjugate(1.5).unwrap(), 6f64.next_up()));
        assert!(!holds(&[3.0, 4.0, 5.0], &Exponent::conjugate(1.5).unwrap(), 6f64.next_down()));
        let norm = 2f64.powf(1.0 / 11.0);
        assert!(holds(&[1.0, 1.0], &Exponent::conjugate(1.1).unwrap(), norm * (1.0 + 1e-15)));
        assert!(!holds(&[1.0, 1.0], &Exponent::conjugate(1.1).unwrap(), norm * (1.0 - 1e-15)));
        assert!(holds(&[1.0, -2.0], &Exponent::conjugate(1.0).unwrap(), 2.0));
        assert!(!holds(&[1.0, -2.0], &Exponent::conjugate(f64::INFINITY).unwrap(), 2.5));
    }
}
