//! What the caller of a regularization path decides: accuracy and limits.

use mirrorhead_kernels::{InvalidSetting, Watched};
use serde::{Deserialize, Serialize};

use super::progress::PathProgress;

/// Settings, and functions of the caller that watch the path.
pub(super) type WatchedPath<'a> = Watched<'a, PathSettings, PathProgress>;

/// Accuracy and limits of a [`regularization_path`](crate::regularization_path). What a file doesn't mention keeps
/// its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PathSettings {
    /// Largest optimality residual of a point. Default `1e-9`.
    pub tolerance: f64,
}

impl Default for PathSettings {
    fn default() -> Self {
        Self { tolerance: 1e-9 }
    }
}

impl PathSettings {
    /// With another [`tolerance`](Self::tolerance).
    #[must_use]
    pub fn with_tolerance(self, tolerance: f64) -> Self {
        Self { tolerance }
    }

    /// With a function that is asked before every iteration of Newton's method and every round of descent; `true` ends
    /// the path with the points it has.
    #[must_use]
    pub fn with_interrupt(self, interrupt: &(dyn Fn() -> bool + Sync)) -> WatchedPath<'_> {
        Watched::from(self).with_interrupt(interrupt)
    }

    /// With a function that is told as often how far the path has got.
    #[must_use]
    pub fn with_progress(self, progress: &(dyn Fn(PathProgress) + Sync)) -> WatchedPath<'_> {
        Watched::from(self).with_progress(progress)
    }

    pub(super) fn validate(self) -> Result<(), InvalidSetting> {
        let within = self.tolerance > 0.0 && self.tolerance < 1.0;
        InvalidSetting::unless(within, "tolerance", self.tolerance, "strictly between 0 and 1")
    }
}
