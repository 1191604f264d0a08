//! Training a vision transformer once: what it depends on, and what comes of it.

use std::num::NonZeroUsize;

use burn::module::Module;
use mirrorhead_datasets::{
    Augmentation, Batches, DataError, ImageSet, Images, Normalisation, Presentation, Split,
    normalised,
};
use mirrorhead_harness::{CellContext, CellError, Device};
use mirrorhead_transformers::{
    ImageBatch, TransformerError, VisionTransformer, VisionTransformerConfig,
};
use serde::{Deserialize, Serialize};

use super::method::Method;
use super::start::scale_attention;
use super::task::{Part, TrainingPlan, TrainingTask};
use super::test_samples::test_samples;
use super::train::{TrainingOutcome, evaluated, train};
use super::trained::{Pruned, Trained};
use crate::data::image_source::ImageSource;
use crate::measures::pruning::keep_largest;
use crate::measures::weight_census::WeightCensus;

/// Images in a batch of an evaluation.
const EVALUATION_BATCH: usize = 100;

/// What tells the seeds of an epoch's views from those of its order.
const VIEW_SEEDS: u64 = 1 << 63;

/// Everything that a training run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageTraining {
    /// The images.
    pub source: ImageSource,
    /// The sizes of the model; images are resized to its side.
    pub model: VisionTransformerConfig,
    /// The optimizer.
    pub method: Method,
    /// Its step size.
    pub step_size: f64,
    /// What the initial keys, queries and values are multiplied by; nothing when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_scale: Option<f64>,
    /// Images in a batch.
    pub batch: usize,
    /// Images whose gradients are computed at once; those of a batch when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<NonZeroUsize>,
    /// Training images are moved by up to this many pixels, and mirrored at random; shown as they are when
    /// `None`.
    pub crop_padding: Option<usize>,
    /// What is subtracted from pixels, and what they are divided by; the moments of the training images when
    /// `None`.
    pub normalisation: Option<Normalisation>,
    /// The share of the training images that is kept for validation.
    pub validation: f64,
    /// Images that are learned from, drawn from those that are not for validation; all of them when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_train: Option<usize>,
    /// Images to test on, the same for every seed; all of them when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_test: Option<usize>,
    /// Training accuracies at whose first passing the test images are classified, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<f64>,
    /// Shares of the keys, queries and values, the largest, with which a trained model is tested, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned_to: Vec<f64>,
    /// Training ends when this share of the training images is classified correctly in an epoch, if it is given...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_accuracy: Option<f64>,
    /// ...and after this many epochs.
    pub max_epochs: usize,
    /// What trains.
    pub device: Device,
    /// The seed of initial weights, split, order, views and dropout.
    pub seed: u64,
}

/// What came of a run.
pub type ImageOutcome = TrainingOutcome<Trained>;

/// A run's images, split.
struct Pictures<'a> {
    config: &'a ImageTraining,
    set: &'a ImageSet,
    split: Split,
    normalisation: Normalisation,
}

impl ImageTraining {
    /// Rough time on one core, in seconds.
    pub fn cost_seconds(&self) -> f64 {
        let VisionTransformerConfig { side, patch, width, n_blocks, hidden, .. } = self.model;
        let all = match &self.source {
            ImageSource::Cifar10 { .. } => 50_000,
            ImageSource::Planted { images, .. } => images.n_train,
        };
        let images = self.n_train.unwrap_or(all).min(all);
        let tokens = (1 + (side / patch.max(1)).pow(2)) as f64;
        // Multiplications of a token in a whole block, and in the last, where only one row is read.
        let block = (4 * width * width + 2 * width * hidden) as f64 + 2.0 * width as f64 * tokens;
        let last = (2 * width * width) as f64;
        let flops = tokens * 6.0 * (n_blocks.saturating_sub(1) as f64 * block + last);
        self.max_epochs as f64 * images as f64 * flops / 1.5e10
    }

    /// Trains, from the cell's checkpoint if it has one.
    ///
    /// # Errors
    /// Data that can't be read, settings out of range, a device that this binary doesn't have, a checkpoint
    /// that can't be written, or an interruption.
    pub fn train(&self, context: &dyn CellContext) -> Result<ImageOutcome, CellError> {
        let set = self.source.images(context.data_dir())?;
        let pictures = Pictures::new(self, &set)?;
        train(&pictures, context, |epoch, model| {
            let test = evaluated(&pictures, model, Part::Test)?;
            let pruned = self.pruned_to.iter().map(|kept| {
                let mut pruned = model.clone();
                keep_largest(&mut pruned.blocks, *kept);
                Ok(Pruned { kept: *kept, test: evaluated(&pictures, &pruned, Part::Test)? })
            });
            let pruned = pruned.collect::<Result<_, CellError>>()?;
            let weights = WeightCensus::of_blocks(&model.valid().blocks);
            Ok(Trained { epoch, test, weights, pruned })
        })
    }
}

