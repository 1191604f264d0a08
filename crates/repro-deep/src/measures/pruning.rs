//! Pruning by magnitude: what is left of keys, queries and values when only the largest stay.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use mirrorhead_transformers::EncoderBlock;

/// Keeps only this share of the entries of every key, query and value map of encoder blocks, rounded to the nearest
/// number of entries: the largest in size, the first of equals. The others become zero.
pub fn keep_largest(blocks: &mut [EncoderBlock], share: f64) {
    for block in blocks {
        let attention = &mut block.attention;
        for map in [&mut attention.keys, &mut attention.queries, &mut attention.values] {
            map.weight = pruned(&map.weight, share);
        }
    }
}

fn pruned(weight: &Param<Tensor<2>>, share: f64) -> Param<Tensor<2>> {
    let tensor = weight.val();
    let mut entries = tensor.to_data().try_into_vec::<f32>().unwrap_or_default();
    zero_smaller(&mut entries, share);
    let data = TensorData::new(entries, tensor.shape());
    let device = tensor.device();
    Param::initialized(weight.id, Tensor::from_data(data, &device)).set_require_grad(true)
}

/// Zeros all but the largest in size, the first of equals.
fn zero_smaller(entries: &mut [f32], share: f64) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|i, k| entries[*k].abs().total_cmp(&entries[*i].abs()));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let kept = (share * entries.len() as f64).round() as usize;
    for smaller in order.iter().skip(kept) {
        entries[*smaller] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use mirrorhead_transformers::{Noise, TextClassifier, TextClassifierConfig, TokenBatch};

    use super::*;

    #[test]
    fn the_largest_stay_as_they_are_and_the_first_of_equals() {
        let of = |share| {
            let mut entries = [0.5, -2.0, 0.1, 2.0, -0.5];
            zero_smaller(&mut entries, share);
            entries
        };
        assert_eq!(of(1.0), [0.5, -2.0, 0.1, 2.0, -0.5]);
        assert_eq!(of(0.6), [0.5, -2.0, 0.0, 2.0, 0.0]);
        assert_eq!(of(0.2), [0.0, -2.0, 0.0, 0.0, 0.0]);
        assert_eq!(of(0.0), [0.0; 5]);
    }

    #[test]
    fn without_values_the_first_token_is_all_that_is_read() {
        let sizes = TextClassifierConfig {
            width: 8,
            n_heads: 2,
            hidden: 16,
            ..TextClassifierConfig::paper(20, 1)
        };
        let model = sizes.init(1, &Device::flex()).unwrap();
        let batch =
            TokenBatch { ids: vec![2, 7, 3, 2, 9, 5], lengths: vec![3, 3], labels: vec![1, 0] };
        let logits = |share| -> Vec<f32> {
            let mut pruned: TextClassifier = model.clone();
            keep_largest(&mut pruned.blocks, share);
            pruned.logits(&batch, &mut Noise::Off).into_data().try_into_vec().unwrap()
        };
        let whole: Vec<f32> =
            model.logits(&batch, &mut Noise::Off).into_data().try_into_vec().unwrap();
        assert!(whole[0] != whole[1] && logits(1.0) == whole);
        let nothing = logits(0.0);
        assert_eq!(nothing[0], nothing[1]);
    }
}
