//! A step of mirror descent on numbers in the processor's memory, in two sweeps.

use burn::tensor::{Tensor, TensorData};
use mirrorhead_mirror::LpNorm;
use rayon::prelude::*;

use super::chunk::{Chunk, Scratch};
use super::dual_step::DualStep;
use super::signed_powers::{CHUNK, SignedPowers, signed_power};
use super::{DualState, MirrorDescent};

/// The step of [`MirrorDescent`] for tensors of 32-bit numbers in the processor's memory, in place.
/// Tensor operations would each walk that memory; this walks it twice: to see where the step leads,
/// and to take it.
pub(super) fn step<const D: usize>(
    method: &MirrorDescent,
    rate: f64,
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: DualState<D>,
) -> (Tensor<D>, DualState<D>) {
    let device = weights.device();
    let (mut weights, gradient) = (weights.into_data(), gradient.into_data());
    let known = state.dual.is_some();
    let mut dual = method.keeps_dual().then(|| match state.dual {
        Some(dual) => dual.into_data(),
        None => mirrored(method.norm, &weights),
    });
    let mut memory = method.momentum.coefficient().map(|_| match state.momentum {
        Some(memory) => memory.into_data(),
        None => TensorData::zeros::<f32, _>(weights.shape().clone()),
    });
    let dual_step = DualStep::new(method, rate, numbers(&gradient));
    let mut chunks = chunks(&mut weights, dual.as_mut(), memory.as_mut(), &gradient);
    let reach = sweep(&mut chunks, |chunk, scratch| {
        if known {
            chunk.reconcile(method.norm, scratch);
        }
        chunk.reach(&dual_step, scratch)
    });
    // The inverse mirror map is increasing: if it takes this to a number, it takes all to numbers.
    let reach = f32::from_bits(reach.unwrap_or(0));
    if signed_power(reach, method.norm.inverse_mirror_power()).is_finite() {
        sweep(&mut chunks, |chunk, scratch| chunk.advance(&dual_step, method.norm, scratch));
    } else {
        method.refused.add_one();
    }
    let tensor = |data| Tensor::from_data(data, &device);
    (tensor(weights), DualState { dual: dual.map(tensor), momentum: memory.map(tensor) })
}

/// `$\nabla\psi(w)$`.
fn mirrored(norm: LpNorm, weights: &TensorData) -> TensorData {
    let (mut dual, mut powers) =
        (Vec::with_capacity(weights.num_elements()), SignedPowers::default());
    for chunk in numbers(weights).chunks(CHUNK) {
        dual.extend_from_slice(powers.of(chunk, norm.mirror_power()));
    }
    TensorData::new(dual, weights.shape().clone())
}

/// Visits all chunks, on all threads where they are many, and returns the largest of what is said
/// about them.
fn sweep<R: Ord + Send>(
    chunks: &mut [Chunk<'_>],
    visit: impl Fn(&mut Chunk<'_>, &mut Scratch) -> R + Sync,
) -> Option<R> {
    if chunks.len() < PARALLEL_CHUNKS {
        let mut scratch = Scratch::default();
        return chunks.iter_mut().map(|chunk| visit(chunk, &mut scratch)).max();
    }
    let chunks = chunks.par_iter_mut().with_min_len(PARALLEL_CHUNKS / 2);
    chunks.map_init(Scratch::default, |scratch, chunk| visit(chunk, scratch)).max()
}

/// Chunks from which threads pay: a tenth of a millisecond of work.
const PARALLEL_CHUNKS: usize = 256;

/// Cuts tensors of one shape into chunks.
fn chunks<'a>(
    weights: &'a mut TensorData,
    dual: Option<&'a mut TensorData>,
    memory: Option<&'a mut TensorData>,
    gradient: &'a TensorData,
) -> Vec<Chunk<'a>> {
    let cut = |data: &'a mut TensorData| numbers_mut(data).chunks_mut(CHUNK);
    let (mut dual, mut memory) = (dual.map(cut), memory.map(cut));
    let pairs = numbers_mut(weights).chunks_mut(CHUNK).zip(numbers(gradient).chunks(CHUNK));
    let chunk = |(weights, gradient)| Chunk {
        weights,
        dual: dual.as_mut().and_then(Iterator::next),
        memory: memory.as_mut().and_then(Iterator::next),
        gradient,
    };
    pairs.map(chunk).collect()
}

const READABLE: &str = "32-bit numbers in the processor's memory are read as they are";

fn numbers(data: &TensorData) -> &[f32] {
    data.as_slice().expect(READABLE)
}

fn numbers_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect(READABLE)
}
