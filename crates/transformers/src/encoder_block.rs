//! A block of a transformer's encoder: attention, then a perceptron, each with a residual and a norm.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use crate::token_map::of_tokens;
use crate::{Initial, Noise, PaddingMask, SelfAttention};

/// Where layer norms stand, and what goes with it in the paper's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormPlacement {
    /// `$\mathrm{norm}(x + f(x))$`, as in the paper's text classifier: linear maps and norms have no bias,
    /// dropout falls on the attention weights and on what each residual adds.
    Post,
    /// `$x + f(\mathrm{norm}(x))$`, as in the paper's vision transformer: biases outside keys, queries and
    /// values, dropout on hidden units and on what each residual adds.
    Pre,
}

/// One block, from `[batch, tokens, width]` to the same shape.
#[derive(Module, Debug)]
pub struct EncoderBlock {
    /// The attention.
    pub attention: SelfAttention,
    attention_norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    perceptron_norm: LayerNorm,
    #[module(skip)]
    placement: NormPlacement,
    rate: f64,
}

impl EncoderBlock {
    /// A block whose perceptron has `hidden` units, with dropout of `rate`.
    pub fn new(
        [width, n_heads, hidden]: [usize; 3],
        rate: f64,
        placement: NormPlacement,
        initial: &mut Initial,
    ) -> Self {
        let mut linear = |n_in, n_out| match placement {
            NormPlacement::Post => initial.linear(n_in, n_out),
            NormPlacement::Pre => initial.affine(n_in, n_out),
        };
        let (output, widen, narrow) =
            (linear(width, width), linear(width, hidden), linear(hidden, width));
        Self {
            attention: SelfAttention::new(width, n_heads, output, initial),
            attention_norm: norm(initial, placement, width),
            widen,
            narrow,
            perceptron_norm: norm(initial, placement, width),
            placement,
            rate,
        }
    }

    /// The block's output at the first `n_rows` tokens, `[batch, n_rows, width]`: other rows of a last
    /// block that nobody reads are not computed.
    pub fn forward(
        &self,
        tokens: Tensor<3>,
        n_rows: usize,
        mask: &PaddingMask,
        noise: &mut Noise,
    ) -> Tensor<3> {
        let first = |x: Tensor<3>| {
            let [batch, n_tokens, width] = x.dims();
            if n_rows == n_tokens { x } else { x.slice([0..batch, 0..n_rows, 0..width]) }
        };
        match self.placement {
            NormPlacement::Post => {
                let rows = first(tokens.clone());
                let mixed = self.attention.forward(rows.clone(), tokens, mask, noise, self.rate);
                let rows = self.attention_norm.forward(rows + noise.dropout(mixed, self.rate));
                let hidden = gelu(of_tokens(&self.widen, rows.clone()));
                let mapped = of_tokens(&self.narrow, hidden);
                self.perceptron_norm.forward(rows + noise.dropout(mapped, self.rate))
            }
            NormPlacement::Pre => {
                let rows = first(tokens.clone());
                let normed = self.attention_norm.forward(tokens);
                let asking = first(normed.clone());
                let mixed = self.attention.forward(asking, normed, mask, noise, 0.0);
                let rows = rows + noise.dropout(mixed, self.rate);
                let hidden =
                    gelu(of_tokens(&self.widen, self.perceptron_norm.forward(rows.clone())));
                let mapped = of_tokens(&self.narrow, noise.dropout(hidden, self.rate));
                rows + noise.dropout(mapped, self.rate)
            }
        }
    }

    /// The attention weights over `tokens`, `[batch, heads, tokens, tokens]`.
    pub fn weights(&self, tokens: Tensor<3>, mask: &PaddingMask) -> Tensor<4> {
        let seen = match self.placement {
            NormPlacement::Post => tokens,
            NormPlacement::Pre => self.attention_norm.forward(tokens),
        };
        self.attention.weights(seen.clone(), seen, mask)
    }
}

/// A layer norm as the paper's models have it.
fn norm(initial: &mut Initial, placement: NormPlacement, width: usize) -> LayerNorm {
    match placement {
        NormPlacement::Post => initial.scaling_norm(width),
        NormPlacement::Pre => initial.layer_norm(width),
    }
}
