//! Joint training on random data: where W and v go when some selected token does not support the decoder's SVM.

mod cell;
mod findings;

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use crate::shared::head::EXPONENTS;
use cell::{JointConfig, JointOutcome, SIZES, iterations};

/// ℓp-JointGD beyond the toy pair.
pub struct Joint;

impl Experiment for Joint {
    type Config = JointConfig;
    type Outcome = JointOutcome;

    fn about(&self) -> About {
        About {
            name: "joint",
            group: "algorithms",
            title: "Joint training on random data",
            setting: "ℓp-JointGD on random data (n = 5, T = 4, d = 8) from W(0) = 0, v(0) = 0, each tensor with its own \
                      normalized step of 0.1; 8,000, 12,000 and 120,000 steps for p = 1.75, 2 and 3. All SVMs of the selection that a run \
                      ends at are certified; the hypothesis of the theorem on joint paths, that weight off the selection costs label margin, is \
                      computed.",
            expectation: "The paper's toy pair has one decoder's SVM for every p, and both tokens on its support. Its theorem is about \
                          regularization paths: v to its ℓp-SVM, and W to the ℓp-AttSVM if all selected tokens support that, else to the relaxed one as \
                          ||v||/||W|| grows. A run has one ratio in the end, and the SVM between for it.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<JointConfig> {
        let cell = |seed, p| JointConfig { data: SIZES, seed, p, iterations: iterations(p) };
        scope.seeds(20, 60).flat_map(|seed| EXPONENTS.map(|p| cell(seed, p))).collect()
    }

    fn label(&self, config: &JointConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, config: &JointConfig) -> f64 {
        1e-6 * config.iterations as f64 + 0.05
    }

    fn run_cell(
        &self,
        config: &JointConfig,
        _: &dyn CellContext,
    ) -> Result<JointOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(JointConfig, JointOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
