//! The mask that keeps attention off padding.

use burn::tensor::{Device, Tensor, TensorData};

/// What a logit of padding is lowered by: its weight underflows to zero in f32, and a row that is all
/// padding stays finite.
const MASKED_LOGIT: f32 = -1e4;

/// Keeps attention off the positions at and after the length of each sequence.
#[derive(Debug, Clone)]
pub struct PaddingMask(Option<Tensor<4>>);

impl PaddingMask {
    /// The mask of sequences of these lengths, padded to `longest`.
    pub fn new(lengths: &[usize], longest: usize, device: &Device) -> Self {
        if lengths.iter().all(|length| *length >= longest) {
            return Self(None);
        }
        let row = |length: &usize| {
            let length = *length;
            (0..longest).map(move |t| if t < length { 0.0 } else { MASKED_LOGIT })
        };
        let entries: Vec<f32> = lengths.iter().flat_map(row).collect();
        let data = TensorData::new(entries, [lengths.len(), 1, 1, longest]);
        Self(Some(Tensor::from_data(data, device)))
    }

    /// Nothing is padding.
    pub fn none() -> Self {
        Self(None)
    }

    /// Lowers the logits `[batch, heads, queries, keys]` of the keys that are padding.
    pub fn lower(&self, logits: Tensor<4>) -> Tensor<4> {
        match &self.0 {
            None => logits,
            Some(mask) => logits + mask.clone(),
        }
    }
}
