//! The curve that ties `$W$` and `$U = A^\top\lambda$`, and its tangent in a common frame.
//!
//! Singular values of `$(W, U)$` must end on a curve `$y(x)$` that is flat at zero and steep at one: a power for
//! `$1 < p < \infty$`, a corner for `$p = 1$` and `$p = \infty$`. The flat coordinate `$X$` is `$U$` for `$p < 2$` and `$W$` for `$p \ge 2$`,
//! the steep one, `$Y$`, is the other, both over their scales. As for vectors the curve is linearized at
//! Minty's point, the one with the sum `$S = X + Y$`. It shares the frame of `$S = P \Sigma Q^\top$`, in which the
//! derivative of the curve is diagonal: secants `$(y_i \mp y_j)/(x_i \mp x_j)$` for the symmetric and the skew
//! part of each pair of entries (Daleckii and Krein; Lewis and Sendov for singular values).

use mirrorhead_mirror::LpNorm;

use super::frame::{Frame, singular_values};
use super::iterate::Iterate;
use super::norm::{SchattenNorm, frobenius};
use super::scalar_curve::{CurvePoint, ScalarCurve};
use crate::Norm;
use crate::strip::Confined;

/// How far the curve has come on its way to that of the norm.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `$X \mapsto Y$` is the mirror map of `reached`.
    Power { reached: LpNorm, target: LpNorm },
    /// A corner with pairs of product `smoothing`, to be multiplied by `sharpening`.
    Corner { smoothing: f64, sharpening: f64 },
}

/// The curve of a norm, or one on the way to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpectralCurve {
    pub confined: Confined,
    shape: (usize, usize),
    form: Form,
    caution: Caution,
}

/// How boldly the curve is followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caution {
    /// Largest factor by which the exponent of a power, less or more than one, grows in an iteration.
    continuation: f64,
    /// Slopes of a power are kept above this multiple of the distance from it.
    damping: f64,
    /// Smallest factor by which a corner is sharpened in an iteration.
    sharpening: f64,
    /// The product that pairs of a corner start with, over that of slacks and multipliers.
    bluntness: f64,
}

impl Caution {
    /// The quickest way, then more careful ones.
    pub const ATTEMPTS: [Self; 3] = [
        Self { continuation: 2.0, damping: 3.0, sharpening: 0.1, bluntness: 1.0 },
        Self { continuation: 1.3, damping: 5.0, sharpening: 0.3, bluntness: 30.0 },
        Self { continuation: 1.15, damping: 8.0, sharpening: 0.6, bluntness: 1e3 },
    ];
}

/// `$w = \hat w + D\,(u - u_{\text{now}})$` in the coordinates of a frame.
pub(crate) struct Tangent {
    pub frame: Frame,
    /// `$\hat w$`.
    pub targets: Vec<f64>,
    /// `$D > 0$`.
    pub slopes: Vec<f64>,
    /// The largest distance of an entry from the curve, in scaled coordinates.
    pub distance: f64,
}

/// Slopes of a power are kept above this.
const FLATTEST: f64 = 1e-8;

/// Share of the largest distance of all entries that every slope of a power is kept above.
const COMMON_SHARE: f64 = 0.03;

/// A corner is not sharper than this multiple of the squared distance from it.
const CENTRALITY: f64 = 0.1;

/// A corner becomes blunter by no more than this factor in an iteration.
const REGROWTH: f64 = 3.0;

/// A corner farther away than this is sharpened slowly.
const FAR_FROM_CURVE: f64 = 0.5;

/// Steps shorter than this leave a power as it is.
const SHORT_STEP: f64 = 0.3;

impl SpectralCurve {
    /// The curve to start with on the way to that of `norm`; a corner with pairs of product `mu`.
    pub fn first(norm: SchattenNorm, mu: f64, caution: Caution) -> Self {
        let corner = Form::Corner { smoothing: caution.bluntness * mu, sharpening: 0.3 };
        let (confined, form) = match norm.of_singular_values() {
            Norm::L1 => (Confined::Dual, corner),
            Norm::LInfinity => (Confined::Primal, corner),
            Norm::Lp(norm) if norm.p() < 2.0 => {
                (Confined::Dual, Form::Power { reached: frobenius(), target: norm.dual() })
            }
            Norm::Lp(norm) => {
                (Confined::Primal, Form::Power { reached: frobenius(), target: norm })
            }
        };
        Self { confined, shape: norm.shape(), form, caution }
    }

    /// Whether the curve is that of the norm, or comes closer with every iteration.
    pub fn has_arrived(&self) -> bool {
        match self.form {
            Form::Power { reached, target } => reached == target,
            Form::Corner { .. } => true,
        }
    }

    /// The product that pairs of a slack and a multiplier need not be smaller than while the iterate is
    /// `distance` from the curve; `size` is that of `$\langle W, U\rangle$`, of which pairs may be `share`.
    pub fn least_product(&self, distance: f64, size: f64, share: f64) -> f64 {
        match self.form {
            Form::Power { .. } => share.max(CENTRALITY * distance * distance * size),
            Form::Corner { smoothing, .. } => smoothing,
        }
    }

