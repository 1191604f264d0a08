//! Norms that neither overflow nor underflow.

use crate::SignedPower;
use crate::elementary::powf;
use crate::lanes::{LANES, simd_dispatch};

/// `$\max_k \lvert x_k \rvert$`; zero for an empty slice, NaN if an entry is NaN.
pub fn max_abs(x: &[f64]) -> f64 {
    const SIGN: u64 = 1 << 63;
    simd_dispatch(
        #[inline(always)]
        || {
            // Sizes are ordered as their bits are, and those of NaN are the largest.
            let size = |x: f64| (x.to_bits() & !SIGN).cast_signed();
            let larger = |a: i64, b: i64| if b > a { b } else { a };
            let mut lanes = [0; LANES];
            let mut chunks = x.chunks_exact(LANES);
            for chunk in &mut chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane = larger(*lane, size(*x));
                }
            }
            let tail = chunks.remainder().iter().map(|x| size(*x));
            let max = f64::from_bits(tail.chain(lanes).fold(0, larger).cast_unsigned());
            if max.is_nan() { f64::NAN } else { max }
        },
    )
}

/// The norm `$\lVert x \rVert_p = \left(\sum_k \lvert x_k\rvert^p\right)^{1/p}$`, where `power` is the
/// `$p$`-th power, `$p \ge 1$`.
///
/// Entries are scaled by the largest, so the result is accurate whenever it is representable.
///
/// ```
/// use mirrorhead_kernels::{SignedPower, lp_norm};
/// let norm = lp_norm(&[3e200, -4e200], SignedPower::new(2.0));
/// assert!((norm / 5e200 - 1.0).abs() < 1e-15);
/// ```
pub fn lp_norm(x: &[f64], power: SignedPower) -> f64 {
    let scale = max_abs(x);
    if scale == 0.0 || !scale.is_finite() {
        return scale;
    }
    let sum = power.sum_abs(x, scale);
    let root =
        if power.exponent() == 2.0 { sum.sqrt() } else { powf(sum, power.exponent().recip()) };
    scale * root
}
