//! Training a classifier: steps, epochs, evaluation, checkpoints.

mod checkpoint;
mod evaluation;
mod trainable;
mod training_run;

pub use checkpoint::{Checkpoints, load_weights, save_weights};
pub use evaluation::Evaluation;
pub use trainable::{BatchLoss, Objective, Trainable};
pub use training_run::{EpochEnd, TrainingRun, evaluate};
