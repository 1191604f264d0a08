//! Training a text classifier once: what it depends on, and what comes of it.

use std::ops::ControlFlow;
use std::path::Path;

use burn::module::Module;
use mirrorhead_datasets::{Batches, Corpus, DataError, Documents, Split, padded};
use mirrorhead_deep::{
    Checkpoints, DeepError, EpochEnd, Evaluation, TextClassifier, TextClassifierConfig, TokenBatch,
    TrainingRun, evaluate, load_weights, save_weights,
};
use mirrorhead_repro::{CellError, Device, Workbench};
use serde::{Deserialize, Serialize};

use crate::decisive_attention::DecisiveAttention;
use crate::method::Method;
use crate::processor::{noise, processor};
use crate::text_source::TextSource;
use crate::weight_census::WeightCensus;

/// Batches of an evaluation, which needs no memory for gradients.
const EVALUATION_BATCH: usize = 100;

/// Everything that a training run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextTraining {
    /// The texts.
    pub source: TextSource,
    /// The sizes of the model; those of the vocabulary are the corpus's.
    pub model: TextClassifierConfig,
    /// The optimizer.
    pub method: Method,
    /// Its step size.
    pub step_size: f64,
    /// Texts in a batch.
    pub batch: usize,
    /// The share of the training texts that is kept for validation.
    pub validation: f64,
    /// Training ends when this share of the training texts is classified correctly in an epoch...
    pub stop_accuracy: f64,
    /// ...or after this many epochs.
    pub max_epochs: usize,
    /// [`file_digest`](mirrorhead_datasets::file_digest) of the sentences that attention is scored on;
    /// none for our own.
    pub sentences: Option<String>,
    /// What trains.
    pub device: Device,
    /// The seed of initial weights, split, order and dropout.
    pub seed: u64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The training texts are classified as well as was asked.
    Fitted,
    /// After the most epochs.
    OutOfEpochs,
    /// The loss was not finite.
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step in it, from 1.
        step: usize,
    },
}

/// One epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// On the training texts, while they were learned, with dropout.
    pub train: Evaluation,
    /// On the validation texts, after it.
    pub validation: Evaluation,
}

/// A model after some epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Epochs behind it.
    pub epoch: usize,
    /// On the test texts.
    pub test: Evaluation,
    /// Sizes of the entries of keys, queries and values.
    pub weights: [WeightCensus; 3],
    /// Where the first token looks in sentences with a decisive word.
    pub attention: DecisiveAttention,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextOutcome {
    /// The epochs.
    pub epochs: Vec<Epoch>,
    /// Why there are no more.
    pub end: End,
    /// The model after the epoch with the best validation accuracy, the first of equals.
    pub best: Trained,
    /// The model after the last epoch.
    pub last: Trained,
}

impl TextOutcome {
    /// The best validation accuracy; 0 if no epoch was finished.
    pub fn best_validation(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.validation.accuracy()).fold(0.0, f64::max)
    }
}

/// A run between two epochs.
struct Course<'a> {
    config: &'a TextTraining,
    corpus: &'a Corpus,
    device: burn::tensor::Device,
    split: Split,
    run: TrainingRun<TextClassifier>,
    /// The model after the best epoch so far.
    best: (usize, TextClassifier),
    epochs: Vec<Epoch>,
}

impl TextTraining {
    /// Rough time on one core, in seconds: half the most epochs over 25,000 reviews of full length.
    pub fn cost_seconds(&self) -> f64 {
        let TextClassifierConfig { max_length, width, n_blocks, hidden, .. } = self.model;
        let reviews = if matches!(self.source, TextSource::Imdb { .. }) { 25_000 } else { 200 };
        let tokens = (reviews * max_length) as f64;
        // Multiplications of a token in a whole block, and in the last, where only one row is read.
        let block = (4 * width * width + 2 * width * hidden + 2 * width * max_length) as f64;
        let last = (2 * width * width + 2 * width) as f64;
        let flops = tokens * 6.0 * ((n_blocks - 1) as f64 * block + last);
        self.max_epochs as f64 / 2.0 * flops / 1e10
    }

