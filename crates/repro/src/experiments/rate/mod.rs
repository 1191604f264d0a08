//! Rate: how fast the direction converges, along the mirror flow to k = 10^1000.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{EXPONENTS, RateConfig, RateOutcome};

/// The directional convergence of ℓp-AttGD over a thousand decades of time.
pub struct Rate;

impl Experiment for Rate {
    type Config = RateConfig;
    type Outcome = RateOutcome;

    fn about(&self) -> About {
        About {
            name: "rate",
            group: "rates",
            title: "The rate of convergence, to k = 10^1000",
            setting: "The continuous limit of unnormalized ℓp-AttGD on the paper's synthetic data \
                      (n = 6, T = 8, d = 10, logistic loss), in the logarithm of time, with local \
                      errors of 1e-7. It starts where a normalized run with step 0.1 from \
                      W(0) ~ N(0, 1) has a gradient of e^-30. The AttSVM of that run's selection is \
                      solved to a certified gap.",
            expectation: "The paper proves O(log log k / log k) for p > 2, O((log log k)^2 / log k) \
                          for p = 2 and O(1/(log k)^(p-1)) for 1 < p < 2. These are upper bounds: the \
                          divergence may fall faster.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<RateConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let seeds = scope.seeds(10, 60);
        let cell = |(p, seed)| RateConfig {
            data,
            seed,
            p,
            start_log_gradient: -30.0,
            start_iterations: 100_000,
            tolerance: 1e-7,
        };
        let pairs = EXPONENTS.into_iter().flat_map(|p| seeds.clone().map(move |seed| (p, seed)));
        pairs.map(cell).collect()
    }

    fn label(&self, config: &RateConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, config: &RateConfig) -> f64 {
        if config.p > 2.0 { 0.2 } else { 0.05 }
    }

    fn run_cell(&self, config: &RateConfig, _: &dyn CellContext) -> Result<RateOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(RateConfig, RateOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
