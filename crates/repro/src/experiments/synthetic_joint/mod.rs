//! Joint: W and v trained together on the toy pair, and the two SVMs they converge to.

mod cell;
mod findings;

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use crate::shared::head::{EXPONENTS, iterations};
use cell::{JointConfig, JointOutcome};

/// The toy runs of ℓp-JointGD.
pub struct SyntheticJoint;

impl Experiment for SyntheticJoint {
    type Config = JointConfig;
    type Outcome = JointOutcome;

    fn about(&self) -> About {
        About {
            name: "synthetic-joint",
            group: "synthetic",
            title: "Training W and v together",
            setting: "ℓp-JointGD on the paper's toy pair (n = 2, T = 3, d = 2) from W(0) = 0, \
                      v(0) = 0, each tensor with its own normalized step of 0.1; 1,500, 2,000 and \
                      20,000 iterations for p = 1.75, 2 and 3.",
            expectation: "The softmax probability of the selected tokens and the logistic \
                          probability of the labels both go to 1. W follows the ray of the AttSVM, v \
                          that of the decoder's SVM. The selected tokens, counted from 0, are (1, 0) \
                          for p = 1.75 and 2, and (0, 0) for p = 3.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, _: &Scope) -> Vec<JointConfig> {
        let cell = |p: f64| JointConfig {
            p,
            iterations: iterations(p),
            paper_selection: if p > 2.0 { vec![0, 0] } else { vec![1, 0] },
        };
        EXPONENTS.map(cell).into()
    }

    fn label(&self, config: &JointConfig) -> String {
        format!("p = {}", config.p)
    }

    fn cost_seconds(&self, config: &JointConfig) -> f64 {
        1e-6 * config.iterations as f64 + 0.01
    }

    fn run_cell(
        &self,
        config: &JointConfig,
        _: &dyn CellContext,
    ) -> Result<JointOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(JointConfig, JointOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
