//! Linear margins: what is proven of first-order methods on separable rows, without attention.

mod cell;
mod findings;

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{LinearConfig, LinearOutcome, METHODS};

/// Methods on separable rows: which margin they maximise, and how fast.
pub struct LinearMargins;

impl Experiment for LinearMargins {
    type Config = LinearConfig;
    type Outcome = LinearOutcome;

    fn about(&self) -> About {
        About {
            name: "linear-margins",
            group: "linear",
            title: "What is proven for linear models",
            setting: "8 Gaussian rows in 12 dimensions, which are separable; the exponential loss; from \
                      zero. 100,000 steps (quick profile: 20,000): gradient descent with constant steps (0.1), with \
                      normalized ones (0.1), and every other method with steps normalized in its own norm that shrink \
                      so that iterates grow like 2 sqrt(k). Margins are divided by their certified maximum.",
            expectation: "Gradient descent goes to the l2 max margin like 1/log k (Soudry et al. 2018), and with \
                          normalized steps like 1/k (Ji, Telgarsky 2021); steepest descent goes to that of its norm \
                          (Gunasekar et al. 2018), mirror descent to that of its potential (Sun et al. 2022), and \
                          momentum does not change where (arXiv 2502.04664); Adam without epsilon goes to that of the \
                          maximum norm (Zhang, Zou, Cao 2024).",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<LinearConfig> {
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 100_000 };
        let cell = |seed, method| LinearConfig { n_rows: 8, dim: 12, seed, method, iterations };
        scope.seeds(8, 20).flat_map(|seed| METHODS.map(|method| cell(seed, method))).collect()
    }

    fn label(&self, config: &LinearConfig) -> String {
        format!("{}, seed {}", config.method, config.seed)
    }

    fn cost_seconds(&self, config: &LinearConfig) -> f64 {
        5e-7 * config.iterations as f64 + 0.025
    }

    fn run_cell(
        &self,
        config: &LinearConfig,
        _: &dyn CellContext,
    ) -> Result<LinearOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(LinearConfig, LinearOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
