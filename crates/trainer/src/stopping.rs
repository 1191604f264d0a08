//! When a run ends, and why it did.

use serde::{Deserialize, Serialize};

/// When to stop: at whichever comes first.
///
/// ```
/// use mirrorhead_trainer::StoppingRule;
/// let rule = StoppingRule { risk_below: Some(1e-3), ..StoppingRule::after(2_000) };
/// assert_eq!(rule.max_iters, 2_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoppingRule {
    /// Number of steps of the whole run, those before a resumption included.
    pub max_iters: u64,
    /// Stop once the risk is below this.
    pub risk_below: Option<f64>,
    /// Stop once the logarithm of the largest entry of the gradient is below this.
    pub log_gradient_below: Option<f64>,
}

impl StoppingRule {
    /// After `max_iters` steps.
    pub fn after(max_iters: u64) -> Self {
        Self { max_iters, risk_below: None, log_gradient_below: None }
    }
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// All steps were taken.
    MaxIters,
    /// The risk fell below its bound.
    RiskReached,
    /// The gradient fell below its bound.
    GradientReached,
    /// The gradient is zero, or has underflowed under an unnormalized step: nothing moves any more.
    Stationary,
    /// An observer asked to stop.
    Interrupted,
}
