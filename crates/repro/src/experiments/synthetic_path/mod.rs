//! Path: one run from W = 0, in the plane of two entries, beside the ray of its AttSVM.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use crate::shared::head::{EXPONENTS, iterations};
use cell::{PathConfig, PathOutcome};

/// One run from zero for each exponent.
pub struct SyntheticPath;

impl Experiment for SyntheticPath {
    type Config = PathConfig;
    type Outcome = PathOutcome;

    fn about(&self) -> About {
        About {
            name: "synthetic-path",
            group: "synthetic",
            title: "The path of W from zero",
            setting: "The same data and steps as the study of directions, from W(0) = 0: \
                      entries (1, 2) and (3, 4), counted from 0, of W(k) along the run.",
            expectation: "Each path starts at zero, bends, and then follows the ray of the AttSVM \
                          of its own p outwards: the iterates diverge in norm and converge in \
                          direction.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<PathConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let cell = |seed, p| PathConfig { data, seed, p, iterations: iterations(p) };
        scope.seeds(10, 40).flat_map(|seed| EXPONENTS.map(|p| cell(seed, p))).collect()
    }

    fn label(&self, config: &PathConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, config: &PathConfig) -> f64 {
        2.5e-6 * config.iterations as f64 + 0.01
    }

    fn run_cell(&self, config: &PathConfig, _: &dyn CellContext) -> Result<PathOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(PathConfig, PathOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
