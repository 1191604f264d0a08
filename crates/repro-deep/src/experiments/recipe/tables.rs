//! The numbers of the runs, and their tables.

use mirrorhead_harness::{Quantity, Table, TableEntry};

use super::cell::{Model, RecipeOutcome, Setting};
use super::profile::{Cells, by_recipe, from_smaller, methods, too_large, tuned};
use crate::experiments::shared::step_sizes::TUNING_SEED;

/// Test accuracy in points.
pub fn accuracy(outcome: &RecipeOutcome) -> f64 {
    100.0 * outcome.test
}

/// The mean sparseness of keys, queries and values.
pub fn sparseness(outcome: &RecipeOutcome) -> f64 {
    outcome.hoyer.iter().sum::<f64>() / 3.0
}

/// A number of every run that is compared with a setting, with its seed.
pub fn values(
    cells: &Cells,
    setting: Option<Setting>,
    number: fn(&RecipeOutcome) -> f64,
) -> Vec<(u64, f64)> {
    let own =
        cells.iter().filter(|(run, _)| run.seed() != TUNING_SEED && Some(run.setting()) == setting);
    own.map(|(run, outcome)| (run.seed(), number(outcome))).collect()
}

/// A row for every setting that was run with a model.
pub fn table(cells: &Cells, model: Model) -> Table {
    let own = methods(model).map(|method| tuned(cells, model, method).map(|s| ("tuned", s)));
    let recipe =
        methods(model).map(|method| by_recipe(cells, model, method).map(|s| ("by the recipe", s)));
    let large = too_large(cells, model).into_iter().flatten().map(|s| ("four times tuned", s));
    let smaller = from_smaller(cells, model).map(|s| ("tuned, from a quarter", s));
    let all = own.into_iter().chain(recipe).flatten().chain(large).chain(smaller);
    let was_run = |setting: &Setting| !values(cells, Some(*setting), accuracy).is_empty();
    let row = |(choice, setting): (&str, Setting)| {
        let of = |number: fn(&RecipeOutcome) -> f64, decimals| {
            let values = values(cells, Some(setting), number);
            let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
            TableEntry::Obtained { obtained: Quantity::mean(&values, decimals) }
        };
        vec![
            TableEntry::text(setting.method.to_string()),
            TableEntry::text(choice),
            TableEntry::text(format!("{:.3e}", setting.rate)),
            of(accuracy, 1),
            of(sparseness, 3),
        ]
    };
    let columns = ["method", "rate chosen", "rate", "test accuracy (%)", "sparseness"];
    Table {
        key: key(model).into(),
        title: format!("Rates, accuracy and sparseness: {model}"),
        caption: "Test accuracy at the best validation epoch, and the mean of Hoyer's sparseness of keys, queries and \
                  values after the last: mean and standard deviation over the seeds. Where a group has an exponent of its own, the \
                  rate is that of all else."
            .into(),
        columns: columns.map(String::from).into(),
        rows: all.filter(|(_, setting)| was_run(setting)).map(row).collect(),
    }
}

/// The model in names of tables and figures.
pub fn key(model: Model) -> &'static str {
    match model {
        Model::Reviews => "reviews",
        Model::DeepReviews => "deep-reviews",
        Model::Images => "images",
    }
}
