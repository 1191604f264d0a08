//! Tensors of random numbers, each from its seed.

use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};

/// Gaussian numbers of size `scale`.
pub fn gaussians(count: usize, scale: f32, seed: u64) -> Vec<f32> {
    let mut stream = ChaCha12Rng::seed_from_u64(seed);
    let draw = |_| {
        let x: f32 = StandardNormal.sample(&mut stream);
        scale * x
    };
    (0..count).map(draw).collect()
}

/// A tensor of these numbers in the processor's memory.
pub fn tensor<const D: usize>(numbers: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &Device::flex())
}

/// The numbers of a tensor.
pub fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().try_to_vec().expect("a tensor of f32")
}
