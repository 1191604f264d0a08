//! The curve `$u = \kappa\nabla\psi(w)$` that ties primal and dual, and a tangent of it for every entry.
//!
//! Every entry of `$(w, u)$` must end on the graph of an odd power. Seen as `$w(u)$` the graph is
//! vertical at `$0$` for `$p > 2$`, seen as `$u(w)$` it is for `$p < 2$`, and for large or small `$p$` it is
//! close to a staircase either way. Newton's method wants neither view but a smooth
//! parameterization, and Minty's is one: in coordinates `$(x, y)$` scaled so that the curve is
//! `$y = x^e$` on `$[-1, 1]^2$`, `$e = \max(p, q) - 1 \ge 1$`, it is the map from `$a = x + y$` to the only point
//! of the curve with that sum, along which both coordinates have slopes in `$[0, 1]$`. The curve is
//! linearized at the point with the sum of the current, generally off-curve, entry.

use mirrorhead_kernels::{SignedPower, elementary, max_abs};
use mirrorhead_mirror::LpNorm;

use crate::tangents::Tangents;
use crate::units::Units;

/// No tangent is flatter (steeper) than this in the scaled coordinates, whatever the residual:
/// entries of `$A D A^\top$` then differ by five orders of magnitude at most and its factors keep ten digits.
const FLATTEST: f64 = 1e-5;

/// Share of the largest residual of all entries that every entry's slope is kept above.
const COMMON_SHARE: f64 = 0.03;

impl Tangents {
    /// Linearizes `$u = \kappa\nabla\psi(w)$` near `$(w, u)$`, which are `at` in `units` `$c$`: there the curve is
    /// `$u_k = \kappa c_k \lvert c_k w_k\rvert^{p-1}$`.
    ///
    /// A tangent flatter than `damping` times the entry's distance from the curve would extrapolate
    /// beyond its validity, so slopes are kept above that (Levenberg and Marquardt's remedy; it
    /// fades with the residual and leaves the convergence quadratic). Returns the largest such
    /// distance. Where the curve is nearly a line there is nothing to damp, and no distance either: it
    /// counts by how much the exponent exceeds one.
    pub fn linearize(
        &mut self,
        norm: LpNorm,
        units: &Units,
        kappa: f64,
        at: (&[f64], &[f64]),
        damping: f64,
    ) -> f64 {
        let (w, u) = at;
        // The flat coordinate x is w for p >= 2 and u for p < 2.
        let primal = norm.p() >= 2.0;
        let power = if primal { norm.mirror_power() } else { norm.inverse_mirror_power() };
        let e = power.exponent();
        let damping = damping * (e - 1.0).min(1.0);
        let slope_power = if e > 1.0 { Some(SignedPower::new(e - 1.0)) } else { None };
        let (w_scale, u_scale) = scales(power, primal, units, kappa, at);
        let widths = Widths::new(norm, units, kappa, (w_scale, u_scale));
        let (x_of, y_of, x_scale, y_scale) =
            if primal { (w, u, w_scale, u_scale) } else { (u, w, u_scale, w_scale) };
        let mut worst = 0.0f64;
        // First pass: shifts hold x in units of the width, slopes hold y / x there.
        for (k, (((&x_now, &y_now), shift), slope)) in
            x_of.iter().zip(y_of).zip(&mut self.shifts).zip(&mut self.slopes).enumerate()
        {
            let width = widths.of(k);
            let (x_now, y_now) = (x_now / x_scale, y_now / y_scale);
            let sum = x_now + y_now;
            let (x, low) = match slope_power {
                None => (sum.abs() / (1.0 + width), 1.0),
                Some(power) => point_with_sum(sum.abs(), width, power, x_now.abs() / width),
            };
            worst = worst.max((y_now - (low * x).copysign(sum)).abs());
            *shift = x.copysign(sum);
            *slope = low;
        }
        let floor = FLATTEST.max(COMMON_SHARE * damping * worst);
        let ratio = w_scale / u_scale;
        for (k, (((&x_now, &y_now), shift), slope)) in
            x_of.iter().zip(y_of).zip(&mut self.shifts).zip(&mut self.slopes).enumerate()
        {
            let width = widths.of(k);
            let (to_x, to_y) =
                (width * *shift - x_now / x_scale, *slope * *shift - y_now / y_scale);
            // For p < 2 a column that costs much has a slope that is naturally small, and does no harm.
            let least = if primal { floor } else { floor * width.recip().min(1.0) };
            let steep = (e * *slope / width).max(least).max(damping * to_y.abs());
            if primal {
                *shift = (to_x - to_y / steep) * w_scale;
                *slope = ratio / steep;
            } else {
                *shift = (to_y - to_x * steep) * w_scale;
                *slope = ratio * steep;
            }
        }
        worst * (e - 1.0).min(1.0)
    }
}

/// The sizes of `$w$` and `$u$` between which Minty's sum is taken.
fn scales(
    power: SignedPower,
    primal: bool,
    units: &Units,
    kappa: f64,
    (w, u): (&[f64], &[f64]),
) -> (f64, f64) {
    if units.get().is_some() {
        // The images of entries that are far from the curve would be of any size.
        (max_abs(w), max_abs(u))
    } else if primal {
        let size = max_abs(w);
        (size, power.eval_abs(size) * kappa)
    } else {
        let size = max_abs(u) / kappa;
        (power.eval_abs(size), size * kappa)
    }
}

