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

    /// The order of the two. Powers may be so far apart that no memory holds both over one exponent: their first digits decide.
    pub fn compare(&self, other: &Self) -> Ordering {
        let sign = |x: &Self| x.significand.cmp(&IBig::ZERO);
        let first = |x: &Self| x.exponent + i64::try_from(x.digits()).expect("few digits");
        let size = match sign(self) {
            Ordering::Equal => Ordering::Equal,
            Ordering::Greater => first(self).cmp(&first(other)),
            Ordering::Less => first(other).cmp(&first(self)),
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
