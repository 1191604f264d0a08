//! Descent: with a small step the risk never increases, in every geometry and for every loss of the study.

mod cell;
mod findings;

use mirrorhead_attention::{Loss, SphereTokens};
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{DescentConfig, DescentOutcome, EXPONENTS, name};

/// Runs of ℓp-AttGD with a small constant step over a grid of exponents and losses.
pub struct Descent;

impl Experiment for Descent {
    type Config = DescentConfig;
    type Outcome = DescentOutcome;

    fn about(&self) -> About {
        About {
            name: "descent",
            group: "synthetic",
            title: "The risk never increases",
            setting: "Unnormalized ℓp-AttGD with constant step 0.01 from W(0) ~ N(0, 1), on the \
                      paper's synthetic data (n = 6, T = 8, d = 10), for six exponents and three \
                      losses, 1,000 steps each, every one checked.",
            expectation: "Lemma: for a small enough step the risk never increases along ℓp-AttGD, where \
                          psi'' is bounded below on its way: 1 < p <= 2 on bounded sets, or entries that \
                          keep away from zero for p > 2 (here few come near it, and are hardly felt). \
                          More precisely, to first order each step lowers it by the symmetric \
                          Bregman divergence of the two iterates over the step size, in the \
                          geometry of that very p; half of it is guaranteed.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<DescentConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let mut cells = Vec::new();
        for loss in Loss::ALL {
            for p in EXPONENTS {
                for seed in scope.seeds(2, 5) {
                    cells.push(DescentConfig {
                        data,
                        seed,
                        p,
                        loss,
                        step: 0.01,
                        iterations: 1_000,
                    });
                }
            }
        }
        cells
    }

    fn label(&self, config: &DescentConfig) -> String {
        format!("{}, p = {}, seed {}", name(config.loss), config.p, config.seed)
    }

    fn cost_seconds(&self, config: &DescentConfig) -> f64 {
        3e-6 * config.iterations as f64
    }

    fn run_cell(
        &self,
        config: &DescentConfig,
        _: &dyn CellContext,
    ) -> Result<DescentOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(DescentConfig, DescentOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
