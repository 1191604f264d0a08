//! Numbers of single and double precision.

use std::fmt::Debug;
use std::ops::{Add, Mul, Sub};

use mirrorhead_kernels::{SignedPower, elementary, lp_norm, simd_dispatch};
use serde::{Serialize, de::DeserializeOwned};

/// Entries that are widened at a time.
pub(crate) const CHUNK: usize = 512;

/// `f64` or `f32`: what slices that methods run on hold.
pub trait Real:
    Copy
    + Default
    + Debug
    + PartialEq
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Serialize
    + DeserializeOwned
    + sealed::Sealed
    + 'static
{
    /// The bits of a size; they are ordered as sizes are, and those of NaN are the largest.
    type Bits: Ord + Copy + Default + Send;
    /// The distance from one to the next number.
    const EPSILON: f64;
    /// The least normal number.
    const MIN_POSITIVE: f64;

    /// The same number in double precision.
    fn wide(self) -> f64;
    /// The nearest number; infinite beyond the range.
    fn near(x: f64) -> Self;
    /// The bits of the size.
    fn size_bits(self) -> Self::Bits;
    /// The size with these bits.
    fn of_bits(bits: Self::Bits) -> Self;
    /// `$x / c$`, given `$c$` and its inverse.
    #[must_use]
    fn over(self, divisor: f64, inverse: f64) -> Self;
    /// Signed powers, entry by entry.
    fn powers(power: SignedPower, x: &[Self], out: &mut [Self]);
    /// The signed power of one number.
    #[must_use]
    fn signed_power(self, power: SignedPower) -> Self;
    /// The norm with an exponent.
    fn lp_norm(exponent: SignedPower, x: &[Self]) -> f64;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
}

impl Real for f64 {
    type Bits = u64;
    const EPSILON: f64 = f64::EPSILON;
    const MIN_POSITIVE: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn near(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn size_bits(self) -> u64 {
        self.abs().to_bits()
    }

    #[inline(always)]
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn over(self, divisor: f64, _: f64) -> Self {
        self / divisor
    }

    fn powers(power: SignedPower, x: &[Self], out: &mut [Self]) {
        power.map(x, out);
    }

    fn signed_power(self, power: SignedPower) -> Self {
        power.eval(self)
    }

    fn lp_norm(exponent: SignedPower, x: &[Self]) -> f64 {
        lp_norm(x, exponent)
    }
}

impl Real for f32 {
    type Bits = u32;
    const EPSILON: f64 = f32::EPSILON as f64;
    const MIN_POSITIVE: f64 = f32::MIN_POSITIVE as f64;

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn near(x: f64) -> Self {
        x as f32
    }

    #[inline(always)]
    fn size_bits(self) -> u32 {
        self.abs().to_bits()
    }

    #[inline(always)]
    fn of_bits(bits: u32) -> Self {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn over(self, _: f64, inverse: f64) -> Self {
        Self::near(f64::from(self) * inverse)
    }

    fn powers(power: SignedPower, x: &[Self], out: &mut [Self]) {
        power.map_single(x, out);
    }

    fn signed_power(self, power: SignedPower) -> Self {
        Self::near(power.eval(f64::from(self)))
    }

    /// Scaled by the largest entry; numbers are 32 bits wide and this is 64, so nothing leaves the range.
    fn lp_norm(exponent: SignedPower, x: &[Self]) -> f64 {
        let scale = f64::from(Self::from_bits(largest(x)));
        if scale == 0.0 || !scale.is_finite() {
            return scale;
        }
        let mut wide = [0.0; CHUNK];
        let sum_of = |chunk: &[f32]| exponent.sum_abs(widened(chunk, &mut wide), scale);
        let sum: f64 = x.chunks(CHUNK).map(sum_of).sum();
        scale * elementary::powf(sum, exponent.exponent().recip())
    }
}

/// The bits of the largest entry in size.
pub(crate) fn largest<T: Real>(x: &[T]) -> T::Bits {
    simd_dispatch(
        #[inline(always)]
        || x.iter().map(|x| x.size_bits()).max().unwrap_or_default(),
    )
}

/// A chunk in double precision.
fn widened<'a>(chunk: &[f32], wide: &'a mut [f64; CHUNK]) -> &'a [f64] {
    let wide = &mut wide[..chunk.len()];
    let numbers = &mut *wide;
    simd_dispatch(
        #[inline(always)]
        move || {
            for (wide, x) in numbers.iter_mut().zip(chunk) {
                *wide = f64::from(*x);
            }
        },
    );
    wide
}
