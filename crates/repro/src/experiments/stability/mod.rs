//! Stability: when normalized steps begin to zigzag between active constraints, and which don't.

mod cell;
mod findings;
mod profile;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{Rule, StabilityConfig, StabilityOutcome};
use profile::{LENGTH, REACH, RULED, STABLE, UNSTABLE};

/// Sharpness and growth along runs of normalized steps.
pub struct Stability;

impl Experiment for Stability {
    type Config = StabilityConfig;
    type Outcome = StabilityOutcome;

    fn about(&self) -> About {
        About {
            name: "stability",
            group: "algorithms",
            title: "When normalized steps zigzag",
            setting: "ℓp-AttGD on the paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, from near twice the \
                      solution of the AttSVM at p = 2 of the globally optimal selection. Normalized steps of constant dual length \
                      at p = 1.5, 1.6 and 1.75 (four times as many as the formula gives to the onset) and at p = 2 and 3; steps within a reach of 2, \
                      and steps that decay like k^-(2-p), at p from 1.1 to 1.75.",
            expectation: "Not in the paper, whose experiments run such steps. With the sharpness c eta (eta k)^((2-p)/(p-1)), c that of the \
                          AttSVM's solution, it reaches two at k* = (1/eta) (2/(c eta))^((p-1)/(2-p)) for p < 2, and never for p >= 2.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<StabilityConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let constant = UNSTABLE.into_iter().chain(STABLE);
        let constant = constant.map(|(p, step)| (p, step, Rule::Constant));
        let rules = [Rule::Within(REACH), Rule::Decaying];
        let ruled = RULED.into_iter().flat_map(|p| rules.map(|rule| (p, LENGTH, rule)));
        let runs: Vec<_> = constant.chain(ruled).collect();
        let cell = |seed, (p, step, rule)| StabilityConfig { data, seed, p, step, rule };
        let of_seed = |seed| runs.iter().map(move |run| cell(seed, *run)).collect::<Vec<_>>();
        scope.seeds(8, 20).flat_map(of_seed).collect()
    }

    fn label(&self, config: &StabilityConfig) -> String {
        let StabilityConfig { p, step, rule, seed, .. } = config;
        format!("p = {p}, step {step}, {rule}, seed {seed}")
    }

    fn cost_seconds(&self, config: &StabilityConfig) -> f64 {
        if config.p == 1.75 { 0.5 } else { 0.1 }
    }

    fn run_cell(
        &self,
        config: &StabilityConfig,
        _: &dyn CellContext,
    ) -> Result<StabilityOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(StabilityConfig, StabilityOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
