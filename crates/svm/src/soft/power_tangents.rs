//! Tangents of the curve `$u = \kappa\nabla\varphi(w)$` for `$1 < p < \infty$`, where its scale is given.
//!
//! Minty's parameterization, as in the hard-margin method (`power_curve`), with two differences. The scale
//! isn't free: `$\kappa$` says how large `$w$` is for `$u$`. And `$w$` may end at nothing, where all rows are given up,
//! so that scales are kept above what matters to the objective.

use mirrorhead_kernels::{SignedPower, elementary, max_abs};
use mirrorhead_mirror::LpNorm;

use crate::soft::iterate::Iterate;
use crate::soft::linearization::Linearization;

/// No tangent is flatter (steeper) than this in the scaled coordinates.
const FLATTEST: f64 = 1e-5;

/// Share of the largest residual of all entries that every entry's slope is kept above.
const COMMON_SHARE: f64 = 0.03;

/// Entries whose penalty is below this share of the objective are taken to be of size zero.
const NEGLIGIBLE: f64 = 1e-4;

/// The tangents at `at` for `$\kappa$` = `kappa`, where the objective is about `objective`.
pub(crate) fn linearize(
    norm: LpNorm,
    kappa: f64,
    at: &Iterate,
    objective: f64,
    damping: f64,
) -> Linearization {
    // The flat coordinate x is w for p >= 2 and u for p < 2: y = x^e in scaled coordinates.
    let primal = norm.p() >= 2.0;
    let power = if primal { norm.mirror_power() } else { norm.inverse_mirror_power() };
    let inverse = if primal { norm.inverse_mirror_power() } else { norm.mirror_power() };
    let e = power.exponent();
    let least_w = elementary::powf(NEGLIGIBLE * objective / kappa, norm.p().recip());
    let (w_size, u_size) = (max_abs(&at.w).max(least_w), max_abs(&at.dual_point) / kappa);
    let (w_scale, u_scale) = if primal {
        let scale = w_size.max(inverse.eval_abs(u_size));
        (scale, kappa * power.eval_abs(scale))
    } else {
        let scale = u_size.max(inverse.eval_abs(w_size));
        (power.eval_abs(scale), kappa * scale)
    };
    let (x_of, y_of, x_scale, y_scale) = if primal {
        (&at.w, &at.dual_point, w_scale, u_scale)
    } else {
        (&at.dual_point, &at.w, u_scale, w_scale)
    };
    let bend = (e - 1.0).min(1.0);
    let slope_power = (e > 1.0).then(|| SignedPower::new(e - 1.0));
    let n = at.w.len();
    let (mut points, mut lows, mut distances) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    for k in 0..n {
        let (x_now, y_now) = (x_of[k] / x_scale, y_of[k] / y_scale);
        let sum = x_now + y_now;
        let (x, low) = match slope_power {
            None => (0.5 * sum.abs(), 1.0),
            Some(power) => point_with_sum(sum.abs(), power, x_now.abs()),
        };
        (points[k], lows[k]) = (x.copysign(sum), low);
        distances[k] = bend * (y_now - low * points[k]).abs();
    }
    let distance = distances.iter().fold(0.0f64, |worst, d| worst.max(*d));
    let floor = FLATTEST.max(COMMON_SHARE * damping * distance);
    let mut curve = Linearization::new(n);
    for k in 0..n {
        let (x, y) = (points[k], lows[k] * points[k]);
        let steep = (e * lows[k]).max(floor).max(damping * distances[k]);
        let (w, u, slope) = if primal {
            (x * w_scale, y * u_scale, w_scale / u_scale / steep)
        } else {
            (y * w_scale, x * u_scale, w_scale / u_scale * steep)
        };
        curve.slopes[k] = slope;
        curve.offsets[k] = w + slope * (at.dual_point[k] - u) - at.w[k];
    }
    curve.distance = distance;
    curve.energy = n as f64 * w_scale * u_scale;
    curve
}

/// The `$x \ge 0$` with `$x + x^e = a$` to a few digits, and `$x^{e-1}$`; `power` has exponent `$e - 1$`.
fn point_with_sum(a: f64, power: SignedPower, start: f64) -> (f64, f64) {
    let e = power.exponent() + 1.0;
    if a.is_nan() {
        // Out of range: no factor has such an entry, and the method stops.
        return (a, a);
    }
    // a <= 2 puts the root below 1; otherwise below the e-th root of a.
    let top = if a <= 2.0 { a.min(1.0) } else { elementary::powf(a, e.recip()) };
    let mut x = start.min(top);
    let mut low = power.eval_abs(x);
    for _ in 0..8 {
        let step = (x + low * x - a) / (1.0 + e * low);
        x = (x - step).clamp(0.0, top);
        low = power.eval_abs(x);
        if step.abs() <= 1e-2 * x {
            break;
        }
    }
    (x, low)
}
