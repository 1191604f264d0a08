//! Which p, which start, which rate, and a p for every group: the recipe of the documentation, on three models.

mod cell;
mod findings;
mod profile;
mod tables;

use mirrorhead_harness::{About, CellContext, CellError, Claim, Experiment, Scope, Summary};
use mirrorhead_repro::REAL_DATA;

use cell::{RecipeOutcome, RecipeRun};
use profile::{grid, runs};

/// The experiment.
pub struct Recipe;

impl Experiment for Recipe {
    type Config = RecipeRun;
    type Outcome = RecipeOutcome;

    fn about(&self) -> About {
        About {
            name: "recipe",
            group: REAL_DATA,
            title: "Which p, which start, which rate: a recipe on three models",
            setting: "Transformers on generated data: the paper's text classifier with one block and with two (width 16; \
                      norms after residuals, no biases; 800 reviews, a label in twenty wrong), and its vision transformer with two \
                      (width 32; norms before, shifts and biases; 800 images). Every parameter by mirror descent with p = 2, 1.1 or 3; or \
                      attention at 1.1 and all else at 2; or norms and biases at 2 and all else at 1.1, each group at the rate that a \
                      weight of size s moves as far with as by gradient descent, (p - 1) s^(p - 2), with s the size of the initial maps \
                      of attention. The rate of each is the best of five, a factor of two apart, by the validation \
                      accuracy of a run with a seed of its own; runs of 8 epochs (images: 3). Besides, p = 1.1 and 3 at the rate that the recipe \
                      makes of gradient descent's tuned one; p = 1.1 at four times its tuned rate, with norms and biases apart and \
                      not; and p = 1.1 from keys, queries and values of a quarter of their size. All profiles are of this size; \
                      5 seeds (cpu, paper: 10).",
            expectation: "The documentation's recipe (docs/use-in-your-model.md): small p and small starts for sparse \
                          weights; the rate of gradient descent times (p - 1) s^(p - 2); norms and biases left to p = 2 where training \
                          is unstable.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<RecipeRun> {
        grid(scope)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(RecipeRun, RecipeOutcome)],
    ) -> Vec<RecipeRun> {
        runs(scope, finished)
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<RecipeRun> {
        // Two settings in five for every seed are those of the grid.
        let n_seeds = scope.seeds(5, 10).count();
        grid(scope).into_iter().step_by(3).cycle().take(n_seeds * 30).collect()
    }

    fn label(&self, config: &RecipeRun) -> String {
        let setting = config.setting();
        let start =
            setting.attention_scale.map_or(String::new(), |scale| format!(", start x {scale}"));
        let (model, method, rate) = (setting.model, setting.method, setting.rate);
        format!("{model}, {method}, rate {rate:.1e}{start}, seed {}", config.seed())
    }

    fn cost_seconds(&self, config: &RecipeRun) -> f64 {
        config.cost_seconds()
    }

    fn run_cell(
        &self,
        config: &RecipeRun,
        context: &dyn CellContext,
    ) -> Result<RecipeOutcome, CellError> {
        config.train(context)
    }

    fn summarise(&self, cells: &[(RecipeRun, RecipeOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
