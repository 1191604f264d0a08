//! A small model to train: two layers, and a matrix that only one of them sees.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Tensor};

use crate::draws::{gaussians, numbers, tensor};

#[derive(Module, Debug)]
pub struct Network {
    attention: Linear,
    output: Linear,
}

impl Network {
    /// With weights and identities that do not depend on any global generator.
    pub fn new(seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let layer = |d_in: usize, d_out: usize, seed: u64| {
            let mut layer = LinearConfig::new(d_in, d_out).init(&device);
            let weights = tensor::<2>(&gaussians(d_in * d_out, 0.3, seed), [d_in, d_out]);
            layer.weight = Param::initialized(layer.weight.id, on_tape(weights));
            let bias = layer.bias.expect("a bias");
            let zeros = tensor::<1>(&vec![0.0; d_out], [d_out]);
            layer.bias = Some(Param::initialized(bias.id, on_tape(zeros)));
            layer
        };
        Self { attention: layer(5, 4, seed), output: layer(4, 2, seed + 1) }
    }

    /// The gradients of a loss that depends on `step`.
    pub fn gradients(&self, step: u64) -> GradientsParams {
        let device = Device::flex().autodiff();
        let draw = |count, shape, seed| {
            Tensor::<2>::from_inner(tensor(&gaussians(count, 1.0, seed), shape)).to_device(&device)
        };
        let (input, target) = (draw(30, [6, 5], 1_000 + step), draw(12, [6, 2], 2_000 + step));
        let output = self.output.forward(tanh(self.attention.forward(input)));
        let loss = (output - target).square().mean();
        GradientsParams::from_grads(loss.backward(), self)
    }

    /// Gradients that depend on `step` alone, not on the weights.
    pub fn fixed_gradients(&self, step: u64) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        for (seed, layer) in [(0, &self.attention), (1, &self.output)] {
            let [d_in, d_out] = layer.weight.dims();
            let draw = |count, seed| gaussians(count, 1.0, 10_000 + 10 * step + seed);
            let bias = layer.bias.as_ref().expect("a bias");
            let weight = tensor::<2>(&draw(d_in * d_out, seed), [d_in, d_out]);
            gradients.register(layer.weight.id, weight);
            gradients.register(bias.id, tensor::<1>(&draw(d_out, 2 + seed), [d_out]));
        }
        gradients
    }

    /// The weights and bias of the attention layer, then those of the output layer.
    pub fn weights(&self) -> [Vec<f32>; 4] {
        let bias = |layer: &Linear| numbers(&layer.bias.as_ref().expect("a bias").val().inner());
        let weight = |layer: &Linear| numbers(&layer.weight.val().inner());
        [weight(&self.attention), bias(&self.attention), weight(&self.output), bias(&self.output)]
    }
}

fn on_tape<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    Tensor::from_inner(tensor).require_grad()
}
