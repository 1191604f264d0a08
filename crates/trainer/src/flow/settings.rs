//! What the caller of the mirror flow decides: accuracy and limits.

use std::fmt;

use mirrorhead_kernels::InvalidSetting;

/// Accuracy and limits of a [`mirror_flow`](crate::mirror_flow). Extend with `..FlowSettings::default()`.
#[derive(Clone, Copy)]
pub struct FlowSettings<'a> {
    /// The local error of a step: the larger of its relative size in `$u$` (largest entries) and the
    /// root of the relative symmetric Bregman divergence, in the tensor where it is most. Default
    /// `1e-7`.
    pub tolerance: f64,
    /// Largest number of steps tried, rejected ones included. Default 100,000.
    pub max_steps: u64,
    /// Asked before every step; `true` ends the flow with the state of the last step. Default none.
    pub interrupt: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Not for use: it lets settings grow without breaking `..FlowSettings::default()`.
    #[doc(hidden)]
    pub non_exhaustive: (),
}

impl Default for FlowSettings<'_> {
    fn default() -> Self {
        Self { tolerance: 1e-7, max_steps: 100_000, interrupt: None, non_exhaustive: () }
    }
}

impl fmt::Debug for FlowSettings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowSettings")
            .field("tolerance", &self.tolerance)
            .field("max_steps", &self.max_steps)
            .field("interrupt", &self.interrupt.map(|_| "a function"))
            .finish()
    }
}

impl FlowSettings<'_> {
    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        let within = self.tolerance >= 1e-12 && self.tolerance <= 0.1;
        InvalidSetting::unless(within, "tolerance", self.tolerance, "from 1e-12 to 0.1")
    }
}
