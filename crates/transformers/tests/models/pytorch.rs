//! Both models against PyTorch: logits, loss, and the norm of every gradient, on weights that both sides
//! can write down. The reference is `crates/peers/peer/pytorch.py reference`.

#![expect(clippy::unreadable_literal, reason = "as PyTorch prints them")]
#![expect(clippy::excessive_precision, reason = "as PyTorch prints them")]

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use mirrorhead_transformers::{
    ImageBatch, Noise, TextClassifierConfig, TokenBatch, Trainable, VisionTransformerConfig,
};

const TEXT_LOGITS: [f32; 2] = [2.5625122e-01, 3.0119011e-01];
const TEXT_LOSS: f64 = 1.4282463;
const TEXT_GRADIENTS: [f64; 23] = [
    2.1495081e-01,
    1.1337827e-01,
    8.5078068e-03,
    7.8322543e-03,
    4.0794559e-02,
    8.8032328e-02,
    3.6361712e-01,
    6.3986585e-02,
    7.5411029e-02,
    9.2375744e-03,
    1.3580611e-01,
    9.9402107e-02,
    3.9443262e-03,
    2.9846618e-03,
    7.8179680e-02,
    4.7749158e-02,
    1.1952528e-01,
    5.6188166e-02,
    1.2275381e-02,
    1.0925112e-02,
    2.8358442e-01,
    9.6744061e-02,
    2.8489274e-01,
];
const VISION_LOGITS: [f32; 6] =
    [1.0163213e-01, -1.1958119e-02, -1.1992428e-01, 1.0111956e-01, -1.1743437e-02, -1.1908329e-01];
const VISION_LOSS: f64 = 1.1020880;
const VISION_GRADIENTS: [f64; 34] = [
    2.0353248e-02,
    4.5225099e-02,
    5.8959581e-02,
    5.5425756e-02,
    3.2022686e-05,
    8.9693705e-05,
    1.9582061e-03,
    1.9052140e-02,
    2.0120556e-02,
    4.0293587e-03,
    2.3289353e-03,
    1.3187167e-03,
    1.1774029e-03,
    9.3119536e-03,
    2.0306729e-02,
    1.7837173e-03,
    1.8646768e-03,
    1.2780602e-06,
    3.5142664e-06,
    1.6206955e-03,
    1.7047752e-02,
    2.0753706e-02,
    2.4294283e-03,
    2.8755954e-03,
    1.3537902e-03,
    1.3580866e-03,
    6.8505243e-03,
    2.0565975e-02,
    2.1002342e-03,
    2.0943643e-03,
    6.8060808e-02,
    6.3777216e-02,
    4.4856578e-01,
    4.0915531e-01,
];

/// Entries of parameter or input `number`: `$\sin(0.7 k + \text{number}) / 3$`.
#[expect(clippy::cast_possible_truncation, reason = "the models are of single precision")]
fn wave(n: usize, number: f64) -> Vec<f32> {
    (0..n).map(|k| ((0.7 * k as f64 + number).sin() / 3.0) as f32).collect()
}

/// Replaces parameter number 1, 2, ... by a wave.
struct Fill(f64);

impl ModuleMapper for Fill {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1.0;
        let number = self.0;
        param.map(|tensor| {
            let data = TensorData::new(wave(tensor.shape().num_elements(), number), tensor.shape());
            Tensor::from_data(data, &tensor.device()).require_grad()
        })
    }
}

/// The norms of the gradients, in order.
struct Norms<'a>(&'a GradientsParams, Vec<f64>);

impl ModuleVisitor for Norms<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.0.get::<D>(param.id).expect("every parameter has a gradient");
        let entries: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
        self.1.push(entries.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt());
    }
}

fn gradient_norms<M: Trainable>(model: &M, batch: &M::Batch) -> (f64, Vec<f64>) {
    let total = model.loss(batch, &mut Noise::Off).total;
    let objective = M::OBJECTIVE.part(total, M::size(batch));
    let gradients = GradientsParams::from_grads(objective.backward(), model);
    let mut norms = Norms(&gradients, Vec::new());
    model.visit(&mut norms);
    (f64::from(objective.into_scalar::<f32>()), norms.1)
}

/// Both sides round to 24 bits after some hundreds of operations.
fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / largest;
        assert!(error < 2e-6, "{what} {i}: {found} instead of {expected}");
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|x| f64::from(*x)).collect()
}

#[test]
fn the_text_classifier_is_that_of_pytorch() {
    let config = TextClassifierConfig {
        vocabulary: 11,
        max_length: 6,
        width: 8,
        n_blocks: 2,
        n_heads: 2,
        hidden: 12,
        dropout: 0.0,
    };
    let model = config.init(1, &Device::flex().autodiff()).unwrap().map(&mut Fill(0.0));
    let batch = TokenBatch {
        ids: vec![2, 5, 7, 1, 9, 3, 4, 10, 6, 8, 0, 0],
        lengths: vec![6, 4],
        labels: vec![1, 0],
    };
    let logits: Vec<f32> = model.logits(&batch, &mut Noise::Off).into_data().try_to_vec().unwrap();
    assert_close("logit", &wide(&logits), &wide(&TEXT_LOGITS));
    let (loss, norms) = gradient_norms(&model, &batch);
    assert_close("loss", &[loss], &[TEXT_LOSS]);
    assert_close("gradient", &norms, &TEXT_GRADIENTS);
}

#[test]
fn the_vision_transformer_is_that_of_pytorch() {
    let config = VisionTransformerConfig {
        side: 8,
        patch: 4,
        n_classes: 3,
        width: 8,
        n_blocks: 2,
        n_heads: 2,
        hidden: 12,
        dropout: 0.0,
    };
    let model = config.init(1, &Device::flex().autodiff()).unwrap().map(&mut Fill(0.0));
    let batch = ImageBatch { pixels: wave(2 * 3 * 64, 0.0), side: 8, labels: vec![2, 0] };
    let logits: Vec<f32> = model.logits(&batch, &mut Noise::Off).into_data().try_to_vec().unwrap();
    assert_close("logit", &wide(&logits), &wide(&VISION_LOGITS));
    let (loss, norms) = gradient_norms(&model, &batch);
    assert_close("loss", &[loss], &[VISION_LOSS]);
    assert_close("gradient", &norms, &VISION_GRADIENTS);
}
