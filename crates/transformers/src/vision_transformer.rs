//! The paper's vision transformer: patches, a class token, a pre-norm encoder.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::encoder::{EncoderSizes, attention, first_token};
use crate::error::TransformerError;
use crate::step_memory::{Dropped, StepMemory};
use crate::token_map::of_tokens;
use crate::training::{BatchLoss, Objective, Trainable};
use crate::{EncoderBlock, Initial, Noise, NormPlacement, PaddingMask};

/// Sizes of a [`VisionTransformer`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VisionTransformerConfig {
    /// Side of the square images, in pixels.
    pub side: usize,
    /// Side of the square patches, in pixels.
    pub patch: usize,
    /// Number of classes.
    pub n_classes: usize,
    /// Width of the embeddings.
    pub width: usize,
    /// Number of blocks.
    pub n_blocks: usize,
    /// Number of heads of each block.
    pub n_heads: usize,
    /// Hidden units of each block's perceptron.
    pub hidden: usize,
    /// Rate of dropout, on the embeddings, on hidden units and on what each residual adds.
    pub dropout: f64,
}

/// A batch of square images of three channels, with their classes. Plain data, made on any thread.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageBatch {
    /// The pixels, `[batch, 3, side, side]`.
    pub pixels: Vec<f32>,
    /// Side of the images.
    pub side: usize,
    /// The classes.
    pub labels: Vec<u8>,
}

impl VisionTransformerConfig {
    /// The paper's model on CIFAR-10: images of 48 pixels in patches of 4, width 512, 6 blocks of 8
    /// heads, 512 hidden units, dropout 0.1.
    pub fn paper() -> Self {
        Self {
            side: 48,
            patch: 4,
            n_classes: 10,
            width: 512,
            n_blocks: 6,
            n_heads: 8,
            hidden: 512,
            dropout: 0.1,
        }
    }

    /// The model with the initial weights of `seed`.
    ///
    /// # Errors
    /// A size of zero, heads or patches that don't divide, a dropout rate outside `$[0, 1)$`.
    pub fn init(&self, seed: u64, device: &Device) -> Result<VisionTransformer, TransformerError> {
        self.validate()?;
        let mut initial = Initial::new(seed, device);
        let n_patches = (self.side / self.patch).pow(2);
        Ok(VisionTransformer {
            class: initial.normal([1, 1, self.width]),
            positions: initial.normal([1, n_patches + 1, self.width]),
            patches: initial.affine(3 * self.patch * self.patch, self.width),
            blocks: self.encoder().blocks(NormPlacement::Pre, &mut initial),
            norm: initial.layer_norm(self.width),
            classifier: initial.affine(self.width, self.n_classes),
            patch: self.patch,
            dropout: self.dropout,
        })
    }

    /// The memory that the gradients of `n_images` images take at once, in bytes; an estimate that was
    /// compared with what processes took.
    pub fn step_bytes(&self, n_images: usize) -> f64 {
        let n_tokens = 1 + (self.side / self.patch.max(1)).pow(2);
        let memory = StepMemory {
            n_sequences: n_images,
            n_tokens,
            encoder: self.encoder(),
            n_other: self.width * (n_tokens + 3 * self.patch.pow(2)),
            dropped: Dropped::HiddenUnits,
        };
        memory.bytes()
    }

    /// The sizes of the encoder.
    fn encoder(&self) -> EncoderSizes {
        let Self { width, n_blocks, n_heads, hidden, dropout, .. } = *self;
        EncoderSizes { width, n_blocks, n_heads, hidden, dropout }
    }

    fn validate(&self) -> Result<(), TransformerError> {
        self.encoder().validate(&[
            ("image side", self.side),
            ("patch side", self.patch),
            ("number of classes", self.n_classes),
        ])?;
        if !self.side.is_multiple_of(self.patch) {
            return Err(TransformerError::UnevenPatches { side: self.side, patch: self.patch });
        }
        Ok(())
    }
}

/// Linear embeddings of patches behind a class token, encoder blocks, and a linear read-out of the class
/// token.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    class: Param<Tensor<3>>,
    positions: Param<Tensor<3>>,
    patches: Linear,
    /// The encoder blocks.
    pub blocks: Vec<EncoderBlock>,
    norm: LayerNorm,
    classifier: Linear,
    patch: usize,
    dropout: f64,
}

impl VisionTransformer {
    /// The logits, `[batch, classes]`.
    pub fn logits(&self, batch: &ImageBatch, noise: &mut Noise) -> Tensor<2> {
        let tokens = noise.dropout(self.embedded(batch), self.dropout);
        let [n, _, width] = tokens.dims();
        let read = first_token(&self.blocks, tokens, &PaddingMask::none(), noise);
        self.classifier.forward(self.norm.forward(read.reshape([n, width])))
    }

    /// The attention weights of each block, `[batch, heads, tokens, tokens]`, without dropout; token 0
    /// is the class token.
    pub fn attention(&self, batch: &ImageBatch) -> Vec<Tensor<4>> {
        attention(&self.blocks, self.embedded(batch), &PaddingMask::none())
    }

    /// `[batch, 1 + patches, width]`: the class token, then the patches row by row.
    fn embedded(&self, batch: &ImageBatch) -> Tensor<3> {
        let (n, side, patch) = (batch.labels.len(), batch.side, self.patch);
        let across = side / patch;
        let data = TensorData::new(batch.pixels.clone(), [n, 3, across, patch, across, patch]);
        // A patch is a row of its pixels, channels last, as in the paper's code.
        let pixels = Tensor::<6>::from_data(data, &self.device())
            .permute([0, 2, 4, 3, 5, 1])
            .reshape([n, across * across, patch * patch * 3]);
        let patches = of_tokens(&self.patches, pixels);
        let class = self.class.val().repeat_dim(0, n);
        Tensor::cat(vec![class, patches], 1) + self.positions.val()
    }

    fn device(&self) -> Device {
        self.classifier.weight.val().device()
    }
}

impl Trainable for VisionTransformer {
    type Batch = ImageBatch;

    const OBJECTIVE: Objective = Objective::Mean;

    fn size(batch: &ImageBatch) -> usize {
        batch.labels.len()
    }

    /// Cross-entropy.
    fn loss(&self, batch: &ImageBatch, noise: &mut Noise) -> BatchLoss {
        let n = batch.labels.len();
        let labels: Vec<i32> = batch.labels.iter().map(|label| i32::from(*label)).collect();
        let device = self.device();
        let labels: Tensor<2, Int> = Tensor::from_data(TensorData::new(labels, [n, 1]), &device);
        let logits = self.logits(batch, noise);
        let chosen = logits.clone().inner().argmax(1);
        let correct = chosen.equal(labels.clone().inner()).int().sum();
        let total = log_softmax(logits, 1).gather(1, labels).sum().neg();
        BatchLoss { total, correct }
    }
}
