//! What the caller of a regularization path decides: accuracy and limits.

use std::fmt;

use mirrorhead_kernels::InvalidSetting;

/// Accuracy and limits of a [`regularization_path`](crate::regularization_path). Extend with
/// `..PathSettings::default()`.
#[derive(Clone, Copy)]
pub struct PathSettings<'a> {
    /// Largest optimality residual of a point. Default `1e-9`.
    pub tolerance: f64,
    /// Asked before every radius tried; `true` ends the path with the points it has. Default none.
    pub interrupt: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Not for use: it lets settings grow without breaking `..PathSettings::default()`.
    #[doc(hidden)]
    pub non_exhaustive: (),
}

impl Default for PathSettings<'_> {
    fn default() -> Self {
        Self { tolerance: 1e-9, interrupt: None, non_exhaustive: () }
    }
}

impl fmt::Debug for PathSettings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathSettings")
            .field("tolerance", &self.tolerance)
            .field("interrupt", &self.interrupt.map(|_| "a function"))
            .finish()
    }
}

impl PathSettings<'_> {
    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        let within = self.tolerance > 0.0 && self.tolerance < 1.0;
        InvalidSetting::unless(within, "tolerance", self.tolerance, "strictly between 0 and 1")
    }
}