    /// Trains, from the workbench's checkpoint if it has one.
    ///
    /// # Errors
    /// Data that can't be read, settings out of range, a checkpoint that can't be written, or an
    /// interruption.
    pub fn train(&self, bench: &Workbench<'_>) -> Result<TextOutcome, CellError> {
        let corpus = self.source.corpus(bench.data_dir()).map_err(CellError::new)?;
        let device = processor(self.device)?.autodiff();
        let mut course = Course::begin(self, &corpus, &device).map_err(CellError::new)?;
        let folder = bench.checkpoints()?;
        let checkpoints = Checkpoints::new(folder);
        course.restore(&checkpoints, folder)?;
        let end = loop {
            if let Some(end) = course.end() {
                break end;
            }
            match course.epoch(bench) {
                Ok(EpochEnd::Whole(_)) => course.save(&checkpoints, folder)?,
                Ok(EpochEnd::Stopped) => return Err(CellError::Interrupted),
                Err(DeepError::NotFinite { epoch, step }) => {
                    // Back to the last epoch's end, which is finite.
                    course = Course::begin(self, &corpus, &device).map_err(CellError::new)?;
                    course.restore(&checkpoints, folder)?;
                    break End::Diverged { epoch, step };
                }
                Err(error) => return Err(CellError::new(error)),
            }
            if bench.interrupted() {
                return Err(CellError::Interrupted);
            }
        };
        let (epoch, best) = &course.best;
        let trained = |epoch, model: &TextClassifier| self.measured(epoch, model, &corpus, bench);
        let last = trained(course.run.epoch, &course.run.model)?;
        let best = if *epoch == last.epoch { last.clone() } else { trained(*epoch, best)? };
        Ok(TextOutcome { epochs: course.epochs, end, best, last })
    }

    fn measured(
        &self,
        epoch: usize,
        model: &TextClassifier,
        corpus: &Corpus,
        bench: &Workbench<'_>,
    ) -> Result<Trained, CellError> {
        let model = model.valid();
        let all: Vec<usize> = (0..corpus.test.len()).collect();
        let batches = self.evaluation_batches(&corpus.test, &all).map_err(CellError::new)?;
        Ok(Trained {
            epoch,
            test: evaluate(&model, batches),
            weights: WeightCensus::of_blocks(&model.blocks),
            attention: DecisiveAttention::of(&model, corpus, self.model.max_length, bench)?,
        })
    }

    fn evaluation_batches<'d>(
        &self,
        documents: &'d Documents,
        indices: &[usize],
    ) -> Result<impl Iterator<Item = TokenBatch> + 'd, DataError> {
        let batches = Batches::in_order(indices, &documents.lengths(), EVALUATION_BATCH)?;
        Ok(self.token_batches(documents, batches))
    }

    fn token_batches<'d>(
        &self,
        documents: &'d Documents,
        batches: Vec<Vec<usize>>,
    ) -> impl Iterator<Item = TokenBatch> + 'd {
        let most = self.model.max_length;
        batches.into_iter().filter_map(move |batch| {
            let batch = padded(documents, &batch, most).ok()?;
            Some(TokenBatch { ids: batch.ids, lengths: batch.lengths, labels: batch.labels })
        })
    }
}

impl<'a> Course<'a> {
    fn begin(
        config: &'a TextTraining,
        corpus: &'a Corpus,
        device: &burn::tensor::Device,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let split = Split::stratified(corpus.train.labels(), config.validation, config.seed)?;
        let sizes = TextClassifierConfig { vocabulary: corpus.vocabulary.len(), ..config.model };
        let model = sizes.init(config.seed, device)?;
        let best = (0, model.clone());
        let run = TrainingRun::new(model, config.method.optimizer()?);
        Ok(Self { config, corpus, device: device.clone(), split, run, best, epochs: Vec::new() })
    }

    /// Whether training has ended, and why.
    fn end(&self) -> Option<End> {
        let fitted = |epoch: &Epoch| epoch.train.accuracy() >= self.config.stop_accuracy;
        if self.epochs.last().is_some_and(fitted) {
            Some(End::Fitted)
        } else {
            (self.epochs.len() >= self.config.max_epochs).then_some(End::OutOfEpochs)
        }
    }

