//! What the steps of mirror descent remember of the ones before.

use mirrorhead_kernels::InvalidSetting;
use mirrorhead_mirror::Memory;
use serde::{Deserialize, Serialize};

/// The memory of the steps, in the dual space: with `$d$` the direction that the
/// [`StepRule`](crate::StepRule) makes of the gradient, `$m \leftarrow \beta m + d$`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Momentum {
    /// `$u \leftarrow u - \eta\, d$`: no memory, what the paper runs.
    None,
    /// `$u \leftarrow u - \eta\, m$`, with `$0 \le \beta < 1$`. Steady directions are followed
    /// `$1/(1-\beta)$` times as fast.
    HeavyBall(f64),
    /// `$u \leftarrow u - \eta\,(d + \beta m)$`, with `$0 \le \beta < 1$` (Nesterov's).
    Nesterov(f64),
}

impl Momentum {
    /// Checks the coefficient.
    pub(super) fn validate(self) -> Result<(), InvalidSetting> {
        let beta = self.coefficient().unwrap_or(0.0);
        let valid = (0.0..1.0).contains(&beta);
        InvalidSetting::unless(valid, "momentum", beta, "at least 0 and less than 1")
    }

    /// `$\beta$`, if there is memory.
    fn coefficient(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::HeavyBall(beta) | Self::Nesterov(beta) => Some(beta),
        }
    }

    /// The memory of the core.
    pub(super) fn memory(self) -> Memory {
        match self {
            Self::None => Memory::None,
            Self::HeavyBall(beta) => Memory::HeavyBall(beta),
            Self::Nesterov(beta) => Memory::Nesterov(beta),
        }
    }
}
