//! Multi-head softmax attention, `$\mathrm{softmax}(Q K^\top / \sqrt{d_h})\, V$` in each head.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::token_map::of_tokens;
use crate::{Initial, Noise, PaddingMask};

/// The maps of one layer of attention. Inputs have shape `[batch, tokens, width]`.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// The query map `$W_Q$`, `[width, width]`.
    pub queries: Linear,
    /// The key map `$W_K$`, `[width, width]`.
    pub keys: Linear,
    /// The value map `$W_V$`, `[width, width]`.
    pub values: Linear,
    /// The map that joins the heads, `[width, width]`.
    pub output: Linear,
    n_heads: usize,
}

impl SelfAttention {
    /// Attention with `n_heads` heads that share `width`; keys, queries and values have no bias.
    pub fn new(width: usize, n_heads: usize, output: Linear, initial: &mut Initial) -> Self {
        let [queries, keys, values] = std::array::from_fn(|_| initial.linear(width, width));
        Self { queries, keys, values, output, n_heads }
    }

    /// The attention of `rows` over `tokens`, `[batch, rows, width]`. Dropout of `rate` falls on the
    /// weights.
    pub fn forward(
        &self,
        rows: Tensor<3>,
        tokens: Tensor<3>,
        mask: &PaddingMask,
        noise: &mut Noise,
        rate: f64,
    ) -> Tensor<3> {
        let [batch, n_rows, width] = rows.dims();
        let weights = self.weights(rows, tokens.clone(), mask);
        let values = self.heads(of_tokens(&self.values, tokens));
        let mixed = noise.dropout(weights, rate).matmul(values);
        of_tokens(&self.output, mixed.swap_dims(1, 2).reshape([batch, n_rows, width]))
    }

    /// The attention weights of `rows` over `tokens`, `[batch, heads, rows, tokens]`; rows sum to 1.
    pub fn weights(&self, rows: Tensor<3>, tokens: Tensor<3>, mask: &PaddingMask) -> Tensor<4> {
        let [_, _, width] = rows.dims();
        let scale = 1.0 / ((width / self.n_heads) as f64).sqrt();
        let queries = self.heads(of_tokens(&self.queries, rows).mul_scalar(scale));
        let keys = self.heads(of_tokens(&self.keys, tokens));
        softmax(mask.lower(queries.matmul(keys.swap_dims(2, 3))), 3)
    }

    /// `[batch, tokens, width]` as `[batch, heads, tokens, width / heads]`.
    fn heads(&self, x: Tensor<3>) -> Tensor<4> {
        let [batch, tokens, width] = x.dims();
        x.reshape([batch, tokens, self.n_heads, width / self.n_heads]).swap_dims(1, 2)
    }
}