impl<'a> Pictures<'a> {
    fn new(config: &'a ImageTraining, set: &'a ImageSet) -> Result<Self, CellError> {
        require_classes(set, config.model.n_classes)?;
        let labels = set.train.labels();
        let split = Split::stratified(labels, config.validation, config.seed)?;
        let split = match config.n_train {
            Some(n) => split.with_training(n, labels, config.seed),
            None => split,
        };
        let normalisation = match config.normalisation {
            Some(normalisation) => normalisation,
            None => Normalisation::of(&set.train)?,
        };
        Ok(Self { config, set, split, normalisation })
    }

    fn images(&self, part: Part) -> &Images {
        if part == Part::Test { &self.set.test } else { &self.set.train }
    }

    /// The seed of what is drawn for an epoch.
    fn seed_of_epoch(&self, epoch: u64) -> u64 {
        (self.config.seed << 20) + epoch
    }

    fn augmentation(&self, part: Part) -> Augmentation {
        match (part, self.config.crop_padding) {
            (Part::Training { epoch }, Some(padding)) => {
                let seed_of_epoch = self.seed_of_epoch(epoch) ^ VIEW_SEEDS;
                Augmentation::CropAndFlip { padding, seed_of_epoch }
            }
            _ => Augmentation::None,
        }
    }
}

/// Checks that the model has every class of the images.
fn require_classes(set: &ImageSet, n_classes: usize) -> Result<(), CellError> {
    let labels = set.train.labels().iter().chain(set.test.labels());
    match labels.max().filter(|label| usize::from(**label) >= n_classes) {
        None => Ok(()),
        Some(label) => Err(CellError::new(format!(
            "the images have class {label}, counted from 0; a model of {n_classes} classes can't learn it"
        ))),
    }
}

impl TrainingTask for Pictures<'_> {
    type Model = VisionTransformer;

    fn plan(&self) -> TrainingPlan {
        TrainingPlan {
            method: self.config.method,
            step_size: self.config.step_size,
            batch: self.config.batch,
            micro_batch: self.config.micro_batch,
            stop_accuracy: self.config.stop_accuracy,
            max_epochs: self.config.max_epochs,
            seed: self.config.seed,
            device: self.config.device,
        }
    }

    fn model(&self, device: &burn::tensor::Device) -> Result<VisionTransformer, TransformerError> {
        let mut model = self.config.model.init(self.config.seed, device)?;
        if let Some(factor) = self.config.attention_scale {
            scale_attention(&mut model.blocks, factor);
        }
        Ok(model)
    }

    fn order(&self, part: Part) -> Result<Vec<Vec<usize>>, DataError> {
        // Images are all of one length.
        let lengths = vec![1; self.images(part).len()];
        match part {
            Part::Training { epoch } => {
                let (images, order) = (&self.split.train, self.seed_of_epoch(epoch));
                Batches::by_length(images, &lengths, self.config.batch, order)
            }
            Part::Validation => {
                Batches::in_order(&self.split.validation, &lengths, EVALUATION_BATCH)
            }
            Part::Test => {
                let samples = test_samples(self.set.test.labels(), self.config.n_test)?;
                Batches::in_order(&samples, &lengths, EVALUATION_BATCH)
            }
        }
    }

    fn milestones(&self) -> &[f64] {
        &self.config.milestones
    }

    fn step_bytes(&self, n_samples: usize) -> f64 {
        self.config.model.step_bytes(n_samples)
    }

    fn batch(&self, part: Part, indices: &[usize]) -> Result<ImageBatch, DataError> {
        let images = self.images(part);
        let presentation = Presentation {
            augmentation: self.augmentation(part),
            side: self.config.model.side,
            normalisation: self.normalisation,
        };
        let pixels = normalised(images, indices, &presentation)?;
        let labels = indices.iter().map(|i| images.label(*i)).collect();
        Ok(ImageBatch { pixels, side: presentation.side, labels })
    }
}
