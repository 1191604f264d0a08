//! The losses `$\ell(y f)$` of a margin.

use mirrorhead_kernels::{elementary, softplus};
use serde::{Deserialize, Serialize};

/// A strictly decreasing, differentiable loss `$\ell$` of the margin `$x = y f$`.
///
/// ```
/// use mirrorhead_mirror::Loss;
/// assert!((Loss::Logistic.value(0.0) - 2f64.ln()).abs() < 1e-15);
/// assert_eq!(Loss::Logistic.value(-1e300), 1e300);              // no overflow
/// assert_eq!(Loss::Logistic.log_slope(2000.0), -2000.0);        // no underflow
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `$\ell(x) = \log(1 + e^{-x})$`.
    Logistic,
    /// `$\ell(x) = e^{-x}$`.
    Exponential,
    /// `$\ell(x) = -x$`.
    Correlation,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logistic, Self::Exponential, Self::Correlation];

    /// `$\ell(x)$`.
    pub fn value(self, margin: f64) -> f64 {
        self.value_and_log_slope(margin).0
    }

    /// `$\log\lvert\ell'(x)\rvert = \log(-\ell'(x))$`: every loss here decreases.
    pub fn log_slope(self, margin: f64) -> f64 {
        self.value_and_log_slope(margin).1
    }

    /// `$\ell(x)$` and `$\log(-\ell'(x))$` in one evaluation.
    pub fn value_and_log_slope(self, margin: f64) -> (f64, f64) {
        let (mut value, mut log_slope) = ([0.0], [0.0]);
        self.values_and_log_slopes(&[margin], &mut value, &mut log_slope);
        (value[0], log_slope[0])
    }

    /// `$\ell(x_i)$` and `$\log(-\ell'(x_i))$` of many margins at once.
    ///
    /// For the logistic loss, with `$L = \log(1 + e^{-\lvert x\rvert})$`, these are `$\max(-x, 0) + L$` and
    /// `$-\max(x, 0) - L$`.
    ///
    /// All three are of one length: [`MarginLosses`](crate::MarginLosses) is what others call.
    pub(super) fn values_and_log_slopes(
        self,
        margins: &[f64],
        values: &mut [f64],
        log_slopes: &mut [f64],
    ) {
        let results = values.iter_mut().zip(log_slopes.iter_mut());
        match self {
            Self::Logistic => {
                for ((_, slope), x) in results.zip(margins) {
                    *slope = -x.abs();
                }
                softplus(log_slopes, values);
                for ((value, slope), x) in values.iter_mut().zip(log_slopes).zip(margins) {
                    *slope = -x.max(0.0) - *value;
                    *value += (-x).max(0.0);
                }
            }
            Self::Exponential => {
                for ((value, slope), x) in results.zip(margins) {
                    (*value, *slope) = (elementary::exp(-x), -x);
                }
            }
            Self::Correlation => {
                for ((value, slope), x) in results.zip(margins) {
                    (*value, *slope) = (-x, 0.0);
                }
            }
        }
    }
}
