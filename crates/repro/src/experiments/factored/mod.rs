//! Factored: training `$K$` and `$Q$` against training their product `$W = K Q^\top$`.

mod cell;
mod findings;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary, statistics,
};

use cell::{EXPONENTS, FactoredConfig, FactoredOutcome, PAPER_SIZES, Parametrisation, sizes};

/// The bias of the factored head against that of the whole one.
pub struct Factored;

impl Experiment for Factored {
    type Config = FactoredConfig;
    type Outcome = FactoredOutcome;

    fn about(&self) -> About {
        About {
            name: "factored",
            group: "algorithms",
            title: "Keys and queries against their product",
            setting: "The paper's synthetic data (n = 6, T = 8, d = 10; for ranks also n = 2, 4, 8 and \
                      d = 14, 20), logistic loss, head width d. K(0), Q(0) ~ N(0, 0.1^2), and \
                      W(0) = K(0) Q(0)^T. Gradient descent takes 200,000 steps of length 0.2 (quick \
                      profile: 20,000), over both factors together; mirror descent on the factors with \
                      p = 1.5 and 3 normalized steps by which they grow like 2 sqrt(k). The selection is \
                      the one each run settles on; its AttSVMs in the nuclear and in the Frobenius norm \
                      are certified, and it must be locally optimal in both.",
            expectation: "Not in the paper. Gradient descent on the factors goes to the AttSVM of the \
                          nuclear norm, on W to that of the Frobenius norm (Tarzanagh et al. 2023; Sheen \
                          et al. 2024, for small and balanced starts). For other p no theory is known to \
                          us; by analogy the margin over the sum of the p-th powers of the factors' \
                          entries should be the largest.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<FactoredConfig> {
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 200_000 };
        let mut cells = Vec::new();
        for seed in scope.seeds(12, 20) {
            // For the ranks at other sizes fewer seeds do.
            let ranked = scope.seeds(5, 20).contains(&seed);
            for data in sizes().into_iter().filter(|data| ranked || *data == PAPER_SIZES) {
                let exponents = EXPONENTS.into_iter().filter(|p| data == PAPER_SIZES || *p == 2.0);
                let factors = exponents.map(|p| Parametrisation::Factors { p });
                let authors =
                    (data == PAPER_SIZES).then_some(Parametrisation::AsTheAuthors { p: 2.0 });
                let all = factors.chain(authors).chain([Parametrisation::Whole]);
                cells.extend(all.map(|parametrisation| FactoredConfig {
                    data,
                    seed,
                    parametrisation,
                    iterations,
                }));
            }
        }
        cells
    }

    fn label(&self, config: &FactoredConfig) -> String {
        let SphereTokens { n_sequences, dim, .. } = config.data;
        format!("{}, n = {n_sequences}, d = {dim}, seed {}", config.parametrisation, config.seed)
    }

    fn cost_seconds(&self, config: &FactoredConfig) -> f64 {
        let SphereTokens { n_sequences, dim, .. } = config.data;
        1e-9 * (n_sequences * dim * dim) as f64 * 4.0 * config.iterations as f64 + 0.03
    }

    fn run_cell(
        &self,
        config: &FactoredConfig,
        _: &dyn CellContext,
    ) -> Result<FactoredOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(FactoredConfig, FactoredOutcome)]) -> Summary {
        let mut summary = findings::summarise(cells);
        let failed = cells.iter().filter_map(|(config, outcome)| {
            outcome.as_ref().err().map(|reason| (reason.clone(), self.label(config)))
        });
        summary.excluded = statistics::excluded(failed);
        summary
    }
}
