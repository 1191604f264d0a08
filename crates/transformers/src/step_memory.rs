//! The memory that the gradients of an encoder take.

use crate::encoder::EncoderSizes;

/// Sizes of an encoder of tokens, as far as the memory of a training step depends on them.
#[derive(Debug, Clone, Copy)]
pub struct StepMemory {
    /// Sequences whose gradients are computed at once.
    pub n_sequences: usize,
    /// Tokens of a sequence.
    pub n_tokens: usize,
    /// The encoder.
    pub encoder: EncoderSizes,
    /// Parameters outside the blocks.
    pub n_other: usize,
    /// Where dropout falls inside of a block.
    pub dropped: Dropped,
}

/// What dropout falls on inside of a block, besides what residuals add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// The attention weights.
    Weights,
    /// The hidden units of the perceptron.
    HiddenUnits,
}

impl StepMemory {
    /// Bytes, about. Backpropagation keeps of every whole block, a token: 12 vectors of its width, 2 of its
    /// hidden units, 2 rows of attention weights in each head, and what dropout inside adds. The block
    /// whose gradients are being computed takes half as much again. Parameters are there four times: with
    /// their gradients, what the optimizer remembers, and what they become.
    pub fn bytes(&self) -> f64 {
        let EncoderSizes { width, n_blocks, n_heads, hidden, .. } = self.encoder;
        let [width, hidden] = [width, hidden].map(|size| size as f64);
        let rows = (n_heads * self.n_tokens) as f64;
        let dropped = match self.dropped {
            Dropped::Weights => 2.0 * rows,
            Dropped::HiddenUnits => 2.0 * hidden,
        };
        let kept = 12.0 * width + 2.0 * hidden + 2.0 * rows + dropped;
        let in_use = 6.0 * width + 2.0 * hidden + 3.0 * rows;
        let n_whole = n_blocks.saturating_sub(1) as f64;
        let tokens = self.n_sequences as f64 * self.n_tokens as f64;
        let block = 4.0 * width * width + 2.0 * width * hidden;
        let parameters = n_blocks as f64 * block + self.n_other as f64;
        4.0 * (4.0 * parameters + tokens * (n_whole * kept + in_use))
    }
}
