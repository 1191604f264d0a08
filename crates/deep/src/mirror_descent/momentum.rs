//! What the steps of mirror descent remember of the ones before.

use burn::tensor::Tensor;
use mirrorhead_kernels::InvalidSetting;
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
    pub(super) fn coefficient(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::HeavyBall(beta) | Self::Nesterov(beta) => Some(beta),
        }
    }

    /// The step along `direction` and the memory after it, given the `memory` before it.
    pub(super) fn step<const D: usize>(
        self,
        direction: Tensor<D>,
        memory: Option<Tensor<D>>,
    ) -> (Tensor<D>, Option<Tensor<D>>) {
        let Some(beta) = self.coefficient() else { return (direction, None) };
        let memory = match memory {
            Some(memory) => memory.mul_scalar(beta) + direction.clone(),
            None => direction.clone(),
        };
        let step = match self {
            Self::Nesterov(_) => direction + memory.clone().mul_scalar(beta),
            _ => memory.clone(),
        };
        (step, Some(memory))
    }
}
