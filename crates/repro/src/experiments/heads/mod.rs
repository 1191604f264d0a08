//! Beyond one head: two heads trained together, and one head over three classes.

mod cell;
mod findings;

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use crate::shared::head::{EXPONENTS, iterations};
use cell::{HeadsConfig, HeadsOutcome, SETTINGS, Setting};

/// Directions and sizes of heads trained together, and of a head over several classes.
pub struct Heads;

impl Experiment for Heads {
    type Config = HeadsConfig;
    type Outcome = HeadsOutcome;

    fn about(&self) -> About {
        About {
            name: "heads",
            group: "algorithms",
            title: "Beyond one head",
            setting: "The paper's sizes (n = 6, T = 8, d = 10), with 3 times the decoder of its class added to \
                      one token of each sequence. Two heads: labels are the classes, logistic loss, head 0 \
                      has the decoder v_0 - v_1, head 1 one drawn from N(0, I), both start from N(0, 1). \
                      Classes: three, cross-entropy, W(0) = 0. Normalized steps of 0.1, for each head only as long as \
                      it moves no farther than 2; 4 times the paper's \
                      iterations and 12 times at p = 3 (paper profile: 10 times these), twice as many for \
                      heads normalized together.",
            expectation: "Not in the paper. Constraints of different heads are separate, so the SVM of the \
                          stack is each head's own; steps normalized for each head make their sizes \
                          equal, those for the stack make their margins equal.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<HeadsConfig> {
        let longer = if scope.profile == Profile::Quick { 1 } else { 10 };
        let cell = |setting, p, seed| {
            let once = if p > 2.0 { 60_000 } else { 4 * iterations(p) };
            let shared = if setting == Setting::Stack { 2 } else { 1 };
            HeadsConfig { setting, p, seed, iterations: longer * shared * once }
        };
        let runs =
            |seed| SETTINGS.into_iter().flat_map(move |s| EXPONENTS.map(|p| cell(s, p, seed)));
        scope.seeds(8, 20).flat_map(runs).collect()
    }

    fn label(&self, config: &HeadsConfig) -> String {
        format!("{}, p = {}, seed {}", config.setting, config.p, config.seed)
    }

    fn cost_seconds(&self, config: &HeadsConfig) -> f64 {
        4.5e-6 * config.iterations as f64 + 0.04
    }

    fn run_cell(
        &self,
        config: &HeadsConfig,
        _: &dyn CellContext,
    ) -> Result<HeadsOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(HeadsConfig, HeadsOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
