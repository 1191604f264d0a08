//! The losses $\ell(y f)$ of a margin.

use serde::{Deserialize, Serialize};

/// A strictly decreasing, differentiable loss $\ell$ of the margin $x = y f$.
///
/// ```
/// use mirrorhead_attention::Loss;
/// assert_eq!(Loss::Logistic.value(0.0), 2f64.ln());
/// assert_eq!(Loss::Logistic.value(-1e300), 1e300);              // no overflow
/// assert_eq!(Loss::Logistic.log_slope(2000.0), -2000.0);        // no underflow
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// $\ell(x) = \log(1 + e^{-x})$.
    Logistic,
    /// $\ell(x) = e^{-x}$.
    Exponential,
    /// $\ell(x) = -x$.
    Correlation,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logistic, Self::Exponential, Self::Correlation];

    /// $\ell(x)$.
    pub fn value(self, margin: f64) -> f64 {
        self.value_and_log_slope(margin).0
    }

    /// $\log\lvert\ell'(x)\rvert = \log(-\ell'(x))$: every loss here decreases.
    pub fn log_slope(self, margin: f64) -> f64 {
        self.value_and_log_slope(margin).1
    }

    /// $\ell(x)$ and $\log(-\ell'(x))$ in one evaluation.
    ///
    /// For the logistic loss $-\ell'(x) = e^{-x} e^{-\ell(x)}$.
    pub fn value_and_log_slope(self, margin: f64) -> (f64, f64) {
        match self {
            Self::Logistic => {
                let value = (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
                (value, -margin - value)
            }
            Self::Exponential => ((-margin).exp(), -margin),
            Self::Correlation => (-margin, 0.0),
        }
    }
}
