//! A training run: a model and its optimizer, an epoch at a time.

use std::ops::ControlFlow;

use burn::optim::{GradientsParams, ModuleOptimizer};

use super::{Evaluation, Trainable};
use crate::error::DeepError;
use crate::transformer::Noise;

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EpochEnd {
    /// After its last batch, with the sums of the losses on the way.
    Whole(Evaluation),
    /// Before, because the caller asked for it.
    Stopped,
}

/// A model, its optimizer, and how many epochs it has been trained.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use burn::tensor::Device;
/// use mirrorhead_deep::{
///     EpochEnd, MirrorDescentConfig, Noise, TextClassifierConfig, TokenBatch, TrainingRun, evaluate,
/// };
/// let sizes = TextClassifierConfig {
///     width: 8, n_heads: 1, hidden: 16, dropout: 0.0, ..TextClassifierConfig::paper(10, 1)
/// };
/// let model = sizes.init(1, &Device::flex().autodiff())?;
/// let mut run = TrainingRun::new(model, MirrorDescentConfig::new(2.0).build()?);
/// let batch = TokenBatch { ids: vec![2, 7, 2, 8], lengths: vec![2, 2], labels: vec![1, 0] };
/// let before = evaluate(&run.model, [batch.clone()]);
/// for _ in 0..300 {
///     let watch = |_: &_| ControlFlow::Continue(());
///     run.train_epoch([batch.clone()], 1e-2, &mut Noise::Off, watch)?;
/// }
/// let after = evaluate(&run.model, [batch]);
/// assert!(after.loss < 0.5 * before.loss && after.correct == 2);
/// # Ok::<(), mirrorhead_deep::DeepError>(())
/// ```
#[derive(Clone)]
pub struct TrainingRun<M> {
    /// The model.
    pub model: M,
    /// The optimizer, with what it remembers.
    pub optimizer: ModuleOptimizer,
    /// Epochs finished.
    pub epoch: usize,
}

impl<M: Trainable> TrainingRun<M> {
    /// A run that begins.
    pub fn new(model: M, optimizer: impl Into<ModuleOptimizer>) -> Self {
        Self { model, optimizer: optimizer.into(), epoch: 0 }
    }

    /// Trains for one epoch over `batches` with steps of size `step_size`. `watch` sees the loss of each
    /// batch, and may end the epoch, which then counts for nothing: the run must be restored from where
    /// it was before.
    ///
    /// # Errors
    /// A loss that is not finite; nothing was learnt from that batch.
    pub fn train_epoch(
        &mut self,
        batches: impl IntoIterator<Item = M::Batch>,
        step_size: f64,
        noise: &mut Noise,
        mut watch: impl FnMut(&Evaluation) -> ControlFlow<()>,
    ) -> Result<EpochEnd, DeepError> {
        let mut total = Evaluation::default();
        for (step, batch) in batches.into_iter().enumerate() {
            let batch_loss = self.model.loss(&batch, noise);
            let evaluation = batch_loss.read();
            if !evaluation.loss.is_finite() {
                return Err(DeepError::NotFinite { epoch: self.epoch + 1, step: step + 1 });
            }
            let gradients =
                GradientsParams::from_grads(batch_loss.objective.backward(), &self.model);
            self.model = self.optimizer.step(step_size, self.model.clone(), gradients);
            total.add(evaluation);
            if watch(&evaluation).is_break() {
                return Ok(EpochEnd::Stopped);
            }
        }
        self.epoch += 1;
        Ok(EpochEnd::Whole(total))
    }
}

/// Loss and accuracy of a model over `batches`, without dropout and without gradients.
pub fn evaluate<M: Trainable>(
    model: &M,
    batches: impl IntoIterator<Item = M::Batch>,
) -> Evaluation {
    let model = model.valid();
    let mut total = Evaluation::default();
    for batch in batches {
        total.add(model.loss(&batch, &mut Noise::Off).read());
    }
    total
}
