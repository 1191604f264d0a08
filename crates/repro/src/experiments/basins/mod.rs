//! Basins: which selection a start leads to, against the list of all that attract.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{BasinsConfig, BasinsOutcome, EXPONENTS, SIZES, SLICED_DATA, Starts, iterations};

/// Every selection of small data sets, and what attracts runs from many starts.
pub struct Basins;

impl Experiment for Basins {
    type Config = BasinsConfig;
    type Outcome = BasinsOutcome;

    fn about(&self) -> About {
        About {
            name: "basins",
            group: "algorithms",
            title: "Basins of locally optimal selections",
            setting: "All selections of small synthetic data (n = 2 to 4, T = 3, d = 2 to 4) are listed: \
                      each AttSVM solved to a relative gap of 1e-12, or refuted by a certificate. ℓp-AttGD from \
                      W(0) ~ N(0, 1) (100 starts, quick profile: 12) and from a grid in the plane of two \
                      locally optimal directions (those of largest margin), with normalized steps (0.1; 0.02 for p = 1.1) in rounds of \
                      2,000 (p = 3: 8,000): two, up to ten while attention is not saturated, and up to 400 while it \
                      is saturated at a selection that is not locally optimal and has not come to rest.",
            expectation: "The paper: a selection attracts only if each selected token out-scores its own \
                          support tokens. How often the globally optimal one is reached, it leaves open.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<BasinsConfig> {
        let quick = scope.profile == Profile::Quick;
        let (draws, side) = if quick { (12, 10) } else { (100, 32) };
        let cell = |(data, seed), p, starts| BasinsConfig {
            data,
            seed,
            p,
            starts,
            iterations: iterations(p),
        };
        let mut cells = Vec::new();
        for p in EXPONENTS {
            for data in SIZES {
                let seeds = scope.seeds(2, 10);
                cells.extend(seeds.map(|seed| cell((data, seed), p, Starts::Gaussian(draws))));
            }
            cells.push(cell(SLICED_DATA, p, Starts::Slice(side)));
        }
        cells
    }

    fn label(&self, config: &BasinsConfig) -> String {
        let SphereTokens { n_sequences, n_tokens, dim } = config.data;
        let starts = match config.starts {
            Starts::Gaussian(_) => "",
            Starts::Slice(_) => ", slice",
        };
        let (p, seed) = (config.p, config.seed);
        format!("p = {p}, (n, T, d) = ({n_sequences}, {n_tokens}, {dim}), seed {seed}{starts}")
    }

    fn cost_seconds(&self, config: &BasinsConfig) -> f64 {
        let runs = match config.starts {
            Starts::Gaussian(draws) => draws as f64,
            Starts::Slice(side) => f64::from(side * side),
        };
        0.05 + 3e-6 * runs * config.iterations as f64
    }

    fn run_cell(
        &self,
        config: &BasinsConfig,
        _: &dyn CellContext,
    ) -> Result<BasinsOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(BasinsConfig, BasinsOutcome)]) -> Summary {
        let label = |config: &BasinsConfig| self.label(config);
        findings::summarise(cells, &label)
    }
}
