//! The curve $u = \kappa\nabla\psi(w)$ that ties primal and dual, and a tangent of it for every entry.
//!
//! Every entry of $(w, u)$ must end on the graph of an odd power. Seen as $w(u)$ the graph is
//! vertical at $0$ for $p > 2$, seen as $u(w)$ it is for $p < 2$, and for large or small $p$ it is
//! close to a staircase either way. Newton's method wants neither view but a smooth
//! parameterization, and Minty's is one: in coordinates $(x, y)$ scaled so that the curve is
//! $y = x^e$ on $[-1, 1]^2$, $e = \max(p, q) - 1 \ge 1$, it is the map from $a = x + y$ to the only point
//! of the curve with that sum, along which both coordinates have slopes in $[0, 1]$. The curve is
//! linearized at the point with the sum of the current, generally off-curve, entry.

use mirrorhead_kernels::{SignedPower, max_abs};
use mirrorhead_mirror::LpNorm;

use crate::tangents::Tangents;

/// No tangent is flatter (steeper) than this in the scaled coordinates, whatever the residual:
/// entries of $A D A^\top$ then differ by five orders of magnitude at most and its factors keep ten digits.
const FLATTEST: f64 = 1e-5;

/// Share of the largest residual of all entries that every entry's slope is kept above.
const COMMON_SHARE: f64 = 0.03;

impl Tangents {
    /// Linearizes $u = \kappa\nabla\psi(w)$ near $(w, u)$.
    ///
    /// A tangent flatter than `damping` times the entry's distance from the curve would extrapolate
    /// beyond its validity, so slopes are kept above that (Levenberg and Marquardt's remedy; it
    /// fades with the residual and leaves the convergence quadratic). Returns the largest such
    /// distance.
    pub fn linearize(
        &mut self,
        norm: LpNorm,
        kappa: f64,
        w: &[f64],
        u: &[f64],
        damping: f64,
    ) -> f64 {
        // The flat coordinate x is w for p >= 2 and u for p < 2.
        let primal = norm.p() >= 2.0;
        let power = if primal { norm.mirror_power() } else { norm.inverse_mirror_power() };
        let e = power.exponent();
        let slope_power = if e > 1.0 { Some(SignedPower::new(e - 1.0)) } else { None };
        let (w_scale, u_scale) = if primal {
            let size = max_abs(w);
            (size, power.eval_abs(size) * kappa)
        } else {
            let size = max_abs(u) / kappa;
            (power.eval_abs(size), size * kappa)
        };
        let (x_of, y_of, x_scale, y_scale) =
            if primal { (w, u, w_scale, u_scale) } else { (u, w, u_scale, w_scale) };
        let mut worst = 0.0f64;
        // First pass: targets hold x, slopes hold the slope x^{e-1} / e of the curve.
        for (((&x_now, &y_now), target), slope) in
            x_of.iter().zip(y_of).zip(&mut self.targets).zip(&mut self.slopes)
        {
            let (x_now, y_now) = (x_now / x_scale, y_now / y_scale);
            let sum = x_now + y_now;
            let (x, low) = match slope_power {
                None => (0.5 * sum.abs(), 1.0),
                Some(power) => point_with_sum(sum.abs(), power, x_now.abs()),
            };
            worst = worst.max((y_now - (low * x).copysign(sum)).abs());
            *target = x.copysign(sum);
            *slope = low;
        }
        let floor = FLATTEST.max(COMMON_SHARE * damping * worst);
        let ratio = w_scale / u_scale;
        for (((&w, &u), target), slope) in
            w.iter().zip(u).zip(&mut self.targets).zip(&mut self.slopes)
        {
            let (x, low) = (*target, *slope);
            let y = low * x;
            let y_now = if primal { u } else { w } / y_scale;
            let steep = (e * low).max(floor).max(damping * (y_now - y).abs());
            if primal {
                let d = ratio / steep;
                *target = x * w_scale + d * (u - y * u_scale);
                *slope = d;
            } else {
                let d = ratio * steep;
                *target = y * w_scale + d * (u - x * u_scale);
                *slope = d;
            }
        }
        worst
    }
}

/// The $x \ge 0$ with $x + x^e = a$ to a few digits, and $x^{e-1}$; `power` has exponent $e - 1$.
///
/// Any point of the curve nearby serves as well, so a few Newton steps are enough. The function is
/// convex and increasing: from the second step on they decrease towards the root.
fn point_with_sum(a: f64, power: SignedPower, start: f64) -> (f64, f64) {
    let e = power.exponent() + 1.0;
    // a <= 2 puts the root below 1; otherwise below the e-th root of a.
    let top = if a <= 2.0 { a.min(1.0) } else { a.powf(e.recip()) };
    let mut x = start.min(top);
    let mut low = power.eval_abs(x);
    for _ in 0..6 {
        let step = (x + low * x - a) / (1.0 + e * low);
        x = (x - step).clamp(0.0, top);
        low = power.eval_abs(x);
        if step.abs() <= 1e-2 * x {
            break;
        }
    }
    (x, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_mirror::{Potential, PowerPotential};

    #[test]
    fn tangents_touch_the_curve() {
        for p in [1.01, 1.3, 2.0, 3.0, 7.5, 50.0] {
            let norm = LpNorm::new(p).unwrap();
            let w = [0.9, -0.5, 0.2, 1.0, -0.7];
            let mut u = [0.0; 5];
            PowerPotential::new(norm).mirror_map(&w, &mut u);
            for u in &mut u {
                *u *= 0.25;
            }
            let mut tangents = Tangents::new(5);
            let distance = tangents.linearize(norm, 0.25, &w, &u, 3.0);
            assert!(distance < 0.05, "p = {p}: {distance}");
            for (k, w) in w.iter().enumerate() {
                assert!(tangents.slopes[k] >= 0.0);
                // On the curve the tangent passes through the point itself, up to the square of
                // the tolerance within which the point of tangency is sought.
                assert!((tangents.targets[k] - w).abs() < 2e-2, "p = {p}, entry {k}");
            }
        }
    }

    #[test]
    fn sums_are_met() {
        for e in [1.5f64, 2.0, 9.0, 49.0, 100.0] {
            for a in [1e-6, 0.1, 0.9, 1.5, 2.0, 5.0] {
                for start in [0.0, 0.3, 1.0, 3.0] {
                    let (x, low) = point_with_sum(a, SignedPower::new(e - 1.0), start);
                    assert!((low - x.powf(e - 1.0)).abs() <= 1e-12 * low.max(1e-300), "e = {e}");
                    assert!((x + x.powf(e) - a).abs() < 0.1 * a.max(0.5), "e = {e}, a = {a}: {x}");
                }
            }
        }
    }
}
