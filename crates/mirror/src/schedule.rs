//! Schedules: how steps of any rule change with the iteration.

use mirrorhead_kernels::{LogScaled, elementary};
use serde::{Deserialize, Serialize};

use crate::step_size::require;
use crate::step_start::StepStart;
use crate::{MirrorError, StepSize};

/// What the steps of any rule are multiplied by at iteration `$k = 0, 1, \dots$`
///
/// ```
/// use mirrorhead_mirror::Schedule;
/// assert_eq!(Schedule::Power(0.5).factor(3), 0.5); // 4^(-1/2)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// One.
    Constant,
    /// `$(k+1)^{-a}$`, `$a \ge 0$`.
    Power(f64),
}

impl Schedule {
    /// The factor at iteration `$k$`.
    pub fn factor(self, iteration: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Power(power) => elementary::powf(iteration as f64 + 1.0, -power),
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A power that is negative or not finite.
    pub fn validate(self) -> Result<(), MirrorError> {
        match self {
            Self::Constant => Ok(()),
            Self::Power(power) => {
                let valid = power >= 0.0 && power.is_finite();
                require(valid, "decay power", power, "non-negative and finite")
            }
        }
    }
}

/// A step-size rule with its schedule. A [`StepSize`] alone is one with a constant schedule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScheduledStep {
    /// The rule.
    pub size: StepSize,
    /// What its steps are multiplied by.
    pub schedule: Schedule,
}

impl StepSize {
    /// The same rule with all steps multiplied by `$(k+1)^{-a}$`, `$k$` the iteration.
    pub const fn decaying(self, power: f64) -> ScheduledStep {
        ScheduledStep { size: self, schedule: Schedule::Power(power) }
    }
}

impl From<StepSize> for ScheduledStep {
    fn from(size: StepSize) -> Self {
        Self { size, schedule: Schedule::Constant }
    }
}

impl ScheduledStep {
    /// Checks the settings of both.
    ///
    /// # Errors
    /// As [`StepSize::validate`] and [`Schedule::validate`].
    pub fn validate(self) -> Result<(), MirrorError> {
        self.size.validate()?;
        self.schedule.validate()
    }

    /// The factors of the step of every tensor.
    pub(crate) fn factors(
        self,
        at: &StepStart,
        norms: &[LogScaled<f64>],
        joint: impl Fn(&[f64]) -> f64,
        factors: &mut [f64],
    ) {
        self.size.factors(self.schedule.factor(at.iteration), at, norms, joint, factors);
    }
}
