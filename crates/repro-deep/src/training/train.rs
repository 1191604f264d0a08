//! A training run: epoch after epoch, from the latest checkpoint to an end.

use std::ops::ControlFlow;
use std::path::Path;

use mirrorhead_datasets::DataError;
use mirrorhead_harness::{CellContext, CellError};
use mirrorhead_transformers::{
    Checkpoints, EpochEnd, Evaluation, TrainingRun, TransformerError, evaluate, load_weights,
    save_weights,
};
use serde::{Deserialize, Serialize};

use super::batches_ahead::made_ahead;
use super::memory::require_memory;
use super::processor::{noise, processor};
use super::task::{Part, TrainingPlan, TrainingTask};

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The training samples are classified as well as was asked.
    Fitted,
    /// After the most epochs.
    OutOfEpochs,
    /// The loss was not finite.
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step in it, from 1; the last one if validation showed it.
        step: usize,
    },
}

/// One epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// On the training samples, while they were learned, with dropout.
    pub train: Evaluation,
    /// On the validation samples, after it.
    pub validation: Evaluation,
    /// On the test samples, after it, if the training accuracy has passed a
    /// [milestone](TrainingTask::milestones) for the first time. Nothing depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Evaluation>,
}

/// What came of it; `T` is what was measured of a trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingOutcome<T> {
    /// The epochs.
    pub epochs: Vec<Epoch>,
    /// Why there are no more.
    pub end: End,
    /// The model after the epoch with the best validation accuracy, the first of equals.
    pub best: T,
    /// The model after the last epoch.
    pub last: T,
}

impl<T> TrainingOutcome<T> {
    /// The same with what a function makes of the trained models.
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> TrainingOutcome<U> {
        let Self { epochs, end, best, last } = self;
        TrainingOutcome { epochs: epochs.clone(), end: *end, best: of(best), last: of(last) }
    }

    /// The best validation accuracy; 0 if no epoch was finished.
    pub fn best_validation(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.validation.accuracy()).fold(0.0, f64::max)
    }
}

/// Trains, from the cell's checkpoint if it has one, and measures the best model and the last, each
/// after its number of epochs.
///
/// # Errors
/// Data that can't be read, settings out of range, more memory than there is, a checkpoint that can't be
/// written or read, or an interruption.
pub fn train<T: TrainingTask, R: Clone>(
    task: &T,
    context: &dyn CellContext,
    measure: impl Fn(usize, &T::Model) -> Result<R, CellError>,
) -> Result<TrainingOutcome<R>, CellError> {
    require_memory(task)?;
    let folder = context.checkpoints()?;
    let mut training = Training::resume(task, folder)?;
    let end = loop {
        if let Some(end) = training.end() {
            break end;
        }
        if let Some(diverged) = training.epoch(context)? {
            // Back to the last epoch's end, which is finite.
            training = Training::resume(task, folder)?;
            break diverged;
        }
        training.save(folder)?;
        if context.interrupted() {
            return Err(CellError::Interrupted);
        }
    };
    let (epoch, best) = &training.best;
    let last = measure(training.run.epoch, training.run.model())?;
    let best = if *epoch == training.run.epoch { last.clone() } else { measure(*epoch, best)? };
    Ok(TrainingOutcome { epochs: training.epochs, end, best, last })
}

/// Loss and accuracy of a model on a part of the data.
///
/// # Errors
/// Data that can't be made into batches, or a device that fails.
pub fn evaluated<T: TrainingTask>(
    task: &T,
    model: &T::Model,
    part: Part,
) -> Result<Evaluation, CellError> {
    let order = task.order(part)?;
    let batch = |samples: &Vec<usize>| task.batch(part, samples);
    let evaluation = with_each(order.iter().map(batch), |batches| evaluate(model, batches))?;
    evaluation.map_err(|error| told(error, &task.plan()))
}

/// An error of training, with the option that helps where memory is short.
fn told(error: TransformerError, plan: &TrainingPlan) -> CellError {
    let half = plan.at_once().div_ceil(2);
    match error {
        TransformerError::Device { .. } => {
            CellError::new(format!("{error}, with `--micro-batch {half}`"))
        }
        other => other.into(),
    }
}

/// Gives what is made ahead to `use_each`, up to what can't be made.
fn with_each<B: Send, R>(
    made: impl Iterator<Item = Result<B, DataError>> + Send,
    use_each: impl FnOnce(&mut dyn Iterator<Item = B>) -> R,
) -> Result<R, CellError> {
    let mut failed = None;
    let used = made_ahead(made, |made| {
        let whole = |item: Result<_, _>| item.map_err(|error| failed = Some(error)).ok();
        use_each(&mut made.map_while(whole))
    });
    failed.map_or(Ok(used), |error| Err(error.into()))
}

