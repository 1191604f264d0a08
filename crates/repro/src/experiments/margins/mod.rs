//! Margins: which algorithm maximises the margin of which geometry.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{ALGORITHMS, Algorithm, MarginsConfig, MarginsOutcome};

/// Margins achieved by every algorithm in every geometry, on one selection of the same data.
pub struct Margins;

impl Experiment for Margins {
    type Config = MarginsConfig;
    type Outcome = MarginsOutcome;

    fn about(&self) -> About {
        About {
            name: "margins",
            group: "algorithms",
            title: "Which algorithm maximises which margin",
            setting: "The paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, the globally \
                      optimal selection. Every algorithm starts at twice the solution of its AttSVM at \
                      p = 2, plus N(0, 0.3^2), and takes 200,000 steps (quick profile: 40,000), \
                      normalized in its own norm so that iterates grow like 2 sqrt(k) alike; Adam has \
                      rate 0.01. The margin in each norm is divided by its certified maximum for that \
                      selection.",
            expectation: "Not in the paper. Mirror descent with a potential of degree p, and steepest \
                          descent in ℓp, both maximise the ℓp margin of linear problems (Sun et al. 2022; \
                          Gunasekar et al. 2018); sign descent that of the maximum norm, spectral \
                          descent that of the spectral norm.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<MarginsConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let iterations = if scope.profile == Profile::Quick { 40_000 } else { 200_000 };
        let cell = |seed, algorithm| MarginsConfig { data, seed, algorithm, iterations };
        scope
            .seeds(8, 20)
            .flat_map(|seed| ALGORITHMS.map(|algorithm| cell(seed, algorithm)))
            .collect()
    }

    fn label(&self, config: &MarginsConfig) -> String {
        format!("{}, seed {}", config.algorithm, config.seed)
    }

    fn cost_seconds(&self, config: &MarginsConfig) -> f64 {
        let step = if config.algorithm == Algorithm::Spectral { 3.5e-5 } else { 1.7e-6 };
        step * config.iterations as f64 + 0.05
    }

    fn run_cell(
        &self,
        config: &MarginsConfig,
        _: &dyn CellContext,
    ) -> Result<MarginsOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(MarginsConfig, MarginsOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
