//! How Adam shrinks weights.

use mirrorhead_kernels::InvalidSetting;
use serde::{Deserialize, Serialize};

/// The weight decay of [`FusedAdam`](crate::FusedAdam), with a strength `$\lambda \ge 0$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeightDecay {
    /// None.
    None,
    /// `$g \leftarrow g + \lambda w$`: the gradient of `$\tfrac\lambda2\lVert w\rVert_2^2$` besides, which the moments
    /// see, as in the framework's `Adam`.
    Penalty(f64),
    /// `$w \leftarrow (1 - \eta\lambda)\,w$` at rate `$\eta$`, or zero where `$\eta\lambda > 1$`, before the step and beside
    /// the moments: `AdamW` (Loshchilov & Hutter 2019).
    Decoupled(f64),
}

impl WeightDecay {
    /// Checks the strength.
    pub(super) fn validate(self) -> Result<(), InvalidSetting> {
        let strength = self.strength();
        let valid = strength >= 0.0 && strength.is_finite();
        InvalidSetting::unless(valid, "weight decay", strength, "non-negative and finite")
    }

    fn strength(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Penalty(strength) | Self::Decoupled(strength) => strength,
        }
    }

    /// By how much of the weights gradients are larger.
    pub(super) fn penalty(self) -> f64 {
        match self {
            Self::Penalty(strength) => strength,
            Self::None | Self::Decoupled(_) => 0.0,
        }
    }

    /// What weights are multiplied by in a step at a rate.
    pub(super) fn factor(self, rate: f64) -> f64 {
        match self {
            Self::Decoupled(strength) => (1.0 - rate * strength).max(0.0),
            Self::None | Self::Penalty(_) => 1.0,
        }
    }
}
