//! When a run ends, and why it did.

use std::fmt;

use serde::{Deserialize, Serialize};

/// When to stop: at whichever comes first.
///
/// ```
/// use mirrorhead_trainer::StoppingRule;
/// let rule = StoppingRule::after(2_000).with_risk_below(1e-3);
/// assert_eq!((rule.max_iters, rule.risk_below), (2_000, Some(1e-3)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
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

    /// Or once the risk is below this.
    #[must_use]
    pub fn with_risk_below(self, risk: f64) -> Self {
        Self { risk_below: Some(risk), ..self }
    }

    /// Or once the logarithm of the largest entry of the gradient is below this.
    #[must_use]
    pub fn with_log_gradient_below(self, log_gradient: f64) -> Self {
        Self { log_gradient_below: Some(log_gradient), ..self }
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

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxIters => "all steps were taken",
            Self::RiskReached => "the risk fell below its bound",
            Self::GradientReached => "the gradient fell below its bound",
            Self::Stationary => "nothing moves any more",
            Self::Interrupted => "an observer asked to stop",
        })
    }
}
