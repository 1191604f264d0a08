//! The odd curve `$y(x)$` that ties singular values, flat at zero and steep at one.

use mirrorhead_kernels::{SignedPower, elementary};

/// A curve through zero, convex and increasing for `$x \ge 0$`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScalarCurve {
    /// `$y = x^e$`, `$e \ge 1$`.
    Power(SignedPower),
    /// `$y\,(1 - x^2) = 2\varepsilon x$` on `$\lvert x\rvert < 1$`: the corner at one, rounded off the way a logarithmic barrier
    /// does it, by complementary pairs `$(1 \mp x)\,a^\pm = \varepsilon$` with `$y = a^+ - a^-$`.
    Corner(f64),
}

/// A point of the curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurvePoint {
    pub x: f64,
    pub y: f64,
    /// `$1 - x$`, which near the corner has digits that `$x$` has lost.
    room: f64,
}

impl CurvePoint {
    pub const ZERO: Self = Self { x: 0.0, y: 0.0, room: 1.0 };

    /// `$1 - x^2$`.
    fn width(self) -> f64 {
        self.room * (1.0 + self.x)
    }
}

/// Points closer than this are taken for one; the secant is then a tangent to the square of it.
const CLOSE: f64 = 1e-5;

/// Most Newton steps for a point; a few are enough.
const STEPS: usize = 100;

impl ScalarCurve {
    /// Minty's point: the only one with `$x + y = a$`, for `$a \ge 0$`.
    pub fn point_with_sum(self, a: f64) -> CurvePoint {
        match self {
            Self::Power(power) => {
                let x = power_root(a, power);
                CurvePoint { x, y: power.eval_abs(x), room: 1.0 - x }
            }
            Self::Corner(smoothing) => {
                let room = corner_root(a - 1.0, smoothing);
                let x = 1.0 - room;
                CurvePoint { x, y: 2.0 * smoothing * x / (room * (1.0 + x)), room }
            }
        }
    }

    /// `$(y - y')/(x - x')$`, the slope where the points coincide.
    pub fn secant(self, from: CurvePoint, to: CurvePoint) -> f64 {
        match self {
            Self::Power(power) => {
                if (from.x - to.x).abs() > CLOSE * from.x.max(to.x) {
                    return (from.y - to.y) / (from.x - to.x);
                }
                let x = 0.5 * (from.x + to.x);
                power.exponent() * mean_slope(power, x, power.eval_abs(x))
            }
            Self::Corner(smoothing) => {
                2.0 * smoothing * (1.0 + from.x * to.x) / (from.width() * to.width())
            }
        }
    }

    /// `$(y + y')/(x + x')$`: the secant to the mirrored point.
    pub fn mirrored_secant(self, from: CurvePoint, to: CurvePoint) -> f64 {
        match self {
            Self::Power(power) => mean_slope(power, from.x + to.x, from.y + to.y),
            Self::Corner(smoothing) => {
                let gap = from.room + to.room - from.room * to.room;
                2.0 * smoothing * gap / (from.width() * to.width())
            }
        }
    }
}

/// `$y/x$`, continued to zero.
fn mean_slope(power: SignedPower, x: f64, y: f64) -> f64 {
    if power.exponent() == 1.0 {
        1.0
    } else if x > 0.0 {
        y / x
    } else {
        0.0
    }
}

/// The `$x$` with `$x + x^e = a$`, by Newton's method from above.
fn power_root(a: f64, power: SignedPower) -> f64 {
    let e = power.exponent();
    // a <= 2 puts the root below 1; otherwise below the e-th root of a.
    let mut x = if a <= 2.0 { a.min(1.0) } else { elementary::powf(a, e.recip()) };
    for _ in 0..STEPS {
        let y = power.eval_abs(x);
        let step = (x + y - a) / (1.0 + e * mean_slope(power, x, y));
        x = (x - step).max(0.0);
        if step <= 1e-14 * x {
            break;
        }
    }
    x
}

/// The `$z$` in `$(0, 1]$` with `$(t + z)\,z\,(2 - z) = 2\varepsilon(1 - z)$`, by Newton's method kept between bounds.
fn corner_root(t: f64, smoothing: f64) -> f64 {
    let (mut low, mut high) = ((-t).max(0.0), 1.0f64);
    let guess = if t > 0.0 { smoothing / t.max(smoothing.sqrt()) } else { smoothing.sqrt() - t };
    let mut z = guess.clamp(low, high);
    for _ in 0..STEPS {
        let value = (t + z) * z * (2.0 - z) - 2.0 * smoothing * (1.0 - z);
        if value < 0.0 {
            low = z;
        } else {
            high = z;
        }
        let slope = z * (2.0 - z) + 2.0 * (t + z) * (1.0 - z) + 2.0 * smoothing;
        let newton = z - value / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let done = (next - z).abs() <= 1e-15 * z;
        z = next;
        if done {
            break;
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMS: [f64; 9] = [0.0, 1e-9, 0.1, 0.9, 0.999, 1.0, 1.001, 1.5, 30.0];

    #[test]
    fn points_lie_on_the_curve_and_have_their_sum() {
        for e in [1.0, 1.5, 2.0, 9.0, 49.0, 1e3] {
            let power = SignedPower::new(e);
            for a in SUMS {
                let point = ScalarCurve::Power(power).point_with_sum(a);
                assert!((point.x + point.y - a).abs() <= 1e-12 * a.max(1.0), "e = {e}, a = {a}");
                assert_eq!(point.y, power.eval_abs(point.x));
            }
        }
        for smoothing in [1e-14, 1e-8, 1e-3, 1.0] {
            for a in SUMS {
                let point = ScalarCurve::Corner(smoothing).point_with_sum(a);
                let what = format!("smoothing {smoothing}, a = {a}: {point:?}");
                assert!((point.x + point.y - a).abs() <= 1e-14 * a.max(1.0), "{what}");
                assert!(point.room > 0.0 && point.room <= 1.0, "{what}");
                let product = point.y * point.room * (1.0 + point.x);
                assert!((product - 2.0 * smoothing * point.x).abs() <= 1e-14 * smoothing, "{what}");
            }
        }
    }

    #[test]
    fn secants_join_their_points() {
        let power = SignedPower::new(3.5);
        for curve in [ScalarCurve::Power(power), ScalarCurve::Corner(0.01)] {
            for (a, b) in [(0.3, 0.9), (1.7, 0.2), (1.0, 1.0 + 1e-7), (0.4, 0.0)] {
                let (p, q) = (curve.point_with_sum(a), curve.point_with_sum(b));
                let rise = curve.secant(p, q) * (p.x - q.x);
                assert!((rise - (p.y - q.y)).abs() < 1e-10, "{curve:?}: {a}, {b}");
                let rise = curve.mirrored_secant(p, q) * (p.x + q.x);
                assert!((rise - (p.y + q.y)).abs() < 1e-14, "{curve:?}: {a}, {b}");
            }
        }
    }
}