    fn epoch(&mut self, bench: &Workbench<'_>) -> Result<EpochEnd, DeepError> {
        let (config, documents) = (self.config, &self.corpus.train);
        let number = self.run.epoch as u64 + 1;
        let lengths: Vec<usize> =
            documents.lengths().into_iter().map(|n| n.min(config.model.max_length)).collect();
        let order = (config.seed << 20) + number;
        let batches = Batches::by_length(&self.split.train, &lengths, config.batch, order)
            .map_err(|_| DeepError::EmptyModel { what: "batch size" })?;
        let n = batches.len();
        let mut noise = noise(config.device, &self.device, config.seed, number);
        let (mut step, mut total) = (0, Evaluation::default());
        let watch = |evaluation: &Evaluation| {
            step += 1;
            total.add(*evaluation);
            let epochs = (number - 1) as f64 + f64::from(step) / n as f64;
            let message = format!("epoch {number}, accuracy {:.3}", total.accuracy());
            bench.report(epochs / config.max_epochs as f64, &message);
            if bench.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let batches = config.token_batches(documents, batches);
        let end = self.run.train_epoch(batches, config.step_size, &mut noise, watch)?;
        if let EpochEnd::Whole(train) = end {
            let batches = config.evaluation_batches(documents, &self.split.validation);
            let batches = batches.map_err(|_| DeepError::EmptyModel { what: "validation part" })?;
            let validation = evaluate(&self.run.model, batches);
            let accuracy = |epoch: &Epoch| epoch.validation.accuracy();
            let before = self.epochs.iter().map(accuracy).fold(f64::NEG_INFINITY, f64::max);
            self.epochs.push(Epoch { train, validation });
            if validation.accuracy() > before {
                self.best = (self.run.epoch, self.run.model.clone());
            }
        }
        Ok(end)
    }

    fn save(&self, checkpoints: &Checkpoints, folder: &Path) -> Result<(), CellError> {
        // The best model first: it is right for the checkpoint before, too, since a run that goes on
        // from there comes to the same.
        if self.best.0 == self.run.epoch {
            save_weights(&self.best.1, &folder.join(BEST)).map_err(CellError::new)?;
        }
        checkpoints.save(&self.run, &(self.best.0, &self.epochs)).map_err(CellError::new)
    }

    fn restore(&mut self, checkpoints: &Checkpoints, folder: &Path) -> Result<(), CellError> {
        let restored = checkpoints.restore(&mut self.run).map_err(CellError::new)?;
        let Some((epoch, epochs)) = restored else { return Ok(()) };
        (self.best.0, self.epochs) = (epoch, epochs);
        load_weights(&mut self.best.1, &folder.join(BEST)).map_err(CellError::new)
    }
}

/// The weights of the best model so far.
const BEST: &str = "best.safetensors";

#[cfg(test)]
impl TextTraining {
    /// A run on generated reviews, for tests.
    pub fn example(method: Method, seed: u64) -> Self {
        Self {
            source: TextSource::Planted {
                reviews: mirrorhead_datasets::PlantedReviews::default(),
                seed: 1,
            },
            model: TextClassifierConfig {
                max_length: 24,
                width: 8,
                n_heads: 2,
                hidden: 16,
                ..TextClassifierConfig::paper(1, 1)
            },
            method,
            step_size: 1e-2,
            batch: 20,
            validation: 0.1,
            stop_accuracy: 0.995,
            max_epochs: 3,
            sentences: None,
            device: Device::Cpu,
            seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_repro::{Profile, Scope};

    use super::*;

    #[test]
    fn a_run_that_goes_on_from_its_checkpoint_ends_bitwise_alike() {
        let scope = Scope::new(Profile::Quick);
        let folder = tempfile::tempdir().unwrap();
        let train = |config: &TextTraining, name: &str| {
            config.train(&Workbench::apart(&scope, folder.path().join(name))).unwrap()
        };
        for method in [Method::MirrorDescent { p: 1.1 }, Method::Adam] {
            let whole = TextTraining::example(method, 1);
            let half = TextTraining { max_epochs: 2, ..whole.clone() };
            let name = method.to_string();
            assert_eq!(train(&half, &name).epochs.len(), 2);
            assert_eq!(train(&whole, &name), train(&whole, &(name + " at once")));
        }
    }

    #[test]
    fn a_run_that_diverges_says_where_and_keeps_the_last_finite_model() {
        let scope = Scope::new(Profile::Quick);
        let folder = tempfile::tempdir().unwrap();
        let config = TextTraining {
            step_size: 1e3,
            ..TextTraining::example(Method::MirrorDescent { p: 1.1 }, 1)
        };
        let outcome = config.train(&Workbench::apart(&scope, folder.path())).unwrap();
        assert!(matches!(outcome.end, End::Diverged { epoch: 1, .. }), "{:?}", outcome.end);
        assert!(outcome.last.test.loss.is_finite() && outcome.last.epoch == 0);
    }
}
