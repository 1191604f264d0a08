//! Whether a norm is at most a number, for exact numbers.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, SquareRoot};
use dashu_int::{IBig, UBig};

use super::dyadic::Dyadic;

/// Binary digits behind the point of numbers from 0 to 1, and leading ones of a power of any size.
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
    let one = IBig::ONE << DIGITS;
    let mut sum = IBig::ZERO;
    for size in sizes.iter().filter(|size| !size.is_zero()) {
        sum += ratio_power_up(size, most, exponent);
        if sum > one {
            return false;
        }
    }
    true
}

/// `$\sum_k \lvert x_k\rvert^e$` rounded up, for numbers of any size: in proportion to itself the sum is as exact for large
/// exponents as for small ones.
///
/// Entries are taken relative to the largest, whose own quotient is one, so that nothing of the sum is lost below the last
/// digit.
pub(super) fn power_sum_up(x: &[Dyadic], exponent: &UBig) -> Dyadic {
    let sizes: Vec<Dyadic> = x.iter().map(Dyadic::abs).filter(|size| !size.is_zero()).collect();
    let Some(largest) = sizes.iter().max_by(|a, b| a.compare(b)) else { return Dyadic::zero() };
    let sum = sizes.iter().map(|size| ratio_power_up(size, largest, exponent)).sum();
    let digits = i64::try_from(DIGITS).expect("few digits");
    // The exponent was rounded down, with which numbers above one shrink.
    let one = Dyadic { significand: IBig::ONE, exponent: 0 };
    let power = if largest.is_at_most(&one) {
        power_up(largest, exponent)
    } else {
        power_up(largest, &(exponent + UBig::ONE))
    };
    &Dyadic { significand: sum, exponent: -digits } * &power
}

/// `$\lceil 2^{\text{DIGITS}} (x/y)^e\rceil$` or a little more, for `$0 < x \le y$`.
fn ratio_power_up(x: &Dyadic, y: &Dyadic, exponent: &UBig) -> IBig {
    let digits = i64::try_from(DIGITS).expect("few digits");
    let ratio = Dyadic { significand: x.quotient_up(y, DIGITS), exponent: -digits };
    let power = power_up(&ratio, exponent);
    let shift = digits + power.exponent;
    let by = usize::try_from(shift.unsigned_abs()).expect("addresses of 64 bits");
    if shift >= 0 {
        power.significand << by
    } else if by > power.digits() {
        IBig::ONE
    } else {
        shifted_up(power.significand, by)
    }
}

/// `$x^e$` rounded up, for `$x > 0$`, to [`DIGITS`] leading digits. Exponents of norms are below `$2^{47}$` and numbers between
/// `$2^{\pm 2^{14}}$`, so that binary exponents fit.
fn power_up(x: &Dyadic, exponent: &UBig) -> Dyadic {
    let mut power = Dyadic { significand: IBig::ONE, exponent: 0 };
    // The whole part, from its first digit on.
    let x = rounded_up(x);
    for digit in (EXPONENT_DIGITS..exponent.bit_len()).rev() {
        power = rounded_up(&(&power * &power));
        if exponent.bit(digit) {
            power = rounded_up(&(&power * &x));
        }
    }
    // The fraction, from its first digit on.
    let mut root = x;
    let last = exponent.trailing_zeros().unwrap_or(EXPONENT_DIGITS);
    for digit in (last..EXPONENT_DIGITS).rev() {
        root = root_up(&root);
        if exponent.bit(digit) {
            power = rounded_up(&(&power * &root));
        }
    }
    power
}

/// [`DIGITS`] leading digits.
fn rounded_up(x: &Dyadic) -> Dyadic {
    let excess = x.digits().saturating_sub(DIGITS);
    let exponent = x.exponent + i64::try_from(excess).expect("few digits");
    Dyadic { significand: shifted_up(x.significand.clone(), excess), exponent }
}

/// `$\sqrt x$` rounded up, for `$x > 0$` of [`DIGITS`] digits.
fn root_up(x: &Dyadic) -> Dyadic {
    let mut shift = 2 * DIGITS - x.digits();
    let lowered = |shift: usize| x.exponent - i64::try_from(shift).expect("few digits");
    if lowered(shift) % 2 != 0 {
        shift += 1;
    }
    let radicand = UBig::try_from(&x.significand << shift).expect("a positive number");
    let floor = radicand.sqrt();
    let root = if &floor * &floor == radicand { floor } else { floor + UBig::ONE };
    rounded_up(&Dyadic { significand: IBig::from(root), exponent: lowered(shift) / 2 })
}

/// `$\lceil x/2^{\text{digits}}\rceil$` for `$x \ge 0$`.
fn shifted_up(x: IBig, digits: usize) -> IBig {
    (x + ((IBig::ONE << digits) - IBig::ONE)) >> digits
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
    fn sums_of_large_powers_keep_their_digits() {
        // c^e (2 + 2^-e) for c 2^k with c just above a half, beside itself and its half: relative to exact powers.
        let exact = |x: &Dyadic, e: u32| {
            (0..e).fold(Dyadic { significand: IBig::ONE, exponent: 0 }, |power, _| &power * x)
        };
        for (e, significand, k) in [(1001, 0.55, 0), (300, 0.75, -40), (1000, 0.51, 7)] {
            let Some(Exponent::Finite(exponent)) = Exponent::of(f64::from(e)) else {
                panic!("finite")
            };
            let x = [1.0, -1.0, 0.5].map(|x| Dyadic::of(x * significand * 2f64.powi(k)).unwrap());
            let sum = power_sum_up(&x, &exponent);
            let powers = x.each_ref().map(|x| exact(&x.abs(), e));
            let least = &(&powers[0] + &powers[1]) + &powers[2];
            // What rounding the exponent may cost.
            let slack = Dyadic { significand: (IBig::ONE << 100) + IBig::ONE, exponent: -100 };
            assert!(least.is_at_most(&sum), "e = {e}");
            assert!(sum.is_at_most(&(&least * &slack)), "e = {e}");
        }
    }

    #[test]
    fn powers_beyond_all_memory_are_compared() {
        let Some(Exponent::Finite(exponent)) = Exponent::of(2f64.powi(46)) else {
            panic!("finite")
        };
        let number = |x: f64| Dyadic::of(x).unwrap();
        let sum = |x: f64| power_sum_up(&[number(x)], &exponent);
        for (x, y) in [(1e-300, 1e-299), (1e-300, 1.0), (0.9, 1e300), (1e299, 1e300)] {
            assert!(sum(x).is_at_most(&sum(y)) && !sum(y).is_at_most(&sum(x)), "{x}, {y}");
        }
        assert!(sum(1e-300).is_at_most(&number(5e-324)) && number(f64::MAX).is_at_most(&sum(1.5)));
        assert!(sum(1.0).is_at_most(&number(1.0)) && number(1.0).is_at_most(&sum(1.0)));
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
