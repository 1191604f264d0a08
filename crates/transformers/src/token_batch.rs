//! A batch of padded token sequences with their labels.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::PaddingMask;

/// Token sequences padded to a common length. Plain data, made on any thread; a model takes it to its
/// own device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    /// The token ids, row by row: `lengths.len()` rows of equal length.
    pub ids: Vec<i32>,
    /// How many ids of each row are no padding.
    pub lengths: Vec<usize>,
    /// The labels, 0 or 1.
    pub labels: Vec<u8>,
}

impl TokenBatch {
    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Length of the rows.
    pub fn longest(&self) -> usize {
        self.ids.len() / self.len().max(1)
    }

    pub(crate) fn ids_on(&self, device: &Device) -> Tensor<2, Int> {
        let data = TensorData::new(self.ids.clone(), [self.len(), self.longest()]);
        Tensor::from_data(data, device)
    }

    pub(crate) fn mask_on(&self, device: &Device) -> PaddingMask {
        PaddingMask::new(&self.lengths, self.longest(), device)
    }

    /// The labels as `$\pm 1$`.
    pub(crate) fn signs_on(&self, device: &Device) -> Tensor<1> {
        let sign = |label: &u8| if *label == 0 { -1.0_f32 } else { 1.0 };
        let signs: Vec<f32> = self.labels.iter().map(sign).collect();
        Tensor::from_data(TensorData::new(signs, [self.len()]), device)
    }
}
