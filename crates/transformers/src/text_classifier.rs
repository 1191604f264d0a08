//! The paper's text classifier: a post-norm encoder, read at the first token.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::encoder::{EncoderSizes, attention, first_token};
use crate::error::TransformerError;
use crate::step_memory::{Dropped, StepMemory};
use crate::training::{BatchLoss, Objective, Trainable};
use crate::{EncoderBlock, Initial, Noise, NormPlacement, TokenBatch};

/// Sizes of a [`TextClassifier`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextClassifierConfig {
    /// Number of different tokens.
    pub vocabulary: usize,
    /// Most tokens of a text.
    pub max_length: usize,
    /// Width of the embeddings.
    pub width: usize,
    /// Number of blocks.
    pub n_blocks: usize,
    /// Number of heads of each block.
    pub n_heads: usize,
    /// Hidden units of each block's perceptron.
    pub hidden: usize,
    /// Rate of dropout, on the attention weights and on what each residual adds.
    pub dropout: f64,
}

impl TextClassifierConfig {
    /// The paper's model on IMDb: 3, 4 or 6 blocks with as many heads, width 384, 1,536 hidden units,
    /// texts of up to 512 tokens, dropout 0.2.
    pub fn paper(vocabulary: usize, n_blocks: usize) -> Self {
        Self {
            vocabulary,
            max_length: 512,
            width: 384,
            n_blocks,
            n_heads: n_blocks,
            hidden: 1536,
            dropout: 0.2,
        }
    }

    /// The model with the initial weights of `seed`.
    ///
    /// # Errors
    /// A size of zero, heads that don't divide the width, a dropout rate outside `$[0, 1)$`.
    pub fn init(&self, seed: u64, device: &Device) -> Result<TextClassifier, TransformerError> {
        self.validate()?;
        let mut initial = Initial::new(seed, device);
        Ok(TextClassifier {
            tokens: initial.embedding(self.vocabulary, self.width),
            positions: initial.embedding(self.max_length, self.width),
            blocks: self.encoder().blocks(NormPlacement::Post, &mut initial),
            classifier: initial.linear(self.width, 1),
        })
    }

    /// The memory that the gradients of `n_texts` texts of full length take at once, in bytes; an estimate
    /// that was compared with what processes took.
    ///
    /// ```
    /// use mirrorhead_transformers::TextClassifierConfig;
    /// let paper = TextClassifierConfig::paper(30_522, 6);
    /// let gib = |n_texts| paper.step_bytes(n_texts) / 2.0_f64.powi(30);
    /// assert!(gib(100) > 16.0 && gib(25) < 6.0); // so a GPU of 16 GiB takes 25 texts at a time
    /// ```
    pub fn step_bytes(&self, n_texts: usize) -> f64 {
        let memory = StepMemory {
            n_sequences: n_texts,
            n_tokens: self.max_length,
            encoder: self.encoder(),
            n_other: self.width * (self.vocabulary + self.max_length),
            dropped: Dropped::Weights,
        };
        memory.bytes()
    }

    /// The sizes of the encoder.
    fn encoder(&self) -> EncoderSizes {
        let Self { width, n_blocks, n_heads, hidden, dropout, .. } = *self;
        EncoderSizes { width, n_blocks, n_heads, hidden, dropout }
    }

    fn validate(&self) -> Result<(), TransformerError> {
        let others = [("vocabulary", self.vocabulary), ("greatest length", self.max_length)];
        self.encoder().validate(&others)
    }
}

/// Token and position embeddings, encoder blocks, and a linear read-out of the first token: the logit
/// that a text is positive (Julistiono, Ataee Tarzanagh, Azizan 2024, the experiments on IMDb).
///
/// With `$x_t$` the sum of the embeddings of token and position, each block maps
/// `$x \mapsto \mathrm{norm}(y + \mathrm{mlp}(y))$`, `$y = \mathrm{norm}(x + \mathrm{attention}(x))$`, and
/// the logit is `$f = c^\top x_1$` after the last.
///
/// ```
/// use burn::tensor::Device;
/// use mirrorhead_transformers::{Noise, TextClassifierConfig, TokenBatch};
/// let small = TextClassifierConfig { width: 8, n_heads: 2, hidden: 16, ..TextClassifierConfig::paper(50, 3) };
/// let model = small.init(1, &Device::flex())?;
/// // Two texts of 3 and 2 tokens; the second is padded.
/// let batch = TokenBatch { ids: vec![2, 7, 3, 2, 3, 0], lengths: vec![3, 2], labels: vec![1, 0] };
/// assert_eq!(model.logits(&batch, &mut Noise::Off).dims(), [2]);
/// let maps = model.attention(&batch);
/// assert_eq!(maps.len(), 3);
/// assert_eq!(maps[0].dims(), [2, 2, 3, 3]); // texts, heads, queries, keys
/// # Ok::<(), mirrorhead_transformers::TransformerError>(())
/// ```
#[derive(Module, Debug)]
pub struct TextClassifier {
    tokens: Embedding,
    positions: Embedding,
    /// The encoder blocks.
    pub blocks: Vec<EncoderBlock>,
    classifier: Linear,
}

impl TextClassifier {
    /// The logits, `[batch]`.
    pub fn logits(&self, batch: &TokenBatch, noise: &mut Noise) -> Tensor<1> {
        let device = self.device();
        let mask = batch.mask_on(&device);
        let tokens = self.embedded(batch.ids_on(&device));
        let read = first_token(&self.blocks, tokens, &mask, noise);
        self.classifier.forward(read).reshape([batch.len()])
    }

    /// The attention weights of each block, `[batch, heads, tokens, tokens]`, without dropout.
    pub fn attention(&self, batch: &TokenBatch) -> Vec<Tensor<4>> {
        let device = self.device();
        let mask = batch.mask_on(&device);
        attention(&self.blocks, self.embedded(batch.ids_on(&device)), &mask)
    }

    fn embedded(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [_, longest] = ids.dims();
        let positions = self.positions.weight.val().narrow(0, 0, longest);
        self.tokens.forward(ids) + positions.unsqueeze()
    }

    fn device(&self) -> Device {
        self.classifier.weight.val().device()
    }
}

impl Trainable for TextClassifier {
    type Batch = TokenBatch;

    const OBJECTIVE: Objective = Objective::Sum;

    fn size(batch: &TokenBatch) -> usize {
        batch.len()
    }

    /// Binary cross-entropy `$\log(1 + e^{-(2 y_i - 1) f_i})$`.
    fn loss(&self, batch: &TokenBatch, noise: &mut Noise) -> BatchLoss {
        let margins = self.logits(batch, noise) * batch.signs_on(&self.device());
        let correct = margins.clone().inner().greater_elem(0.0).int().sum();
        let total = softplus(margins.neg(), 1.0).sum();
        BatchLoss { total, correct }
    }
}