/// For each entry the `$\alpha_k$` with which the curve in scaled coordinates is `$y = (x/\alpha_k)^e$`.
struct Widths<'c> {
    units: Option<&'c [f64]>,
    exponent: f64,
    common: f64,
}

impl<'c> Widths<'c> {
    fn new(norm: LpNorm, units: &'c Units, kappa: f64, (w, u): (f64, f64)) -> Self {
        let (p, q) = (norm.p(), norm.conjugate_exponent());
        let units = units.get();
        let (exponent, common) = match units {
            None => (0.0, 1.0),
            Some(_) if p >= 2.0 => (-q, elementary::powf(u / kappa, q - 1.0) / w),
            Some(_) => (p, elementary::powf(w, p - 1.0) * kappa / u),
        };
        Self { units, exponent, common }
    }

    fn of(&self, k: usize) -> f64 {
        match self.units {
            None => 1.0,
            Some(units) => {
                (self.common * elementary::powf(units[k], self.exponent)).clamp(1e-200, 1e200)
            }
        }
    }
}

/// The `$x \ge 0$` with `$\alpha x + x^e = a$` to a few digits, and `$x^{e-1}$`; `power` has exponent `$e - 1$` and
/// `width` is `$\alpha$`.
///
/// Any point of the curve nearby serves as well, so a few Newton steps are enough. The function is
/// convex and increasing: from the second step on they decrease towards the root.
fn point_with_sum(a: f64, width: f64, power: SignedPower, start: f64) -> (f64, f64) {
    let e = power.exponent() + 1.0;
    // Neither term exceeds the sum. The root of a is worth its price where it is far below the quotient.
    let mut top = a / width;
    if top > 1.0 {
        top = if a <= 2.0 && width == 1.0 { 1.0 } else { top.min(elementary::powf(a, e.recip())) };
    }
    let mut x = start.min(top);
    let mut low = power.eval_abs(x);
    for _ in 0..12 {
        let step = (width * x + low * x - a) / (width + e * low);
        x = (x - step).clamp(0.0, top);
        low = power.eval_abs(x);
        // What x is off by counts e times in its power, and what is off there looks like a distance from the curve.
        if e * step.abs() <= 1e-2 * x {
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
            let distance = tangents.linearize(norm, &Units::own(), 0.25, (&w, &u), 3.0);
            assert!(distance < 0.05, "p = {p}: {distance}");
            for (k, w) in w.iter().enumerate() {
                assert!(tangents.slopes[k] >= 0.0);
                // On the curve the tangent passes through the point itself, up to the square of
                // the tolerance within which the point of tangency is sought.
                assert!(tangents.shifts[k].abs() < 2e-2, "p = {p}, entry {k} of size {w}");
            }
        }
    }

    #[test]
    fn units_change_no_tangent() {
        // On the curve, the tangent in other units is the tangent in these: w' = w / c, u' = c u.
        for p in [1.01, 1.3, 2.0, 3.0, 7.5, 50.0] {
            let norm = LpNorm::new(p).unwrap();
            let w = [0.9, -0.5, 0.2, 1.0, -0.7];
            let mut u = [0.0; 5];
            PowerPotential::new(norm).mirror_map(&w, &mut u);
            let sizes = [1.0, 1e3, 1e-2, 1e5, 1e1];
            let units = Units::for_sizes(&sizes);
            let (own, inner_w, inner_u) = (Units::own(), units.divided(&w), units.times(&u));
            let (mut plain, mut scaled) = (Tangents::new(5), Tangents::new(5));
            plain.linearize(norm, &own, 1.0, (&w, &u), 0.0);
            let distance = scaled.linearize(norm, &units, 1.0, (&inner_w, &inner_u), 0.0);
            assert!(distance < 0.05, "p = {p}: {distance}");
            for (k, c) in units.get().unwrap().iter().enumerate() {
                let shift = scaled.shifts[k] * c;
                assert!(shift.abs() < 2e-2 * w[k].abs().max(0.1), "p = {p}: {shift} of {}", w[k]);
            }
        }
    }

    #[test]
    fn sums_are_met() {
        for e in [1.5f64, 2.0, 9.0, 49.0, 100.0] {
            for a in [1e-6, 0.1, 0.9, 1.5, 2.0, 5.0] {
                for (width, start) in [0.0, 0.3, 1.0, 3.0]
                    .into_iter()
                    .flat_map(|start| [1e-9, 0.1, 1.0, 30.0, 1e20].map(|width| (width, start)))
                {
                    let (x, low) = point_with_sum(a, width, SignedPower::new(e - 1.0), start);
                    assert!((low - x.powf(e - 1.0)).abs() <= 1e-12 * low.max(1e-300), "e = {e}");
                    let sum = width * x + x.powf(e);
                    assert!((sum - a).abs() < 0.1 * a.max(0.5), "{e} {a} {width} {start}: {x}");
                }
            }
        }
    }
}
