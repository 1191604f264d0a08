//! Exact numbers `$m 2^e$`.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg};

use dashu_int::IBig;
use dashu_int::ops::BitTest;

/// `$m 2^e$` with whole `$m$` and `$e$`: what doubles, their sums and their products are.
#[derive(Debug, Clone)]
pub(super) struct Dyadic {
    pub significand: IBig,
    pub exponent: i64,
}

impl Dyadic {
    pub fn zero() -> Self {
        Self { significand: IBig::ZERO, exponent: 0 }
    }

    /// A double. None if it isn't finite.
    pub fn of(x: f64) -> Option<Self> {
        let field = i64::try_from((x.to_bits() >> 52) & 0x7ff).ok()?;
        if field == 0x7ff {
            return None;
        }
        let fraction = x.to_bits() & ((1u64 << 52) - 1);
        let (magnitude, exponent) =
            if field == 0 { (fraction, -1074) } else { (fraction + (1u64 << 52), field - 1075) };
        let magnitude = IBig::from(magnitude);
        let significand = if x.is_sign_negative() { -magnitude } else { magnitude };
        Some(Self { significand, exponent })
    }

    pub fn is_positive(&self) -> bool {
        self.significand > IBig::ZERO
    }

    pub fn is_zero(&self) -> bool {
        self.significand == IBig::ZERO
    }

    pub fn abs(&self) -> Self {
        let significand = if self.significand < IBig::ZERO {
            -self.significand.clone()
        } else {
            self.significand.clone()
        };
        Self { significand, exponent: self.exponent }
    }

    /// Both significands over the smaller of the exponents.
    fn aligned(&self, other: &Self) -> (IBig, IBig, i64) {
        let exponent = self.exponent.min(other.exponent);
        let lift = |x: &Self| {
            x.significand.clone() << usize::try_from(x.exponent - exponent).expect("the smaller")
        };
        (lift(self), lift(other), exponent)
    }

    /// Binary digits of the significand.
    pub fn digits(&self) -> usize {
        self.significand.clone().into_parts().1.bit_len()
    }

    /// The exponent `$e$` with `$2^{e - 1} \le \lvert x\rvert < 2^e$`, if it isn't zero.
    pub fn magnitude(&self) -> i64 {
        self.exponent + i64::try_from(self.digits()).expect("few digits")
    }

    /// `$2^{\text{by}} x$`.
    pub fn scaled(&self, by: i64) -> Self {
        Self { significand: self.significand.clone(), exponent: self.exponent + by }
    }

    /// A double within a relative `$2^{-52}$`, for `$\lvert x\rvert < 2^{1000}$`; zero where it is below `$2^{-1000}$`.
    pub fn nearby(&self) -> f64 {
        let most = 1000;
        if self.is_zero() || self.magnitude() < -most {
            return 0.0;
        }
        assert!(self.magnitude() <= most, "scaled to a moderate size");
        let surplus = self.digits().saturating_sub(62);
        let leading = i64::try_from(&self.significand >> surplus).expect("62 digits");
        let exponent = self.exponent + i64::try_from(surplus).expect("few digits");
        // In two steps, each of a power that is a double: the result is one, and not a subnormal one.
        let half = exponent / 2;
        let power = |e: i64| 2f64.powi(i32::try_from(e).expect("a moderate size"));
        leading as f64 * power(half) * power(exponent - half)
    }

    /// The order of the two. Powers may be so far apart that no memory holds both over one exponent: their first digits decide.
    pub fn compare(&self, other: &Self) -> Ordering {
        let sign = |x: &Self| x.significand.cmp(&IBig::ZERO);
        let size = match sign(self) {
            Ordering::Equal => Ordering::Equal,
            Ordering::Greater => self.magnitude().cmp(&other.magnitude()),
            Ordering::Less => other.magnitude().cmp(&self.magnitude()),
        };
        sign(self).cmp(&sign(other)).then(size).then_with(|| {
            let (a, b, _) = self.aligned(other);
            a.cmp(&b)
        })
    }

    pub fn is_at_most(&self, other: &Self) -> bool {
        self.compare(other) != Ordering::Greater
    }

    /// `$\lceil 2^{\text{bits}} x / y\rceil$` for `$x \ge 0$` and `$y > 0$`.
    pub fn quotient_up(&self, over: &Self, bits: usize) -> IBig {
        let (a, b, _) = self.aligned(over);
        ((a << bits) + &b - IBig::ONE) / b
    }
}

impl Add for &Dyadic {
    type Output = Dyadic;

    fn add(self, other: Self) -> Dyadic {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let (a, b, exponent) = self.aligned(other);
        Dyadic { significand: a + b, exponent }
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;

    fn mul(self, other: Self) -> Dyadic {
        Dyadic {
            significand: &self.significand * &other.significand,
            exponent: self.exponent + other.exponent,
        }
    }
}

impl Neg for &Dyadic {
    type Output = Dyadic;

    fn neg(self) -> Dyadic {
        Dyadic { significand: -self.significand.clone(), exponent: self.exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_nearby_has_all_but_the_last_digit() {
        for x in [1.0, -0.1, 3.5e200, -7e-250, f64::MIN_POSITIVE.sqrt()] {
            let exact = Dyadic::of(x).expect("finite");
            assert_eq!(exact.nearby(), x);
            assert_eq!(exact.scaled(-3).nearby(), x / 8.0);
            // Longer than a double, and longer than a machine word.
            let third = &exact + &exact.scaled(-80);
            assert_eq!(third.nearby(), x);
            let size = x.abs().log2().floor();
            assert_eq!(exact.magnitude() as f64, size + 1.0, "{x}");
        }
        let tiny = Dyadic::of(1.0).expect("finite").scaled(-1002);
        assert_eq!((tiny.nearby(), Dyadic::zero().nearby()), (0.0, 0.0));
        assert_eq!(tiny.scaled(3).nearby(), 2f64.powi(-999));
    }
}
