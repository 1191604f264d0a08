//! Momentum: which margin methods maximise that remember past gradients.

mod cell;
mod findings;
mod growth;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};

use cell::{ALGORITHMS, Algorithm, MomentumConfig, MomentumOutcome};

/// Margins of Signum, Muon, and Adam without epsilon.
pub struct Momentum;

impl Experiment for Momentum {
    type Config = MomentumConfig;
    type Outcome = MomentumOutcome;

    fn about(&self) -> About {
        About {
            name: "momentum",
            group: "algorithms",
            title: "Which margin methods with momentum maximise",
            setting: "The paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, the globally \
                      optimal selection, from near twice the solution of its AttSVM at p = 2; 40,000 steps of length 1/sqrt(k). Signum: the sign of a heavy \
                      ball with 0.9. Muon: the polar factor of a heavy ball with 0.95. Adam without epsilon, with 0.9 and 0.95, and with 0.9 and \
                      0.999: 2,000,000 steps, since its memory slows it down for about the square of 1,000.",
            expectation: "Not in the paper. On linear separable data normalized steepest descent with momentum maximises the margin of its norm at a rate of \
                          about 1/sqrt(k) (arXiv:2502.04664), and Adam without epsilon that of the maximum norm (arXiv:2407.02408). Whether attention does \
                          the same at a locally optimal selection is asked here.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<MomentumConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let cell = |seed, algorithm: Algorithm| MomentumConfig {
            data,
            seed,
            algorithm,
            iterations: algorithm.iterations(),
        };
        let seeds = |algorithm| match algorithm {
            // Fifty times the steps.
            Algorithm::AdamWithoutEpsilon => scope.seeds(6, 6),
            _ => scope.seeds(8, 20),
        };
        let of = |algorithm| seeds(algorithm).map(move |seed| cell(seed, algorithm));
        ALGORITHMS.into_iter().flat_map(of).collect()
    }

    fn label(&self, config: &MomentumConfig) -> String {
        format!("{}, seed {}", config.algorithm, config.seed)
    }

    fn cost_seconds(&self, config: &MomentumConfig) -> f64 {
        let step = match config.algorithm {
            Algorithm::Muon => 3e-5,
            Algorithm::Signum => 1.5e-6,
            Algorithm::AdamWithoutEpsilon | Algorithm::AdamOfShortMemory => 4e-6,
        };
        step * config.iterations as f64 + 0.05
    }

    fn run_cell(
        &self,
        config: &MomentumConfig,
        _: &dyn CellContext,
    ) -> Result<MomentumOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(MomentumConfig, MomentumOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
