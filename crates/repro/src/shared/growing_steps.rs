//! Steps with which iterates grow at the same rate, whatever the geometry.

use mirrorhead_kernels::elementary;
use mirrorhead_mirror::{ScheduledStep, StepSize};

/// Normalized steps with which the iterate grows to `$2\sqrt k$`, if none takes back what others did: for
/// steepest descent, of length `$1/\sqrt k$`, and `$p = 2$`; the dual point of `$\tfrac1p\lVert w\rVert_p^p$` has
/// to grow to `$(4k)^{(p-1)/2}$`. Constant lengths would leave sign and spectral descent a constant share
/// below their margin, as much as one step moves it.
pub fn steps(p: f64) -> ScheduledStep {
    let power = (3.0 - p) / 2.0;
    StepSize::DualNormalized(2.0 * (p - 1.0) * elementary::powf(4.0, -power)).decaying(power)
}
