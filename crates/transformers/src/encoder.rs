//! The encoder that both models have: its sizes, and its blocks one after the other.

use burn::tensor::Tensor;

use crate::error::TransformerError;
use crate::{EncoderBlock, Initial, Noise, NormPlacement, PaddingMask};

/// Sizes of an encoder.
#[derive(Debug, Clone, Copy)]
pub struct EncoderSizes {
    /// Width of a token.
    pub width: usize,
    /// Number of blocks, of which the last reads one row.
    pub n_blocks: usize,
    /// Number of heads of each block.
    pub n_heads: usize,
    /// Hidden units of each block's perceptron.
    pub hidden: usize,
    /// Rate of dropout.
    pub dropout: f64,
}

impl EncoderSizes {
    /// Checks that `others` and every size are positive, that the heads share the width evenly, and that the dropout
    /// rate is one.
    pub fn validate(&self, others: &[(&'static str, usize)]) -> Result<(), TransformerError> {
        let own = [
            ("width", self.width),
            ("number of blocks", self.n_blocks),
            ("number of heads", self.n_heads),
            ("number of hidden units", self.hidden),
        ];
        if let Some((what, _)) = others.iter().chain(&own).find(|(_, size)| *size == 0) {
            return Err(TransformerError::EmptyModel { what });
        }
        if !self.width.is_multiple_of(self.n_heads) {
            return Err(TransformerError::UnevenHeads { width: self.width, n_heads: self.n_heads });
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(TransformerError::Dropout { rate: self.dropout });
        }
        Ok(())
    }

    /// The blocks with their initial weights.
    pub fn blocks(&self, placement: NormPlacement, initial: &mut Initial) -> Vec<EncoderBlock> {
        let sizes = [self.width, self.n_heads, self.hidden];
        (0..self.n_blocks)
            .map(|_| EncoderBlock::new(sizes, self.dropout, placement, initial))
            .collect()
    }
}

/// The first token after all blocks, `[batch, 1, width]`.
pub fn first_token(
    blocks: &[EncoderBlock],
    mut tokens: Tensor<3>,
    mask: &PaddingMask,
    noise: &mut Noise,
) -> Tensor<3> {
    let [_, n_tokens, _] = tokens.dims();
    for (b, block) in blocks.iter().enumerate() {
        let n_rows = if b + 1 == blocks.len() { 1 } else { n_tokens };
        tokens = block.forward(tokens, n_rows, mask, noise);
    }
    tokens
}

/// The attention weights of each block, `[batch, heads, tokens, tokens]`, without dropout.
pub fn attention(
    blocks: &[EncoderBlock],
    mut tokens: Tensor<3>,
    mask: &PaddingMask,
) -> Vec<Tensor<4>> {
    let [_, n_tokens, _] = tokens.dims();
    let mut maps = Vec::new();
    for block in blocks {
        maps.push(block.weights(tokens.clone(), mask));
        tokens = block.forward(tokens, n_tokens, mask, &mut Noise::Off);
    }
    maps
}
