//! Regularization path: the least risk in balls of growing radius, against the AttSVM of the best tokens.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{EXPONENTS, PathConfig, PathOutcome, RADII};

/// Regularization paths of W.
pub struct RegularizationPath;

impl Experiment for RegularizationPath {
    type Config = PathConfig;
    type Outcome = PathOutcome;

    fn about(&self) -> About {
        About {
            name: "regularization-path",
            group: "paths",
            title: "The regularization path",
            setting: "argmin of the logistic risk over the ball of radius R in the p-norm, R = 1 to \
                      10^5, on the paper's synthetic data (n = 6, T = 8, d = 10). At every radius the \
                      lowest of ten branches counts: from zero and five random starts outwards, \
                      from the AttSVM's direction inwards and outwards. Optimality residuals are recomputed from \
                      the risk.",
            expectation: "Theorem: W_R / R converges to the direction of the AttSVM of the globally \
                          optimal selection, of the same p.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<PathConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let seeds = scope.seeds(2, 20);
        let pairs = EXPONENTS.into_iter().flat_map(|p| seeds.clone().map(move |seed| (p, seed)));
        pairs.map(|(p, seed)| PathConfig { data, seed, p, radii: RADII.to_vec() }).collect()
    }

    fn label(&self, config: &PathConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, _: &PathConfig) -> f64 {
        0.8
    }

    fn run_cell(&self, config: &PathConfig, _: &dyn CellContext) -> Result<PathOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(PathConfig, PathOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
