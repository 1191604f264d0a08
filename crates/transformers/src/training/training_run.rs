//! A training run: a model and its optimizer, an epoch at a time.

use std::ops::ControlFlow;

use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};

use super::{Evaluation, Trainable};
use crate::Noise;
use crate::error::TransformerError;

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
/// use mirrorhead_deep::MirrorDescentConfig;
/// use mirrorhead_transformers::{
///     EpochEnd, Noise, TextClassifierConfig, TokenBatch, TrainingRun, evaluate,
/// };
/// let sizes = TextClassifierConfig {
///     width: 8, n_heads: 1, hidden: 16, dropout: 0.0, ..TextClassifierConfig::paper(10, 1)
/// };
/// let model = sizes.init(1, &Device::flex().autodiff())?;
/// let mut run = TrainingRun::new(model, MirrorDescentConfig::new(2.0).build()?);
/// let batch = TokenBatch { ids: vec![2, 7, 2, 8], lengths: vec![2, 2], labels: vec![1, 0] };
/// let before = evaluate(run.model(), [batch.clone()])?;
/// for _ in 0..300 {
///     let watch = |_: &_| ControlFlow::Continue(());
///     run.train_epoch([vec![batch.clone()]], 1e-2, &mut Noise::Off, watch)?;
/// }
/// let after = evaluate(run.model(), [batch])?;
/// assert!(after.loss < 0.5 * before.loss && after.correct == 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TrainingRun<M> {
    /// The model, but while the optimizer has it: what nothing else holds is written where it lies.
    model: Option<M>,
    /// The optimizer, with what it remembers.
    pub optimizer: ModuleOptimizer,
    /// Epochs finished.
    pub epoch: usize,
}

const BETWEEN_STEPS: &str = "between two steps a run has its model";

impl<M: Trainable> TrainingRun<M> {
    /// A run that begins.
    pub fn new(model: M, optimizer: impl Into<ModuleOptimizer>) -> Self {
        Self { model: Some(model), optimizer: optimizer.into(), epoch: 0 }
    }

    /// The model.
    ///
    /// # Panics
    /// If the optimizer has panicked in a step, which took the model along.
    pub fn model(&self) -> &M {
        self.model.as_ref().expect(BETWEEN_STEPS)
    }

    /// Goes on with another model, of the same parameters.
    pub(super) fn set_model(&mut self, model: M) {
        self.model = Some(model);
    }

    /// Trains for one epoch with steps of size `step_size`, each over one item of `steps`: its samples, in
    /// one batch or, where memory is short, in several, whose gradients are computed one after the other
    /// and added. `watch` sees the loss of each step, and may end the epoch, which then counts for
    /// nothing: the run must be restored from where it was before.
    ///
    /// # Errors
    /// A loss that is not finite, or a device that fails; nothing was learnt from that step.
    ///
    /// # Panics
    /// If the optimizer has panicked in a step before, which took the model along.
    pub fn train_epoch(
        &mut self,
        steps: impl IntoIterator<Item = Vec<M::Batch>>,
        step_size: f64,
        noise: &mut Noise,
        mut watch: impl FnMut(&Evaluation) -> ControlFlow<()>,
    ) -> Result<EpochEnd, TransformerError> {
        let mut total = Evaluation::default();
        for (step, batches) in steps.into_iter().enumerate() {
            let (gradients, evaluation) = self.gradients(&batches, noise)?;
            if !evaluation.loss.is_finite() {
                return Err(TransformerError::NotFinite { epoch: self.epoch + 1, step: step + 1 });
            }
            let model = self.model.take().expect(BETWEEN_STEPS);
            self.model = Some(self.optimizer.step(step_size, model, gradients));
            total.add(evaluation);
            if watch(&evaluation).is_break() {
                return Ok(EpochEnd::Stopped);
            }
        }
        self.epoch += 1;
        Ok(EpochEnd::Whole(total))
    }

    /// The gradients of a step and its loss.
    fn gradients(
        &self,
        batches: &[M::Batch],
        noise: &mut Noise,
    ) -> Result<(GradientsParams, Evaluation), TransformerError> {
        let n = batches.iter().map(M::size).sum();
        let (mut gradients, mut total) = (GradientsAccumulator::new(), Evaluation::default());
        let model = self.model();
        for batch in batches {
            let loss = model.loss(batch, noise);
            total.add(loss.read(M::size(batch))?);
            let backward = M::OBJECTIVE.part(loss.total, n).backward();
            gradients.accumulate(model, GradientsParams::from_grads(backward, model));
        }
        Ok((gradients.grads(), total))
    }
}

/// Loss and accuracy of a model over `batches`, without dropout and without gradients.
///
/// # Errors
/// [`TransformerError::Device`].
pub fn evaluate<M: Trainable>(
    model: &M,
    batches: impl IntoIterator<Item = M::Batch>,
) -> Result<Evaluation, TransformerError> {
    let model = model.valid();
    let mut total = Evaluation::default();
    for batch in batches {
        total.add(model.loss(&batch, &mut Noise::Off).read(M::size(&batch))?);
    }
    Ok(total)
}
