//! Adaptive steps: the rates of normalized gradient descent and of Polyak's steps.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{RULES, StepsConfig, StepsOutcome};

/// Normalized steps of several decays, and Polyak's.
pub struct AdaptiveSteps;

impl Experiment for AdaptiveSteps {
    type Config = StepsConfig;
    type Outcome = StepsOutcome;

    fn about(&self) -> About {
        About {
            name: "adaptive-steps",
            group: "algorithms",
            title: "Rates of normalized gradient descent and of Polyak's steps",
            setting: "Gradient descent on the paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, from near twice the solution of the AttSVM at p = 2 of the globally optimal \
                      selection, 100,000 steps (quick profile: 20,000): normalized ones of length 0.1, k^(-1/4)/2 and k^(-1/2), and Polyak's, with the excess over the infimum of the risk computed without cancellation.",
            expectation: "Vasudeva, Deora, Thrampoulidis (arXiv:2402.05738) prove that attention with normalized and with Polyak's steps converges in direction to the AttSVM, with rates. The exponents here are \
                          our own argument.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<StepsConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 100_000 };
        let cell = |seed, rule| StepsConfig { data, seed, rule, iterations };
        scope.seeds(8, 20).flat_map(|seed| RULES.map(|rule| cell(seed, rule))).collect()
    }

    fn label(&self, config: &StepsConfig) -> String {
        format!("{}, seed {}", config.rule, config.seed)
    }

    fn cost_seconds(&self, config: &StepsConfig) -> f64 {
        1.2e-6 * config.iterations as f64 + 0.013
    }

    fn run_cell(
        &self,
        config: &StepsConfig,
        _: &dyn CellContext,
    ) -> Result<StepsOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(StepsConfig, StepsOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
