//! What can be trained: a module with a loss over its batches.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::Evaluation;
use crate::Noise;
use crate::error::TransformerError;

/// What a step makes small: the losses of its samples in all, or on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
}

impl Objective {
    /// The part of a step's objective that some of its `n` samples have, given the sum of their losses.
    pub fn part(self, total: Tensor<1>, n: usize) -> Tensor<1> {
        match self {
            Self::Sum => total,
            Self::Mean => total.div_scalar(n as f64),
        }
    }
}

/// The loss of one batch, still on the device.
#[derive(Debug, Clone)]
pub struct BatchLoss {
    /// The sum of the samples' losses, `[1]`.
    pub total: Tensor<1>,
    /// The number of samples classified correctly, `[1]`.
    pub correct: Tensor<1, Int>,
}

impl BatchLoss {
    /// Waits for the device, and reads loss and number of correct ones of `n` samples.
    ///
    /// # Errors
    /// [`TransformerError::Device`]: for want of memory, say, which shows when results are read.
    pub fn read(&self, n: usize) -> Result<Evaluation, TransformerError> {
        let failed = |error| TransformerError::of_device(&error);
        let correct: i64 = self.correct.clone().try_into_scalar().map_err(failed)?;
        let loss: f32 = self.total.clone().try_into_scalar().map_err(failed)?;
        let correct = usize::try_from(correct).unwrap_or(0);
        Ok(Evaluation { loss: f64::from(loss), correct, n })
    }
}

/// A classifier that can be trained.
pub trait Trainable: Module {
    /// A batch of samples with labels: plain data, made on any thread.
    type Batch;

    /// What a step makes small.
    const OBJECTIVE: Objective;

    /// Number of samples of a batch.
    fn size(batch: &Self::Batch) -> usize;

    /// The loss of a batch, on the device of the parameters; dropout takes its noise from `noise`.
    fn loss(&self, batch: &Self::Batch, noise: &mut Noise) -> BatchLoss;
}
