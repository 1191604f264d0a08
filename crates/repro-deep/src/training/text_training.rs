//! Training a text classifier once: what it depends on, and what comes of it.

use std::num::NonZeroUsize;

use burn::module::Module;
use mirrorhead_datasets::{Batches, Corpus, DataError, Documents, Split, padded};
use mirrorhead_harness::{CellContext, CellError, Device};
use mirrorhead_transformers::{TextClassifier, TextClassifierConfig, TokenBatch, TransformerError};
use serde::{Deserialize, Serialize};

use super::method::Method;
use super::start::scale_attention;
use super::task::{Part, TrainingPlan, TrainingTask};
use super::test_samples::test_samples;
use super::train::{TrainingOutcome, evaluated, train};
use super::trained::{Pruned, Trained};
use crate::data::text_source::TextSource;
use crate::measures::decisive_attention::DecisiveAttention;
use crate::measures::pruning::keep_largest;
use crate::measures::weight_census::WeightCensus;

/// Batches of an evaluation, which needs no memory for gradients.
const EVALUATION_BATCH: usize = 100;

/// Epochs that the paper's runs needed until the training texts were fitted, on average over all.
const PAPER_EPOCHS: f64 = 98.0;

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
    /// What the initial keys, queries and values are multiplied by; nothing when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_scale: Option<f64>,
    /// Texts in a batch.
    pub batch: usize,
    /// Which texts make a batch.
    pub batching: Batching,
    /// Texts whose gradients are computed at once; those of a batch when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<NonZeroUsize>,
    /// The share of the training texts that is kept for validation.
    pub validation: f64,
    /// Texts that are learned from, drawn from those that are not for validation; all of them when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_train: Option<usize>,
    /// Texts to test on, the same for every seed; all of them when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_test: Option<usize>,
    /// Training accuracies at whose first passing the test texts are classified, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<f64>,
    /// Shares of the keys, queries and values, the largest, with which a trained model is tested, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned_to: Vec<f64>,
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

/// Which texts make a batch of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Batching {
    /// Any, as in the paper.
    Shuffled,
    /// Those of like length, which need little padding.
    ByLength,
}

/// A model after some epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedOnTexts {
    /// What is measured of any model.
    #[serde(flatten)]
    pub model: Trained,
    /// Where the first token looks in sentences with a decisive word.
    pub attention: DecisiveAttention,
}

/// What came of a run.
pub type TextOutcome = TrainingOutcome<TrainedOnTexts>;

/// A run's texts, split.
struct Texts<'a> {
    config: &'a TextTraining,
    corpus: &'a Corpus,
    split: Split,
}

impl TextTraining {
    /// Rough time on one core, in seconds: half the most epochs, but no more than the paper's runs needed,
    /// over 25,000 reviews of full length.
    pub fn cost_seconds(&self) -> f64 {
        let TextClassifierConfig { max_length, width, n_blocks, hidden, .. } = self.model;
        let all = if matches!(self.source, TextSource::Imdb { .. }) { 25_000 } else { 200 };
        let reviews = self.n_train.unwrap_or(all).min(all);
        let tokens = (reviews * max_length) as f64;
        // Multiplications of a token in a whole block, and in the last, where only one row is read.
        let block = (4 * width * width + 2 * width * hidden + 2 * width * max_length) as f64;
        let last = (2 * width * width + 2 * width) as f64;
        let flops = tokens * 6.0 * ((n_blocks - 1) as f64 * block + last);
        (self.max_epochs as f64 / 2.0).min(PAPER_EPOCHS) * flops / 1e10
    }

    /// Trains, from the cell's checkpoint if it has one.
    ///
    /// # Errors
    /// Data that can't be read, settings out of range, a checkpoint that can't be written, or an
    /// interruption.
    pub fn train(&self, context: &dyn CellContext) -> Result<TextOutcome, CellError> {
        let corpus = self.source.corpus(context.data_dir())?;
        let labels = corpus.train.labels();
        let split = Split::stratified(labels, self.validation, self.seed)?;
        let split = match self.n_train {
            Some(n) => split.with_training(n, labels, self.seed),
            None => split,
        };
        let texts = Texts { config: self, corpus: &corpus, split };
        train(&texts, context, |epoch, model| {
            let test = evaluated(&texts, model, Part::Test)?;
            let pruned = self.pruned_to.iter().map(|kept| {
                let mut pruned = model.clone();
                keep_largest(&mut pruned.blocks, *kept);
                Ok(Pruned { kept: *kept, test: evaluated(&texts, &pruned, Part::Test)? })
            });
            let pruned = pruned.collect::<Result<_, CellError>>()?;
            let model = model.valid();
            let weights = WeightCensus::of_blocks(&model.blocks);
            Ok(TrainedOnTexts {
                model: Trained { epoch, test, weights, pruned },
                attention: DecisiveAttention::of(&model, &corpus, self.model.max_length, context)?,
            })
        })
    }
}

