//! What the caller of the mirror flow decides: accuracy and limits.

use mirrorhead_kernels::{InvalidSetting, Watched};
use serde::{Deserialize, Serialize};

use super::progress::FlowProgress;

/// Settings, and functions of the caller that watch the flow.
pub(super) type WatchedFlow<'a> = Watched<'a, FlowSettings, FlowProgress>;

/// Accuracy and limits of a [`mirror_flow`](crate::mirror_flow). What a file doesn't mention
/// keeps its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FlowSettings {
    /// The local error of a step: the larger of its relative size in `$u$` (largest entries) and the
    /// root of the relative symmetric Bregman divergence, in the tensor where it is most. Default
    /// `1e-7`.
    pub tolerance: f64,
    /// Largest number of steps tried, rejected ones included. Default 100,000.
    pub max_steps: u64,
}

impl Default for FlowSettings {
    fn default() -> Self {
        Self { tolerance: 1e-7, max_steps: 100_000 }
    }
}

impl FlowSettings {
    /// With another [`tolerance`](Self::tolerance).
    #[must_use]
    pub fn with_tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// With another [`max_steps`](Self::max_steps).
    #[must_use]
    pub fn with_max_steps(self, max_steps: u64) -> Self {
        Self { max_steps, ..self }
    }

    /// With a function that is asked before every step; `true` ends the flow with the state of the last step.
    #[must_use]
    pub fn with_interrupt(self, interrupt: &(dyn Fn() -> bool + Sync)) -> WatchedFlow<'_> {
        Watched::from(self).with_interrupt(interrupt)
    }

    /// With a function that is told before every step how far the flow has got.
    #[must_use]
    pub fn with_progress(self, progress: &(dyn Fn(FlowProgress) + Sync)) -> WatchedFlow<'_> {
        Watched::from(self).with_progress(progress)
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        let within = self.tolerance >= 1e-12 && self.tolerance <= 0.1;
        InvalidSetting::unless(within, "tolerance", self.tolerance, "from 1e-12 to 0.1")
    }
}
