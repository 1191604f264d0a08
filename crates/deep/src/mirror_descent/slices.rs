//! A step of mirror descent on numbers in the processor's memory, in two sweeps.

use burn::tensor::{Tensor, TensorData};

use super::piece::{PIECE, Piece, map};
use super::stride::Stride;
use super::{DualState, MirrorDescent};

/// The step of [`MirrorDescent`] for tensors of 32-bit numbers in the processor's memory, in place.
/// Tensor operations would each walk that memory; this walks it twice: to see where the step leads,
/// and to take it. Powers are of double precision.
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
        None => mirrored(method, &weights),
    });
    let mut memory = method.momentum.coefficient().map(|_| match state.momentum {
        Some(memory) => memory.into_data(),
        None => TensorData::zeros::<f32, _>(weights.shape().clone()),
    });
    let stride = Stride::new(method, rate, numbers(&gradient));
    let mut pieces = pieces(&mut weights, dual.as_mut(), memory.as_mut(), &gradient);
    let reach = |piece: &mut Piece<'_>| {
        if known {
            piece.reconcile(method.norm);
        }
        piece.reach(&stride)
    };
    let reach = pieces.iter_mut().map(reach).max().unwrap_or(0);
    let to_primal = method.norm.inverse_mirror_power();
    let mut largest = [0.0];
    map(to_primal, &[f32::from_bits(reach)], &mut largest);
    if largest[0].is_finite() {
        for piece in &mut pieces {
            piece.advance(&stride, to_primal);
        }
    } else {
        method.refused.add_one();
    }
    let tensor = |data| Tensor::from_data(data, &device);
    (tensor(weights), DualState { dual: dual.map(tensor), momentum: memory.map(tensor) })
}

/// $\nabla\psi(w)$.
fn mirrored(method: &MirrorDescent, weights: &TensorData) -> TensorData {
    let mut dual = vec![0.0; weights.num_elements()];
    map(method.norm.mirror_power(), numbers(weights), &mut dual);
    TensorData::new(dual, weights.shape().clone())
}

/// Cuts tensors of one shape into pieces.
fn pieces<'a>(
    weights: &'a mut TensorData,
    dual: Option<&'a mut TensorData>,
    memory: Option<&'a mut TensorData>,
    gradient: &'a TensorData,
) -> Vec<Piece<'a>> {
    let cut = |data: &'a mut TensorData| numbers_mut(data).chunks_mut(PIECE);
    let (mut dual, mut memory) = (dual.map(cut), memory.map(cut));
    let pairs = numbers_mut(weights).chunks_mut(PIECE).zip(numbers(gradient).chunks(PIECE));
    let piece = |(weights, gradient)| Piece {
        weights,
        dual: dual.as_mut().and_then(Iterator::next),
        memory: memory.as_mut().and_then(Iterator::next),
        gradient,
    };
    pairs.map(piece).collect()
}

const READABLE: &str = "32-bit numbers in the processor's memory are read as they are";

fn numbers(data: &TensorData) -> &[f32] {
    data.as_slice().expect(READABLE)
}

fn numbers_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect(READABLE)
}