impl TrainingTask for Texts<'_> {
    type Model = TextClassifier;

    fn plan(&self) -> TrainingPlan {
        TrainingPlan {
            method: self.config.method,
            step_size: self.config.step_size,
            batch: self.config.batch,
            micro_batch: self.config.micro_batch,
            stop_accuracy: Some(self.config.stop_accuracy),
            max_epochs: self.config.max_epochs,
            seed: self.config.seed,
            device: self.config.device,
        }
    }

    fn model(&self, device: &burn::tensor::Device) -> Result<TextClassifier, TransformerError> {
        let mut model = self.sizes().init(self.config.seed, device)?;
        if let Some(factor) = self.config.attention_scale {
            scale_attention(&mut model.blocks, factor);
        }
        if let Some(share) = self.config.method.first_share() {
            keep_largest(&mut model.blocks, share);
        }
        Ok(model)
    }

    fn order(&self, part: Part) -> Result<Vec<Vec<usize>>, DataError> {
        let lengths = self.documents(part).lengths();
        match part {
            Part::Training { epoch } => {
                let most = self.config.model.max_length;
                let cut: Vec<usize> = lengths.into_iter().map(|n| n.min(most)).collect();
                let order = (self.config.seed << 20) + epoch;
                let (texts, batch) = (&self.split.train, self.config.batch);
                match self.config.batching {
                    Batching::Shuffled => Batches::shuffled(texts, batch, order),
                    Batching::ByLength => Batches::by_length(texts, &cut, batch, order),
                }
            }
            Part::Validation => {
                Batches::in_order(&self.split.validation, &lengths, EVALUATION_BATCH)
            }
            Part::Test => {
                let samples = test_samples(self.corpus.test.labels(), self.config.n_test)?;
                Batches::in_order(&samples, &lengths, EVALUATION_BATCH)
            }
        }
    }

    fn milestones(&self) -> &[f64] {
        &self.config.milestones
    }

    fn step_bytes(&self, n_samples: usize) -> f64 {
        self.sizes().step_bytes(n_samples)
    }

    fn batch(&self, part: Part, texts: &[usize]) -> Result<TokenBatch, DataError> {
        let batch = padded(self.documents(part), texts, self.config.model.max_length)?;
        Ok(TokenBatch { ids: batch.ids, lengths: batch.lengths, labels: batch.labels })
    }
}

impl Texts<'_> {
    /// The model's sizes, with the corpus's vocabulary.
    fn sizes(&self) -> TextClassifierConfig {
        TextClassifierConfig { vocabulary: self.corpus.vocabulary.len(), ..self.config.model }
    }

    fn documents(&self, part: Part) -> &Documents {
        if part == Part::Test { &self.corpus.test } else { &self.corpus.train }
    }
}

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
            attention_scale: None,
            batch: 20,
            batching: Batching::ByLength,
            micro_batch: None,
            validation: 0.1,
            n_train: None,
            n_test: None,
            milestones: Vec::new(),
            pruned_to: Vec::new(),
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
    use mirrorhead_harness::{Profile, Scope};

    use mirrorhead_harness::RunningCell;

    use super::*;
    use crate::training::train::End;

    #[test]
    fn a_run_that_goes_on_from_its_checkpoint_ends_bitwise_alike() {
        let scope = Scope::new(Profile::Quick);
        let folder = tempfile::tempdir().unwrap();
        let train = |config: &TextTraining, name: &str| {
            config.train(&RunningCell::outside_a_run(&scope, folder.path().join(name))).unwrap()
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
    fn zeros_stay_up_to_the_threshold_and_without_one_they_move() {
        let scope = Scope::new(Profile::Quick);
        let share = |method: Method| {
            let folder = tempfile::tempdir().unwrap();
            let context = RunningCell::outside_a_run(&scope, folder.path());
            let outcome = TextTraining::example(method, 1).train(&context).unwrap();
            outcome.last.model.weights.map(|map| (map.n - map.below) as f64 / map.n as f64)
        };
        // The largest tenth of 64 entries are 6.
        assert_eq!(share(Method::LinBreg { threshold: 1e3 }), [6.0 / 64.0; 3]);
        assert_eq!(share(Method::AdaBreg { threshold: 1e3 }), [6.0 / 64.0; 3]);
        // A column that is zero in keys and in queries has no gradient in either.
        for method in [Method::LinBreg { threshold: 0.0 }, Method::AdaBreg { threshold: 0.0 }] {
            let [keys, queries, values] = share(method);
            assert!(keys > 0.5 && queries > 0.5 && values == 1.0, "{keys}, {queries}, {values}");
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
        let outcome = config.train(&RunningCell::outside_a_run(&scope, folder.path())).unwrap();
        assert!(matches!(outcome.end, End::Diverged { epoch: 1, .. }), "{:?}", outcome.end);
        assert!(outcome.last.model.test.loss.is_finite() && outcome.last.model.epoch == 0);
    }
}