/// A run between two epochs.
struct Training<'a, T: TrainingTask> {
    task: &'a T,
    plan: TrainingPlan,
    device: burn::tensor::Device,
    run: TrainingRun<T::Model>,
    /// The model after the best epoch so far.
    best: (usize, T::Model),
    epochs: Vec<Epoch>,
}

impl<'a, T: TrainingTask> Training<'a, T> {
    /// A run as its checkpoint has it, or at its beginning.
    fn resume(task: &'a T, folder: &Path) -> Result<Self, CellError> {
        let plan = task.plan();
        let device = processor(plan.device)?.autodiff();
        let model = task.model(&device)?;
        let best = (0, model.clone());
        let run = TrainingRun::new(model, plan.method.optimizer()?);
        let mut training = Self { task, plan, device, run, best, epochs: Vec::new() };
        let saved = Checkpoints::new(folder).restore(&mut training.run)?;
        if let Some((epoch, epochs)) = saved {
            (training.best.0, training.epochs) = (epoch, epochs);
            load_weights(&mut training.best.1, &folder.join(BEST_WEIGHTS_FILE))?;
        }
        Ok(training)
    }

    fn save(&self, folder: &Path) -> Result<(), CellError> {
        // The best model first: it is right for the checkpoint before, too, since a run that goes on
        // from there comes to the same.
        if self.best.0 == self.run.epoch {
            save_weights(&self.best.1, &folder.join(BEST_WEIGHTS_FILE))?;
        }
        let record = (self.best.0, &self.epochs);
        Checkpoints::new(folder).save(&self.run, &record).map_err(CellError::from)
    }

    /// Whether training has ended, and why.
    fn end(&self) -> Option<End> {
        let last = self.epochs.last();
        let reached = |accuracy| last.is_some_and(|epoch| epoch.train.accuracy() >= accuracy);
        if self.plan.stop_accuracy.is_some_and(reached) {
            Some(End::Fitted)
        } else {
            (self.epochs.len() >= self.plan.max_epochs).then_some(End::OutOfEpochs)
        }
    }

    /// Trains for one epoch and validates; an end if a loss was not finite.
    fn epoch(&mut self, context: &dyn CellContext) -> Result<Option<End>, CellError> {
        let number = self.run.epoch as u64 + 1;
        let part = Part::Training { epoch: number };
        let order = self.task.order(part)?;
        let (n, max_epochs) = (order.len(), self.plan.max_epochs);
        let (mut step, mut total) = (0, Evaluation::default());
        let watch = |evaluation: &Evaluation| {
            step += 1;
            total.add(*evaluation);
            let epochs = (number - 1) as f64 + f64::from(step) / n as f64;
            let message = format!("epoch {number}, accuracy {:.3}", total.accuracy());
            context.report(epochs / max_epochs as f64, &message);
            if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let (run, step_size) = (&mut self.run, self.plan.step_size);
        let mut noise = noise(self.plan.device, &self.device, self.plan.seed, number);
        let at_once = self.plan.at_once();
        let batches = |samples: &Vec<usize>| {
            samples.chunks(at_once).map(|some| self.task.batch(part, some)).collect()
        };
        let trained = with_each(order.iter().map(batches), |steps| {
            run.train_epoch(steps, step_size, &mut noise, watch)
        });
        let train = match trained? {
            Ok(EpochEnd::Whole(train)) => train,
            Ok(EpochEnd::Stopped) => return Err(CellError::Interrupted),
            Err(TransformerError::NotFinite { epoch, step }) => {
                return Ok(Some(End::Diverged { epoch, step }));
            }
            Err(error) => return Err(told(error, &self.plan)),
        };
        let validation = evaluated(self.task, self.run.model(), Part::Validation)?;
        if validation.n > 0 && !validation.loss.is_finite() {
            return Ok(Some(End::Diverged { epoch: self.run.epoch, step: n }));
        }
        let test = if self.passes_milestone(train.accuracy()) {
            Some(evaluated(self.task, self.run.model(), Part::Test)?)
        } else {
            None
        };
        self.close_epoch(Epoch { train, validation, test });
        Ok(None)
    }

    /// Whether a training accuracy is the first to reach a milestone.
    fn passes_milestone(&self, accuracy: f64) -> bool {
        let before = self.epochs.iter().map(|epoch| epoch.train.accuracy()).fold(0.0, f64::max);
        self.task.milestones().iter().any(|milestone| before < *milestone && accuracy >= *milestone)
    }

    fn close_epoch(&mut self, epoch: Epoch) {
        let accuracy = |epoch: &Epoch| epoch.validation.accuracy();
        let before = self.epochs.iter().map(accuracy).fold(f64::NEG_INFINITY, f64::max);
        if epoch.validation.accuracy() > before {
            self.best = (self.run.epoch, self.run.model().clone());
        }
        self.epochs.push(epoch);
    }
}

/// The weights of the best model so far.
const BEST_WEIGHTS_FILE: &str = "best.safetensors";
