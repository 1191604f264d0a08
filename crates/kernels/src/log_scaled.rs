//! A value carried together with the logarithm of a common factor.

use serde::{Deserialize, Serialize};

use crate::elementary;

/// The quantity `$e^{m} G$`, kept as the pair `$(m, G)$`.
///
/// Gradients of a saturated softmax carry a factor `$e^{-\text{margin}}$` that underflows long before
/// the direction `$G$` loses meaning. Normalized steps use `$G$` alone; unnormalized ones use
/// `$\eta e^{m} G$` for as long as it is representable.
///
/// ```
/// use mirrorhead_kernels::LogScaled;
/// let tiny = LogScaled { log_scale: -2000.0, value: 3.0 };
/// assert_eq!(tiny.log_scale.exp(), 0.0);           // lost in plain arithmetic
/// assert!((tiny.log_abs() + 1998.901).abs() < 1e-3); // kept here
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogScaled<T> {
    /// The logarithm `$m$` of the common factor.
    pub log_scale: f64,
    /// The factor `$G$` of order one.
    pub value: T,
}

impl LogScaled<f64> {
    /// `$\log \lvert e^{m} G \rvert = m + \log\lvert G\rvert$`.
    pub fn log_abs(self) -> f64 {
        self.log_scale + elementary::ln(self.value.abs())
    }
}

/// A plain value, with the factor one.
///
/// ```
/// use mirrorhead_kernels::{LogScaled, Matrix};
/// let gradient = LogScaled::from(Matrix::column(vec![2.0, -1.0])?);
/// assert_eq!((gradient.log_scale, gradient.value.as_slice()), (0.0, &[2.0, -1.0][..]));
/// # Ok::<(), mirrorhead_kernels::KernelError>(())
/// ```
impl<T> From<T> for LogScaled<T> {
    fn from(value: T) -> Self {
        Self { log_scale: 0.0, value }
    }
}
