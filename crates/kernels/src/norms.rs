//! Norms that neither overflow nor underflow.

use crate::SignedPower;

/// Number of independent partial sums: enough to hide the latency of addition, and fixed, so that
/// a sum never depends on the machine's vector width.
const LANES: usize = 8;

/// $\sum_k f(x_k)$ in a fixed order, over [`LANES`] partial sums.
#[inline(always)]
pub(crate) fn lane_sum(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane += f(x);
    }
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5]))
        + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// $\max_k \lvert x_k \rvert$; zero for an empty slice, NaN if an entry is NaN.
pub fn max_abs(x: &[f64]) -> f64 {
    // `x > NaN` and `max` both drop NaN; a sum of the comparisons does not.
    let max = x.iter().fold(0.0f64, |max, x| max.max(x.abs()));
    if x.iter().any(|x| x.is_nan()) { f64::NAN } else { max }
}

/// $\sum_k \lvert x_k / s \rvert^{e}$.
pub fn power_sum(x: &[f64], power: SignedPower, scale: f64) -> f64 {
    power.sum_abs(x, scale)
}

/// The norm $\lVert x \rVert_p = \left(\sum_k \lvert x_k\rvert^p\right)^{1/p}$, where `power` is the
/// $p$-th power, $p \ge 1$.
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
        if power.exponent() == 2.0 { sum.sqrt() } else { sum.powf(power.exponent().recip()) };
    scale * root
}
