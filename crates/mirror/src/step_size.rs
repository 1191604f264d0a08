//! Step-size rules: how far to move along a gradient `$e^{m} G$`.

use mirrorhead_kernels::{InvalidSetting, LogScaled, elementary};
use serde::{Deserialize, Serialize};

use crate::MirrorError;
use crate::step_start::StepStart;

/// How long the steps are. `$g_b = e^{m_b} G_b$` is the gradient of tensor `$b$`, `$\lVert\cdot\rVert_*$`
/// the dual norm of the geometry. [`decaying`](Self::decaying) makes any of them shrink.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepSize {
    /// `$\eta\, g_b$`: the plain method. Freezes once `$e^{m_b}$` underflows.
    Constant(f64),
    /// `$\eta\, g_b / \lVert g_b\rVert_*$`, every tensor by its own norm: what the paper's synthetic
    /// experiments run. Never freezes: the scale cancels.
    DualNormalized(f64),
    /// `$\eta\, g_b / \lVert (g_1, \dots, g_B) \rVert_*$`, all tensors by one norm.
    GloballyNormalized(f64),
    /// As [`DualNormalized`](Self::DualNormalized), but shortened where the parameter would move farther
    /// than `reach`: `$\lVert w' - w\rVert \le r$`.
    ///
    /// At `$p < 2$` a step of constant dual length moves the parameter farther and farther, by
    /// `$\eta(\eta k)^{(2-p)/(p-1)}$` in the end, and with it the margins, until its sharpness exceeds two and it
    /// zigzags between active constraints. Margins of rows `$a_j$` move by no more than
    /// `$r\max_j\lVert a_j\rVert_*$` here, so that the sharpness stays what it is: a multiple of the reach that depends
    /// on the data (`stable_reach` of the trainer has the longest that is below two). A step that is shortened moves the parameter by
    /// [`NEAR_REACH`](Self::NEAR_REACH) to 1 times the reach; steps then shrink like `$k^{-(2-p)}$` by themselves.
    DualNormalizedWithin {
        /// The dual length `$\eta$`.
        length: f64,
        /// The bound `$r$`, in the norm of the parameters.
        reach: f64,
    },
    /// `$\sigma\,\frac{L - L_*}{\lVert g\rVert_*^2}\, g_b$` with the norm of all tensors together, for a known
    /// lower bound `$L_*$` of the risk and the modulus `$\sigma$` of strong convexity of the potential
    /// ([`Potential::modulus`](crate::Potential::modulus)). Stationary once the bound is met.
    ///
    /// For convex risks and `$L_* = \min L$`, no such step moves away from a minimizer in Bregman divergence.
    /// Where a potential has no modulus (the power potential at `$p \ne 2$`), one is taken: then nothing of
    /// the kind is known, and the step depends on the unit of the parameters.
    Polyak {
        /// The bound `$L_*$`.
        lower_bound: f64,
    },
}

impl StepSize {
    /// The part of its reach from which on a shortened step is long enough, so that no more trials are spent on it.
    pub const NEAR_REACH: f64 = 0.9;

    /// Checks the settings.
    ///
    /// # Errors
    /// A step or reach that is not positive and finite, a bound that is not finite.
    pub fn validate(self) -> Result<(), MirrorError> {
        let positive = |value: f64| {
            require(value > 0.0 && value.is_finite(), "step size", value, "positive and finite")
        };
        match self {
            Self::Constant(eta) | Self::DualNormalized(eta) | Self::GloballyNormalized(eta) => {
                positive(eta)
            }
            Self::DualNormalizedWithin { length, reach } => {
                positive(length)?;
                require(reach > 0.0 && reach.is_finite(), "reach", reach, "positive and finite")
            }
            Self::Polyak { lower_bound } => {
                require(lower_bound.is_finite(), "risk lower bound", lower_bound, "finite")
            }
        }
    }

    /// The factors `$c_b$` such that the step of tensor `$b$` is `scheduled` `$\cdot\,c_b G_b$`: zero where the
    /// gradient is zero.
    ///
    /// `norms[b]` is `$\lVert g_b \rVert_*$` as `$e^{m_b}\lVert G_b\rVert_*$`; `joint` combines the norms
    /// of the tensors into the norm of all of them.
    pub(crate) fn factors(
        self,
        scheduled: f64,
        at: &StepStart,
        norms: &[LogScaled<f64>],
        joint: impl Fn(&[f64]) -> f64,
        factors: &mut [f64],
    ) {
        match self {
            Self::Constant(eta) => {
                let eta = eta * scheduled;
                set(factors, norms, |norm| eta * elementary::exp(norm.log_scale));
            }
            Self::DualNormalized(eta) | Self::DualNormalizedWithin { length: eta, .. } => {
                let eta = eta * scheduled;
                set(factors, norms, |norm| eta / norm.value);
            }
            Self::GloballyNormalized(eta) => {
                let (eta, total) = (eta * scheduled, joint_norm(norms, joint, factors));
                set(factors, norms, |norm| {
                    eta * elementary::exp(norm.log_scale - total.log_scale) / total.value
                });
            }
            Self::Polyak { lower_bound } => {
                let total = joint_norm(norms, joint, factors);
                let excess = (at.risk - lower_bound).max(0.0);
                let log_step = elementary::ln(excess) - 2.0 * total.log_abs();
                let factor = at.modulus.unwrap_or(1.0) * scheduled;
                set(factors, norms, |norm| factor * elementary::exp(log_step + norm.log_scale));
            }
        }
    }
}

pub(crate) fn require(
    valid: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), MirrorError> {
    Ok(InvalidSetting::unless(valid, name, value, expected)?)
}

/// Sets the factor of every tensor whose gradient is not zero.
fn set(factors: &mut [f64], norms: &[LogScaled<f64>], of: impl Fn(&LogScaled<f64>) -> f64) {
    for (factor, norm) in factors.iter_mut().zip(norms) {
        *factor = if norm.value == 0.0 { 0.0 } else { of(norm) };
    }
}

/// The dual norm of all tensors together, relative to the largest scale among them. NaN if it is infinite: nothing divided
/// by it would look like a zero gradient.
fn joint_norm(
    norms: &[LogScaled<f64>],
    joint: impl Fn(&[f64]) -> f64,
    scratch: &mut [f64],
) -> LogScaled<f64> {
    let log_scale = norms
        .iter()
        .filter(|norm| norm.value != 0.0)
        .map(|norm| norm.log_scale)
        .fold(f64::NEG_INFINITY, f64::max);
    set(scratch, norms, |norm| norm.value * elementary::exp(norm.log_scale - log_scale));
    let joint = joint(scratch);
    LogScaled { log_scale, value: if joint.is_finite() { joint } else { f64::NAN } }
}
