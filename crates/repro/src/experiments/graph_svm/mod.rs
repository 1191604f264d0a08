//! Graph-SVM: where mirror descent takes a head that predicts the next token.

mod cell;
mod choice_model;
mod findings;

use mirrorhead_attention::RankedTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{EXPONENTS, GraphConfig, GraphOutcome};

/// Tokens of the vocabulary.
const TOKENS: usize = 5;

/// Heads that predict the next token.
pub struct GraphSvm;

impl Experiment for GraphSvm {
    type Config = GraphConfig;
    type Outcome = GraphOutcome;

    fn about(&self) -> About {
        About {
            name: "graph-svm",
            group: "next-token",
            title: "Where the next token takes a head",
            setting: "-log of what attention gives to the token that comes next; 5 tokens on the sphere in 10 dimensions, two of which ask, 12 sequences of 4 tokens each. The next \
                      token is one of the best of its sequence by a ranking without ties (graphs without cycles), with ties of two (both cycles and orders), or with all tied (one component, no orders). \
                      Mirror descent of p = 1.5, 2, 3 from zero, with constant steps of 0.5, 100,000 of them (quick profile: 20,000).",
            expectation: "Gradient descent (p = 2) goes in direction to the Graph-SVM, whose tied tokens have equal logits, while these keep finite differences, the minimizer of the risk of tied tokens among \
                          themselves (Li, Huang, Ildiz, Rawat, Oymak, arXiv:2403.08081). For other p, and how fast, is our own argument.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<GraphConfig> {
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 100_000 };
        let cell = |seed, tied, p| {
            let data = RankedTokens {
                n_tokens: TOKENS,
                dim: 10,
                n_queries: 2,
                n_examples: 12,
                len: 4,
                tied,
            };
            GraphConfig { data, seed, p, step: 0.5, iterations }
        };
        let pairs = [1, 2, TOKENS].into_iter().flat_map(|tied| EXPONENTS.map(|p| (tied, p)));
        let seeds = scope.seeds(20, 40);
        pairs.flat_map(|(tied, p)| seeds.clone().map(move |seed| cell(seed, tied, p))).collect()
    }

    fn label(&self, config: &GraphConfig) -> String {
        format!("{} tied, p = {}, seed {}", config.data.tied, config.p, config.seed)
    }

    fn cost_seconds(&self, config: &GraphConfig) -> f64 {
        3.5e-6 * config.iterations as f64 + 0.02
    }

    fn run_cell(
        &self,
        config: &GraphConfig,
        _: &dyn CellContext,
    ) -> Result<GraphOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(GraphConfig, GraphOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
