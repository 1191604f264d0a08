//! A linear map of every token, as one product of matrices.

use burn::nn::Linear;
use burn::tensor::Tensor;

/// Applies `map` to every token of `[batch, tokens, width]`.
///
/// All tokens are rows of one matrix, so that the map is one product, and so is its gradient: a product
/// for each sequence would leave a gradient for each, to be summed.
pub fn of_tokens(map: &Linear, tokens: Tensor<3>) -> Tensor<3> {
    let [batch, n_tokens, width] = tokens.dims();
    let mapped = map.forward(tokens.reshape([batch * n_tokens, width]));
    let [_, n_out] = mapped.dims();
    mapped.reshape([batch, n_tokens, n_out])
}
