//! Signed powers of the numbers of a chunk.

use mirrorhead_kernels::{SignedPower, simd_dispatch};

/// Entries of a chunk.
pub(super) const CHUNK: usize = 512;

/// `$\operatorname{sign}(x)\,\lvert x\rvert^{e}$` of 32-bit numbers, and the room to compute it in.
/// They are computed in double precision, and rounded once.
pub(super) struct SignedPowers {
    wide: [f64; CHUNK],
    powers: [f64; CHUNK],
    rounded: [f32; CHUNK],
}

impl Default for SignedPowers {
    fn default() -> Self {
        Self { wide: [0.0; CHUNK], powers: [0.0; CHUNK], rounded: [0.0; CHUNK] }
    }
}

impl SignedPowers {
    /// The powers of a chunk.
    pub(super) fn of(&mut self, chunk: &[f32], power: SignedPower) -> &[f32] {
        let rounded = &mut self.rounded[..chunk.len()];
        let powers = &mut self.powers[..chunk.len()];
        power.map(widened(chunk, &mut self.wide), powers);
        round(powers, rounded);
        rounded
    }
}

/// The power of one number.
pub(super) fn signed_power(x: f32, power: SignedPower) -> f32 {
    nearest(power.eval(f64::from(x)))
}

/// A chunk in double precision.
pub(super) fn widened<'a>(chunk: &[f32], wide: &'a mut [f64; CHUNK]) -> &'a [f64] {
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

fn round(wide: &[f64], rounded: &mut [f32]) {
    simd_dispatch(
        #[inline(always)]
        move || {
            for (rounded, x) in rounded.iter_mut().zip(wide) {
                *rounded = nearest(*x);
            }
        },
    );
}

/// The nearest number of 32 bits; infinite beyond their range.
#[allow(clippy::cast_possible_truncation)]
#[inline(always)]
fn nearest(x: f64) -> f32 {
    x as f32
}
