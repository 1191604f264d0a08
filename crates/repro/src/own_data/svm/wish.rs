//! Which classifier is wished for: by the arguments, or by the settings of a result that is checked.

use mirrorhead_svm::{ClassWeights, Intercept, LpClassifier, Norm, Penalty, SvmError};
use serde::Deserialize;

/// What the arguments of the same names say.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Wish {
    pub p: Norm,
    pub soft: Option<f64>,
    pub power: Option<f64>,
    pub intercept: bool,
    pub balanced: bool,
}

impl Wish {
    /// The classifier.
    ///
    /// # Errors
    /// A norm that no classifier takes.
    pub fn classifier(&self) -> Result<LpClassifier, SvmError> {
        let penalty = match (self.soft, self.power) {
            (Some(cost), _) => Penalty::Hinge(cost),
            (None, Some(cost)) => Penalty::Power(cost),
            (None, None) => Penalty::Hard,
        };
        let weights = if self.balanced { ClassWeights::Balanced } else { ClassWeights::Equal };
        let intercept = if self.intercept { Intercept::Free } else { Intercept::Zero };
        let classifier = LpClassifier::new(self.p)?.with_penalty(penalty);
        Ok(classifier.with_weights(weights).with_intercept(intercept))
    }
}
