//! Sums of many products, exactly.

use dashu_int::IBig;

use super::dyadic::Dyadic;

/// A number as a sum of `$m 2^e$` with an `$m$` of a machine word each: one for a double.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Vec<(i64, i64)>);

/// Bits of a word, without its sign.
const WORD: usize = 63;

/// Most binary digits of a number: none that is made of a few doubles has more, and one made of thousands of steps would take for ever.
const MOST_DIGITS: usize = 1 << 14;

impl Words {
    /// None if there are too many.
    pub fn of(x: &Dyadic) -> Option<Self> {
        if x.digits() > MOST_DIGITS {
            return None;
        }
        let (mut left, mut exponent) = (x.significand.clone(), x.exponent);
        let mut words = Vec::new();
        let modulus = IBig::ONE << WORD;
        while !left.is_zero() {
            let word = i64::try_from(&left % &modulus).expect("a remainder is below the modulus");
            if word != 0 {
                words.push((word, exponent));
            }
            left = (&left - IBig::from(word)) >> WORD;
            exponent += i64::try_from(WORD).expect("few bits");
        }
        Some(Self(words))
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The number.
    pub fn total(&self) -> Dyadic {
        let word = |(word, exponent): &(i64, i64)| Dyadic {
            significand: IBig::from(*word),
            exponent: *exponent,
        };
        self.0.iter().fold(Dyadic::zero(), |sum, each| &sum + &word(each))
    }
}

/// Bits from one limb to the next.
const LIMB: i64 = 32;

/// How far apart in exponents products may be, in limbs.
const MOST_LIMBS: i64 = 1 << 10;

/// A sum of products as limbs `$\sum_i a_i 2^{32 (o + i)}$` (Kulisch). Each product adds less than `$2^{95}$` to two of them, so that
/// `$2^{32}$` of them have room, which no row has.
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    limbs: Vec<i128>,
    /// `$o$`.
    lowest: i64,
    /// What is too far from the others.
    rest: Option<Dyadic>,
}

impl Accumulator {
    /// Adds `$x y$`.
    pub fn add_product(&mut self, x: &Words, y: &Words) {
        for (x, x_exponent) in &x.0 {
            for (y, y_exponent) in &y.0 {
                self.add(i128::from(*x) * i128::from(*y), x_exponent + y_exponent);
            }
        }
    }

    fn add(&mut self, product: i128, exponent: i64) {
        let (limb, shift) = (exponent.div_euclid(LIMB), exponent.rem_euclid(LIMB));
        if let Some(place) = self.place(limb) {
            // The product is high 2^64 + low, where low is not negative.
            let (low, high) = (product & i128::from(u64::MAX), product >> 64);
            self.limbs[place] += low << shift;
            self.limbs[place + 2] += high << shift;
        } else {
            let product = Dyadic { significand: IBig::from(product), exponent };
            self.rest = Some(self.rest.take().map_or(product.clone(), |rest| &rest + &product));
        }
    }

    /// The place of a limb, with two more above it; none where it is too far from the others.
    fn place(&mut self, limb: i64) -> Option<usize> {
        if self.limbs.is_empty() {
            self.lowest = limb;
        }
        let length = i64::try_from(self.limbs.len()).ok()?;
        let (lowest, end) = (self.lowest.min(limb), (self.lowest + length).max(limb + 3));
        if end - lowest > MOST_LIMBS {
            return None;
        }
        let below = usize::try_from(self.lowest - lowest).ok()?;
        if below > 0 {
            self.limbs.splice(0..0, std::iter::repeat_n(0, below));
            self.lowest = lowest;
        }
        self.limbs.resize(usize::try_from(end - lowest).ok()?, 0);
        usize::try_from(limb - lowest).ok()
    }

    /// The sum.
    pub fn total(self) -> Dyadic {
        let whole = self
            .limbs
            .iter()
            .rev()
            .fold(IBig::ZERO, |sum, limb| (sum << usize::try_from(LIMB).expect("few")) + limb);
        let sum = Dyadic { significand: whole, exponent: self.lowest * LIMB };
        self.rest.map_or_else(|| sum.clone(), |rest| &sum + &rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn require_equal(sum: &Dyadic, expected: &Dyadic) {
        assert!((sum + &-expected).is_zero(), "{sum:?} {expected:?}");
    }

    #[test]
    fn words_make_the_number() {
        let one = || IBig::ONE;
        for significand in [IBig::ZERO, one(), -one() << 63, one() << 63, (one() << 200) - one()] {
            for sign in [1, -1] {
                let x = Dyadic { significand: &significand * IBig::from(sign), exponent: -70 };
                require_equal(&Words::of(&x).expect("few digits").total(), &x);
            }
        }
        let tenth = Words::of(&Dyadic::of(-0.1).expect("finite")).expect("few digits");
        assert_eq!(tenth.0.len(), 1);
        let long = |digits: usize| Dyadic { significand: (one() << digits) - one(), exponent: 0 };
        assert!(
            Words::of(&long(MOST_DIGITS)).is_some() && Words::of(&long(MOST_DIGITS + 1)).is_none()
        );
    }

    #[test]
    fn sums_are_those_of_whole_numbers() {
        let numbers = [1.0, -0.1, 3.5e20, -7e-25, 2f64.powi(-33), -1e-300, 1e300, f64::MAX, 5e-324];
        let exact = |x: f64| Dyadic::of(x).expect("finite");
        for len in 0..numbers.len() {
            let (mut sum, mut slow) = (Accumulator::default(), Dyadic::zero());
            for x in &numbers[..len] {
                for y in numbers.iter().rev() {
                    // The second of more than one word.
                    let (x, y) = (exact(*x), &exact(*y) + &exact(1.0));
                    sum.add_product(&Words::of(&x).unwrap(), &Words::of(&y).unwrap());
                    slow = &slow + &(&x * &y);
                }
            }
            require_equal(&sum.total(), &slow);
        }
    }

    #[test]
    fn what_is_too_far_apart_is_not_lost() {
        let far = [0, 1 << 20, -(1 << 20), 31, 32, -1];
        let (mut sum, mut expected) = (Accumulator::default(), Dyadic::zero());
        for exponent in far {
            // Of the largest products 2^63 is left.
            for (x, y) in [(i64::MIN, i64::MIN), (i64::MAX, i64::MIN)] {
                sum.add_product(&Words(vec![(x, exponent)]), &Words(vec![(y, 0)]));
            }
            let left = Dyadic { significand: IBig::ONE, exponent: exponent + 63 };
            expected = &expected + &left;
        }
        require_equal(&sum.total(), &expected);
    }
}
