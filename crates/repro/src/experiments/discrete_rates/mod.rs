//! Discrete rates: how fast each step rule of mirror descent approaches the max margin.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{EXPONENTS, ITERATIONS, QUICK_ITERATIONS, RULES, RatesConfig, RatesOutcome};

/// Step rules compared: direction and margin against iterations.
pub struct DiscreteRates;

impl Experiment for DiscreteRates {
    type Config = RatesConfig;
    type Outcome = RatesOutcome;

    fn about(&self) -> About {
        About {
            name: "discrete-rates",
            group: "algorithms",
            title: "Step rules and how fast they find the margin",
            setting: "ℓp-AttGD on the paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, from \
                      near twice the solution of the AttSVM at p = 2 of the globally optimal selection, \
                      100,000 steps: constant (1), decaying (1/sqrt(k+1)), normalized (0.1), normalized \
                      decaying (1/sqrt(k+1)), normalized (0.1) but moving W no farther than 2, and Polyak with the infimum of the risk. Every step of \
                      every rule is one gradient and one inverse mirror map, so iterations are work.",
            expectation: "The paper proves rates for the plain method (divergence of order log log k / \
                          log k for p > 2, its square for p = 2, 1/(log k)^(p-1) for p < 2) and runs \
                          normalized steps, for which it proves none. Normalized steps keep the length \
                          that vanishing gradients take from constant ones.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<RatesConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let iterations =
            if scope.profile == Profile::Quick { QUICK_ITERATIONS } else { ITERATIONS };
        let mut cells = Vec::new();
        for seed in scope.seeds(8, 20) {
            for p in EXPONENTS {
                let cell = |rule| RatesConfig { data, seed, p, rule, iterations };
                cells.extend(RULES.map(cell));
            }
        }
        cells
    }

    fn label(&self, config: &RatesConfig) -> String {
        format!("p = {}, {}, seed {}", config.p, config.rule, config.seed)
    }

    fn cost_seconds(&self, config: &RatesConfig) -> f64 {
        2e-6 * config.iterations as f64 + 0.013
    }

    fn run_cell(
        &self,
        config: &RatesConfig,
        _: &dyn CellContext,
    ) -> Result<RatesOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(RatesConfig, RatesOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