    /// Moves on after a step of length `step`: the further, the better it went.
    pub fn advance(&mut self, step: f64, distance: f64) {
        match &mut self.form {
            Form::Power { reached, target } => {
                let most = 1.0
                    + (self.caution.continuation - 1.0)
                        * ((step - SHORT_STEP) / (1.0 - SHORT_STEP)).clamp(0.0, 1.0);
                let next = 1.0 + (reached.p() - 1.0) * most;
                *reached = match LpNorm::new(next) {
                    Ok(norm) if next < target.p() => norm,
                    _ => *target,
                };
            }
            Form::Corner { sharpening, .. } => {
                let bold = match step {
                    0.9.. => 0.1,
                    0.5..0.9 => 0.3,
                    0.1..0.5 => 0.7,
                    _ => 1.0,
                };
                let floor = if distance > FAR_FROM_CURVE { 0.5 } else { self.caution.sharpening };
                *sharpening = floor.max(bold);
            }
        }
    }

    /// The tangent at an iterate; a corner becomes sharper, down to pairs of product `least`. None if
    /// the iterate is not finite.
    pub fn linearize(&mut self, at: &Iterate, least: f64) -> Option<Tangent> {
        let (x, y) = match self.confined {
            Confined::Dual => (&at.dual_point, &at.w),
            Confined::Primal => (&at.w, &at.dual_point),
        };
        let (x_scale, y_scale) = self.scales(x, y)?;
        let sum: Vec<f64> = x.iter().zip(y).map(|(x, y)| x / x_scale + y / y_scale).collect();
        let frame = Frame::of(&sum, self.shape)?;
        let curve = match self.form {
            Form::Power { reached, .. } => ScalarCurve::Power(reached.mirror_power()),
            Form::Corner { smoothing, .. } => ScalarCurve::Corner(smoothing / y_scale),
        };
        let points: Vec<_> = frame.singular.iter().map(|a| curve.point_with_sum(*a)).collect();
        let (mut x_now, mut y_now) = (vec![0.0; x.len()], vec![0.0; y.len()]);
        frame.coordinates(x, &mut x_now);
        frame.coordinates(y, &mut y_now);
        let nrows = self.shape.0;
        for k in 0..x.len() {
            x_now[k] /= x_scale;
            y_now[k] /= y_scale;
        }
        let off = |k: usize| x_now[k] - on_diagonal(&points, k, nrows).map_or(0.0, |point| point.x);
        let distance = (0..x.len()).fold(0.0f64, |worst, k| worst.max(off(k).abs()));
        let shrink = self.sharpen(distance, y_scale, least);
        let mut tangent =
            Tangent { frame, targets: x_now.clone(), slopes: x_now.clone(), distance };
        for k in 0..x.len() {
            let (x_hat, y_hat) =
                on_diagonal(&points, k, nrows).map_or((0.0, 0.0), |point| (point.x, point.y));
            let steep = slope(curve, &points, k, nrows).max(self.flattest(distance, off(k)));
            // On a corner that becomes sharper y shrinks in proportion.
            let (dx, dy) = (x_now[k] - x_hat, y_now[k] - shrink * y_hat);
            let (target, slope) = match self.confined {
                Confined::Dual => {
                    (y_scale * (shrink * y_hat + steep * dx), steep * y_scale / x_scale)
                }
                Confined::Primal => (x_scale * (x_hat + dy / steep), x_scale / y_scale / steep),
            };
            tangent.targets[k] = target;
            tangent.slopes[k] = slope;
        }
        Some(tangent)
    }

    /// The scales of `$x$` and `$y$` in which the curve passes through the sizes of the iterate.
    fn scales(&self, x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
        let (of_x, of_y) = (singular_values(x, self.shape)?, singular_values(y, self.shape)?);
        Some(match self.form {
            Form::Power { reached, .. } => {
                let size = reached.of(&of_x) / of_x[0];
                (of_x[0], reached.dual_of(&of_y) / reached.mirror_power().eval_abs(size))
            }
            Form::Corner { .. } => (1.0, of_y[0]),
        })
    }

    /// Sharpens a corner as far as the `distance` from it allows. Returns the factor, which exceeds one
    /// where the iterate has been left behind.
    fn sharpen(&mut self, distance: f64, y_scale: f64, least: f64) -> f64 {
        let Form::Corner { smoothing, sharpening } = &mut self.form else { return 1.0 };
        let lead = (CENTRALITY * distance * distance * y_scale).min(REGROWTH * *smoothing);
        let next = (*smoothing * *sharpening).max(lead).max(least);
        let factor = next / *smoothing;
        *smoothing = next;
        factor
    }

    /// The slope below which a tangent at `off` from the curve is not trusted.
    fn flattest(&self, distance: f64, off: f64) -> f64 {
        match self.form {
            Form::Power { .. } => {
                let damping = self.caution.damping;
                FLATTEST.max(COMMON_SHARE * damping * distance).max(damping * off.abs())
            }
            Form::Corner { .. } => 0.0,
        }
    }
}

/// The point of the curve in entry `k`, column after column, if that lies on the diagonal.
fn on_diagonal(points: &[CurvePoint], k: usize, nrows: usize) -> Option<CurvePoint> {
    let (i, j) = (k % nrows, k / nrows);
    if i == j { Some(points[i]) } else { None }
}

/// `$\mathrm dy/\mathrm dx$` of coordinate `k`.
fn slope(curve: ScalarCurve, points: &[CurvePoint], k: usize, nrows: usize) -> f64 {
    let point = |i: usize| points.get(i).copied().unwrap_or(CurvePoint::ZERO);
    let (i, j) = (k % nrows, k / nrows);
    // Beyond the square part there is one entry for a pair, and either secant is that to zero.
    if i <= j && j < points.len() {
        curve.secant(point(i), point(j))
    } else {
        curve.mirrored_secant(point(i), point(j))
    }
}
