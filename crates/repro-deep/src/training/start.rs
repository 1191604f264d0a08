//! Where training starts from: initial weights, and what is made of them.

use burn::module::Param;
use burn::tensor::Tensor;
use mirrorhead_transformers::EncoderBlock;

/// Multiplies the keys, queries and values of encoder blocks that nobody has trained yet.
pub fn scale_attention(blocks: &mut [EncoderBlock], factor: f64) {
    for block in blocks {
        let attention = &mut block.attention;
        for map in [&mut attention.keys, &mut attention.queries, &mut attention.values] {
            map.weight = scaled(&map.weight, factor);
        }
    }
}

fn scaled(weight: &Param<Tensor<2>>, factor: f64) -> Param<Tensor<2>> {
    let tensor = weight.val().mul_scalar(factor).detach();
    Param::initialized(weight.id, tensor).set_require_grad(true)
}

#[cfg(test)]
mod tests {
    use burn::optim::GradientsParams;
    use burn::tensor::Device;
    use mirrorhead_transformers::{Noise, TextClassifierConfig, TokenBatch, Trainable};

    use super::*;

    #[test]
    fn maps_are_multiplied_and_still_trained() {
        let sizes = TextClassifierConfig {
            width: 8,
            n_heads: 2,
            hidden: 16,
            ..TextClassifierConfig::paper(20, 2)
        };
        let model = sizes.init(1, &Device::flex().autodiff()).unwrap();
        let mut small = model.clone();
        scale_attention(&mut small.blocks, 0.25);
        let entries = |map: &Param<Tensor<2>>| map.val().into_data().try_into_vec::<f32>().unwrap();
        for (whole, small) in model.blocks.iter().zip(&small.blocks) {
            let (whole, small) = (&whole.attention, &small.attention);
            let quarter: Vec<f32> = entries(&whole.keys.weight).iter().map(|w| 0.25 * w).collect();
            assert_eq!(entries(&small.keys.weight), quarter);
            assert_eq!(entries(&small.output.weight), entries(&whole.output.weight));
        }
        let batch = TokenBatch { ids: vec![2, 7, 3], lengths: vec![3], labels: vec![1] };
        let backward = small.loss(&batch, &mut Noise::Off).total.backward();
        let gradients = GradientsParams::from_grads(backward, &small);
        let values = small.blocks[0].attention.values.weight.id;
        assert!(gradients.get::<2>(values).is_some());
    }
}
