//! Softmax-attention data, risks and gradients that survive saturation.
