//! What can be trained: a module with a loss over its batches.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::Evaluation;
use crate::transformer::Noise;

/// The loss of one batch, still on the device.
#[derive(Debug, Clone)]
pub struct BatchLoss {
    /// What is differentiated, `[1]`: the sum over the samples, or their mean.
    pub objective: Tensor<1>,
    /// The sum of the samples' losses, `[1]`.
    pub total: Tensor<1>,
    /// The number of samples classified correctly, `[1]`.
    pub correct: Tensor<1, Int>,
    /// Number of samples.
    pub n: usize,
}

impl BatchLoss {
    /// Waits for the device, and reads loss and number of correct samples.
    pub fn read(&self) -> Evaluation {
        let correct: i64 = self.correct.clone().into_scalar();
        Evaluation {
            loss: f64::from(self.total.clone().into_scalar::<f32>()),
            correct: usize::try_from(correct).unwrap_or(0),
            n: self.n,
        }
    }
}

/// A classifier that can be trained.
pub trait Trainable: Module {
    /// A batch of samples with labels: plain data, made on any thread.
    type Batch;

    /// The loss of a batch, on the device of the parameters; dropout takes its noise from `noise`.
    fn loss(&self, batch: &Self::Batch, noise: &mut Noise) -> BatchLoss;
}
