//! Difficulty: the claims on data made hard in several ways, up to 512 tokens in 512 dimensions.

mod cell;
mod difficult_data;
mod findings;
mod settled_run;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{DifficultyConfig, DifficultyOutcome, SIZES, SMALL_STEPS, seeds, steps};
use difficult_data::FAMILIES;
use settled_run::EXPONENTS;

/// Runs on every family of data, at every size, for every p.
pub struct Difficulty;

impl Experiment for Difficulty {
    type Config = DifficultyConfig;
    type Outcome = DifficultyOutcome;

    fn about(&self) -> About {
        About {
            name: "difficulty",
            group: "algorithms",
            title: "Difficult data",
            setting: "Five families of data: the paper's; a planted solution with margins below the scatter of \
                      tokens; tokens near the one before (cosine 0.9); entries of Student's distribution \
                      without variance; inputs labelled three times, each label wrong with probability 0.2. \
                      Each at (n, T, d) from (6, 8, 10) to (2, 512, 512), from a Gaussian start of norm \
                      one: 200 steps of a small constant size, and normalized steps of 0.1 (1 for p = 3).",
            expectation: "The theorems ask for separable tokens and a loss that decreases in every sample, and for \
                          nothing else about the data: what holds on the sphere should hold here.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<DifficultyConfig> {
        let quick = scope.profile == Profile::Quick;
        let sizes = if quick { &SIZES[..1] } else { &SIZES[..] };
        let mut cells = Vec::new();
        for data in sizes {
            for family in FAMILIES {
                for p in EXPONENTS {
                    let seeds = scope.seeds(8, seeds(*data));
                    cells.extend(seeds.map(|seed| DifficultyConfig {
                        family,
                        data: *data,
                        p,
                        seed,
                        steps: steps(p, *data),
                    }));
                }
            }
        }
        cells
    }

    fn label(&self, config: &DifficultyConfig) -> String {
        let SphereTokens { n_sequences, n_tokens, dim } = config.data;
        let DifficultyConfig { family, p, seed, .. } = config;
        format!("{family}, (n, T, d) = ({n_sequences}, {n_tokens}, {dim}), p = {p}, seed {seed}")
    }

    fn cost_seconds(&self, config: &DifficultyConfig) -> f64 {
        let SphereTokens { n_sequences, n_tokens, dim } = config.data;
        let entries = (dim * dim + n_sequences * n_tokens * dim) as f64;
        let steps = 2e-9 * entries * (2 * config.steps.number + SMALL_STEPS) as f64;
        steps + 5e-9 * ((n_sequences * n_tokens) as f64).powi(3)
    }

    fn run_cell(
        &self,
        config: &DifficultyConfig,
        _: &dyn CellContext,
    ) -> Result<DifficultyOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(DifficultyConfig, DifficultyOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
