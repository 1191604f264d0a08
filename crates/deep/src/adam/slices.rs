//! A step of Adam on numbers in the processor's memory, in place.

use burn::tensor::Tensor;
use mirrorhead_kernels::simd_dispatch;
use rayon::prelude::*;

use super::coefficients::Coefficients;
use super::moments::AdamMoments;
use crate::memory::{numbers, numbers_mut};

/// The step for tensors of 32-bit numbers in the processor's memory. Tensor operations would each walk that memory; this
/// walks it once.
pub(super) fn step<const D: usize>(
    coefficients: &Coefficients<f64>,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    moments: AdamMoments<D>,
) -> (Tensor<D>, AdamMoments<D>) {
    let device = weights.device();
    let (mut weights, gradient) = (weights.into_data(), gradient.into_data());
    let (mut mean, mut square) = (moments.mean.into_data(), moments.square.into_data());
    let tensor = AdamSlices {
        weights: numbers_mut(&mut weights),
        mean: numbers_mut(&mut mean),
        square: numbers_mut(&mut square),
        gradient: numbers(&gradient),
    };
    tensor.step(&coefficients.single());
    let tensor = |data| Tensor::from_data(data, &device);
    let moments = AdamMoments { mean: tensor(mean), square: tensor(square), steps: moments.steps };
    (tensor(weights), moments)
}

/// Entries that one thread takes at a time: a tenth of a millisecond of work, which a thread pays for.
const CHUNK: usize = 1 << 16;

/// The same entries of everything that a step reads and writes.
struct AdamSlices<'a> {
    weights: &'a mut [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    gradient: &'a [f32],
}

impl AdamSlices<'_> {
    /// Takes the step on all threads: entries know nothing of each other, so that it is bitwise the same on any number.
    fn step(self, coefficients: &Coefficients<f32>) {
        let weights = self.weights.par_chunks_mut(CHUNK).zip(self.gradient.par_chunks(CHUNK));
        let moments = self.mean.par_chunks_mut(CHUNK).zip(self.square.par_chunks_mut(CHUNK));
        weights.zip(moments).for_each(|((weights, gradient), (mean, square))| {
            AdamSlices { weights, mean, square, gradient }.sweep(coefficients);
        });
    }

    /// Takes the step on this thread.
    fn sweep(self, c: &Coefficients<f32>) {
        simd_dispatch(
            #[inline(always)]
            || {
                let weights = self.weights.iter_mut().zip(self.gradient);
                for ((w, g), (m, v)) in weights.zip(self.mean.iter_mut().zip(self.square)) {
                    let g = *g + c.penalty * *w;
                    *m = c.mean[0] * *m + c.mean[1] * g;
                    *v = c.square[0] * *v + c.square[1] * (g * g);
                    *w = c.factor * *w - c.step * *m / (c.root * v.sqrt() + c.epsilon);
                }
            },
        );
    }
}
