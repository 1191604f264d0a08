//! One run: a model, trained, and what is kept of it.

use std::fmt;

use mirrorhead_harness::{CellContext, CellError};
use serde::{Deserialize, Serialize};

use crate::training::image_training::ImageTraining;
use crate::training::method::Method;
use crate::training::text_training::TextTraining;
use crate::training::train::{End, TrainingOutcome};
use crate::training::trained::Trained;

/// The models that the recipe is tried on, with their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The text classifier with one block: norms after residuals, no biases.
    Reviews,
    /// The same with two blocks.
    DeepReviews,
    /// The vision transformer with two blocks: norms before, with shifts, and biases.
    Images,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reviews => "reviews, 1 block",
            Self::DeepReviews => "reviews, 2 blocks",
            Self::Images => "images, 2 blocks",
        })
    }
}

/// All that a run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipeRun {
    /// The model.
    pub model: Model,
    /// Its training.
    pub training: Training,
}

/// The training of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Training {
    /// Of a text classifier.
    Text(TextTraining),
    /// Of a vision transformer.
    Images(ImageTraining),
}

/// What is chosen for a run, but for its seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// The model.
    pub model: Model,
    /// The optimizer.
    pub method: Method,
    /// Its rate.
    pub rate: f64,
    /// What the initial keys, queries and values are multiplied by.
    pub attention_scale: Option<f64>,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RecipeOutcome {
    /// Why it ended.
    pub end: End,
    /// The best validation accuracy of an epoch.
    pub validation: f64,
    /// The test accuracy after that epoch.
    pub test: f64,
    /// Hoyer's sparseness of keys, queries and values after the last epoch.
    pub hoyer: [f64; 3],
}

impl RecipeRun {
    /// What was chosen for it.
    pub fn setting(&self) -> Setting {
        let (method, rate, attention_scale) = match &self.training {
            Training::Text(run) => (run.method, run.step_size, run.attention_scale),
            Training::Images(run) => (run.method, run.step_size, run.attention_scale),
        };
        Setting { model: self.model, method, rate, attention_scale }
    }

    /// Its seed.
    pub fn seed(&self) -> u64 {
        match &self.training {
            Training::Text(run) => run.seed,
            Training::Images(run) => run.seed,
        }
    }

    /// Rough time on one core, in seconds.
    pub fn cost_seconds(&self) -> f64 {
        match &self.training {
            Training::Text(run) => run.cost_seconds(),
            Training::Images(run) => run.cost_seconds(),
        }
    }

    /// Trains.
    ///
    /// # Errors
    /// As its training.
    pub fn train(&self, context: &dyn CellContext) -> Result<RecipeOutcome, CellError> {
        match &self.training {
            Training::Text(run) => Ok(kept(&run.train(context)?, |trained| &trained.model)),
            Training::Images(run) => Ok(kept(&run.train(context)?, |trained| trained)),
        }
    }
}

/// What is kept of an outcome; `measured` is what is measured of any model.
fn kept<T>(outcome: &TrainingOutcome<T>, measured: impl Fn(&T) -> &Trained) -> RecipeOutcome {
    let (best, last) = (measured(&outcome.best), measured(&outcome.last));
    RecipeOutcome {
        end: outcome.end,
        validation: outcome.best_validation(),
        test: best.test.accuracy(),
        hoyer: last.weights.each_ref().map(|map| map.hoyer),
    }
}
