//! Horizon: where mirror descent goes with potentials that are not homogeneous.

mod cell;
mod findings;
mod potentials;

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{HorizonConfig, HorizonOutcome, POTENTIALS};

/// Potentials that are not homogeneous, on separable rows.
pub struct Horizon;

impl Experiment for Horizon {
    type Config = HorizonConfig;
    type Outcome = HorizonOutcome;

    fn about(&self) -> About {
        About {
            name: "horizon",
            group: "linear",
            title: "Where potentials go that are not homogeneous",
            setting: "8 Gaussian rows in 12 dimensions, which are separable; the exponential loss; from zero. Steps that move w by 0.1 in the norm of the horizon, 100,000 of \
                      them (quick profile: 20,000; cosh: 20,000 that move it by 0.02). Potentials: hyperbolic entropy with beta = 1 (horizon l1), elastic net (l2), the sum of square and cube (l3), cosh (the maximum norm).",
            expectation: "Mirror flow on separable data goes in direction to the max margin of the horizon function of its potential, the gauge of the shape that level \
                          sets tend to (Pesme, Dragomir, Flammarion, arXiv:2406.12763). How fast is our own argument.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<HorizonConfig> {
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 100_000 };
        let cell =
            |seed, potential| HorizonConfig { n_rows: 8, dim: 12, seed, potential, iterations };
        scope.seeds(8, 20).flat_map(|seed| POTENTIALS.map(|own| cell(seed, own))).collect()
    }

    fn label(&self, config: &HorizonConfig) -> String {
        format!("{}, seed {}", config.potential, config.seed)
    }

    fn cost_seconds(&self, config: &HorizonConfig) -> f64 {
        1e-6 * config.iterations as f64 + 0.025
    }

    fn run_cell(
        &self,
        config: &HorizonConfig,
        _: &dyn CellContext,
    ) -> Result<HorizonOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(HorizonConfig, HorizonOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
