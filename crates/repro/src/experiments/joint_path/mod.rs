//! Joint path: the least risk over W and v in balls of radii R and cR, against both SVMs.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{EXPONENTS, JointPathConfig, JointPathOutcome, RADII, RATIOS};

/// Joint regularization paths.
pub struct JointPath;

impl Experiment for JointPath {
    type Config = JointPathConfig;
    type Outcome = JointPathOutcome;

    fn about(&self) -> About {
        About {
            name: "joint-path",
            group: "paths",
            title: "The joint regularization path",
            setting: "argmin of the logistic risk over W in the ball of radius R and v in the ball of \
                      radius cR, R = 3 to 1,000, c = 1, 10, 100, on random data (n = 3, T = 3, d = 4). \
                      All 27 selections are enumerated; the one of largest label margin is compared \
                      with. At every radius the lowest of ten branches counts.",
            expectation: "Theorem: v converges in direction to the decoder's SVM and W to the AttSVM \
                          if every selected token supports the decoder's SVM; if not, W converges to \
                          the relaxed AttSVM, which asks the other samples for a margin of 0 only.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<JointPathConfig> {
        let data = SphereTokens { n_sequences: 3, n_tokens: 3, dim: 4 };
        let mut cells = Vec::new();
        for p in EXPONENTS {
            for ratio in RATIOS {
                for seed in scope.seeds(7, 15) {
                    cells.push(JointPathConfig { data, seed, p, ratio, radii: RADII.to_vec() });
                }
            }
        }
        cells
    }

    fn label(&self, config: &JointPathConfig) -> String {
        format!("p = {}, c = {}, seed {}", config.p, config.ratio, config.seed)
    }

    fn cost_seconds(&self, _: &JointPathConfig) -> f64 {
        0.15
    }

    fn run_cell(
        &self,
        config: &JointPathConfig,
        _: &dyn CellContext,
    ) -> Result<JointPathOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(JointPathConfig, JointPathOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
