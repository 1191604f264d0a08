//! Seeded initial weights; parameters are numbered in the order in which they are made.

use burn::module::{Param, ParamId};
use burn::nn::{Embedding, LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};

/// Draws the initial weights of a model from one ChaCha stream.
///
/// Parameters are numbered 1, 2, ... in the order in which they are made, so that two models built
/// alike have the same identifiers: what an optimizer remembers of one fits the other.
#[derive(Debug)]
pub struct Initial<'a> {
    stream: ChaCha8Rng,
    device: &'a Device,
    made: u64,
}

impl<'a> Initial<'a> {
    /// The weights of this seed, on `device`.
    pub fn new(seed: u64, device: &'a Device) -> Self {
        Self { stream: ChaCha8Rng::seed_from_u64(seed), device, made: 0 }
    }

    /// A linear map from `n_in` to `n_out` features without a bias, entries uniform in
    /// `$\pm 1/\sqrt{n_\text{in}}$`.
    pub fn linear(&mut self, n_in: usize, n_out: usize) -> Linear {
        Linear { weight: self.uniform([n_in, n_out], n_in), bias: None }
    }

    /// As [`linear`](Self::linear), with a bias drawn alike.
    pub fn affine(&mut self, n_in: usize, n_out: usize) -> Linear {
        let weight = self.uniform([n_in, n_out], n_in);
        Linear { weight, bias: Some(self.uniform([n_out], n_in)) }
    }

    /// `n` vectors of standard normal entries.
    pub fn embedding(&mut self, n: usize, width: usize) -> Embedding {
        Embedding { weight: self.normal([n, width]) }
    }

    /// A layer norm of scale 1 and shift 0.
    pub fn layer_norm(&mut self, width: usize) -> LayerNorm {
        let mut norm = LayerNormConfig::new(width).init(self.device);
        norm.gamma = self.parameter(Tensor::ones([width], self.device));
        norm.beta = Some(self.parameter(Tensor::zeros([width], self.device)));
        norm
    }

    /// A layer norm of scale 1, without a shift.
    pub fn scaling_norm(&mut self, width: usize) -> LayerNorm {
        let mut norm = LayerNormConfig::new(width).with_bias(false).init(self.device);
        norm.gamma = self.parameter(Tensor::ones([width], self.device));
        norm
    }

    /// A tensor of standard normal entries.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        self.drawn(shape, StandardNormal)
    }

    fn uniform<const D: usize>(&mut self, shape: [usize; D], n_in: usize) -> Param<Tensor<D>> {
        let bound = 1.0 / (n_in as f32).sqrt();
        let range = Uniform::new_inclusive(-bound, bound).expect("a positive number of features");
        self.drawn(shape, range)
    }

    fn drawn<const D: usize>(
        &mut self,
        shape: [usize; D],
        distribution: impl Distribution<f32>,
    ) -> Param<Tensor<D>> {
        let n = shape.iter().product();
        let entries: Vec<f32> = distribution.sample_iter(&mut self.stream).take(n).collect();
        let data = TensorData::new(entries, shape);
        self.parameter(Tensor::from_data(data, self.device))
    }

    fn parameter<const D: usize>(&mut self, value: Tensor<D>) -> Param<Tensor<D>> {
        self.made += 1;
        Param::initialized(ParamId::from(self.made), value).set_require_grad(true)
    }
}
