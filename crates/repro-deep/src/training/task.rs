//! What is trained on what, and how.

use std::num::NonZeroUsize;

use mirrorhead_datasets::DataError;
use mirrorhead_harness::Device;
use mirrorhead_transformers::{Trainable, TransformerError};

use super::method::Method;

/// What is trained on what: all that differs between runs.
pub trait TrainingTask: Sync {
    /// What is trained. Its batches are made on another thread.
    type Model: Trainable<Batch: Send>;

    /// How it is trained.
    fn plan(&self) -> TrainingPlan;

    /// The model before its first step.
    ///
    /// # Errors
    /// Sizes that no model has.
    fn model(&self, device: &burn::tensor::Device) -> Result<Self::Model, TransformerError>;

    /// Which samples make up each batch of a part, in order.
    ///
    /// # Errors
    /// A batch size of zero.
    fn order(&self, part: Part) -> Result<Vec<Vec<usize>>, DataError>;

    /// Training accuracies at whose first passing the test samples are classified, too; ascending.
    fn milestones(&self) -> &[f64] {
        &[]
    }

    /// The memory that the gradients of this many samples take at once, in bytes.
    fn step_bytes(&self, n_samples: usize) -> f64;

    /// The batch of these samples.
    ///
    /// # Errors
    /// Samples that aren't there, or settings out of range.
    fn batch(&self, part: Part, samples: &[usize]) -> Result<BatchOf<Self>, DataError>;
}

/// A batch of a task's model.
pub type BatchOf<T> = <<T as TrainingTask>::Model as Trainable>::Batch;

/// How a task is trained.
#[derive(Debug, Clone, Copy)]
pub struct TrainingPlan {
    /// The optimizer.
    pub method: Method,
    /// Its step size.
    pub step_size: f64,
    /// Samples of a step.
    pub batch: usize,
    /// Samples whose gradients are computed at once.
    pub micro_batch: Option<NonZeroUsize>,
    /// Training ends when this share of the training samples is classified correctly in an epoch...
    pub stop_accuracy: Option<f64>,
    /// ...or after this many epochs.
    pub max_epochs: usize,
    /// The seed of dropout.
    pub seed: u64,
    /// Where it is trained.
    pub device: Device,
}

impl TrainingPlan {
    /// Samples whose gradients are computed at once.
    pub fn at_once(&self) -> usize {
        self.micro_batch.map_or(self.batch, NonZeroUsize::get).clamp(1, self.batch.max(1))
    }
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// To train on, as this epoch sees it.
    Training {
        /// Its number, from 1.
        epoch: u64,
    },
    /// To choose the best epoch by.
    Validation,
    /// To test on.
    Test,
}
