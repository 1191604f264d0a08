//! Step-size rules: how far to move along a gradient $e^{m} G$.

use mirrorhead_kernels::LogScaled;
use serde::{Deserialize, Serialize};

use crate::MirrorError;

/// How long the steps are. $g_b = e^{m_b} G_b$ is the gradient of tensor $b$, $\lVert\cdot\rVert_*$
/// the dual norm of the geometry, $k = 0, 1, \dots$ the iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepSize {
    /// $\eta\, g_b$: the plain method. Freezes once $e^{m_b}$ underflows.
    Constant(f64),
    /// $\eta\,(k+1)^{-a}\, g_b$.
    Decaying {
        /// The first step $\eta$.
        initial: f64,
        /// The power $a \ge 0$.
        power: f64,
    },
    /// $\eta\, g_b / \lVert g_b\rVert_*$, every tensor by its own norm: what the paper's synthetic
    /// experiments run. Never freezes: the scale cancels.
    DualNormalized(f64),
    /// $\eta\,(k+1)^{-a}\, g_b / \lVert g_b\rVert_*$.
    DualNormalizedDecaying {
        /// The first step $\eta$.
        initial: f64,
        /// The power $a \ge 0$.
        power: f64,
    },
    /// $\eta\, g_b / \lVert (g_1, \dots, g_B) \rVert_*$, all tensors by one norm.
    GloballyNormalized(f64),
    /// $\frac{L - L_*}{\lVert g\rVert_*^2}\, g_b$ with the norm of all tensors together, for a known
    /// lower bound $L_*$ of the risk. Stationary once the bound is met.
    Polyak {
        /// The bound $L_*$.
        lower_bound: f64,
    },
}

impl StepSize {
    /// Checks the settings.
    ///
    /// # Errors
    /// A step that is not positive and finite, a power that is negative or not finite, a bound that
    /// is not finite.
    pub fn validate(self) -> Result<(), MirrorError> {
        let positive = |value: f64| {
            require(value > 0.0 && value.is_finite(), "step size", value, "positive and finite")
        };
        match self {
            Self::Constant(eta) | Self::DualNormalized(eta) | Self::GloballyNormalized(eta) => {
                positive(eta)
            }
            Self::Decaying { initial, power } | Self::DualNormalizedDecaying { initial, power } => {
                positive(initial)?;
                let valid = power >= 0.0 && power.is_finite();
                require(valid, "decay power", power, "non-negative and finite")
            }
            Self::Polyak { lower_bound } => {
                require(lower_bound.is_finite(), "risk lower bound", lower_bound, "finite")
            }
        }
    }

    /// The factors $c_b$ such that the step of tensor $b$ is $c_b G_b$: zero where the gradient is
    /// zero.
    ///
    /// `norms[b]` is $\lVert g_b \rVert_*$ as $e^{m_b}\lVert G_b\rVert_*$; `joint` combines the norms
    /// of the tensors into the norm of all of them.
    pub(crate) fn factors(
        self,
        iteration: u64,
        risk: f64,
        norms: &[LogScaled<f64>],
        joint: impl Fn(&[f64]) -> f64,
        factors: &mut [f64],
    ) {
        match self {
            Self::Constant(eta) => scale_back(eta, norms, factors),
            Self::Decaying { initial, power } => {
                scale_back(decayed(initial, power, iteration), norms, factors);
            }
            Self::DualNormalized(eta) => normalize(eta, norms, factors),
            Self::DualNormalizedDecaying { initial, power } => {
                normalize(decayed(initial, power, iteration), norms, factors);
            }
            Self::GloballyNormalized(eta) => {
                let total = joint_norm(norms, joint, factors);
                for (factor, norm) in factors.iter_mut().zip(norms) {
                    *factor = nonzero(norm, || {
                        eta * (norm.log_scale - total.log_scale).exp() / total.value
                    });
                }
            }
            Self::Polyak { lower_bound } => {
                let total = joint_norm(norms, joint, factors);
                let excess = (risk - lower_bound).max(0.0);
                let log_step = excess.ln() - 2.0 * total.log_abs();
                for (factor, norm) in factors.iter_mut().zip(norms) {
                    *factor = nonzero(norm, || (log_step + norm.log_scale).exp());
                }
            }
        }
    }
}

fn require(
    valid: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), MirrorError> {
    if valid { Ok(()) } else { Err(MirrorError::InvalidSetting { name, value, expected }) }
}

fn decayed(initial: f64, power: f64, iteration: u64) -> f64 {
    initial * (iteration as f64 + 1.0).powf(-power)
}

fn nonzero(norm: &LogScaled<f64>, factor: impl FnOnce() -> f64) -> f64 {
    if norm.value == 0.0 { 0.0 } else { factor() }
}

fn scale_back(eta: f64, norms: &[LogScaled<f64>], factors: &mut [f64]) {
    for (factor, norm) in factors.iter_mut().zip(norms) {
        *factor = nonzero(norm, || eta * norm.log_scale.exp());
    }
}

fn normalize(eta: f64, norms: &[LogScaled<f64>], factors: &mut [f64]) {
    for (factor, norm) in factors.iter_mut().zip(norms) {
        *factor = nonzero(norm, || eta / norm.value);
    }
}

/// The dual norm of all tensors together, relative to the largest scale among them.
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
    for (out, norm) in scratch.iter_mut().zip(norms) {
        *out = nonzero(norm, || norm.value * (norm.log_scale - log_scale).exp());
    }
    LogScaled { log_scale, value: joint(scratch) }
}
