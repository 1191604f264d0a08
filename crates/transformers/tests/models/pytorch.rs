//! Both models against PyTorch: logits, loss, and the norm of every gradient, on weights that both sides
//! can write down, without dropout and with masks that both sides can write down. The reference is
//! `crates/peers/peer/pytorch.py reference`, written from what the paper and its authors' settings say.

#![expect(clippy::unreadable_literal, reason = "as PyTorch prints them")]
#![expect(clippy::excessive_precision, reason = "as PyTorch prints them")]

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use mirrorhead_transformers::{
    ImageBatch, Noise, TextClassifierConfig, TokenBatch, Trainable, VisionTransformerConfig,
};

/// What PyTorch says of a model.
struct Reference<const LOGITS: usize, const PARAMETERS: usize> {
    /// Without dropout.
    logits: [f32; LOGITS],
    /// Without dropout, and with the [masks] of both sides.
    losses: [f64; 2],
    /// Of every parameter, in order, likewise.
    gradients: [[f64; PARAMETERS]; 2],
}

const TEXT: Reference<2, 19> = Reference {
    logits: [8.2237378e-02, 1.2688056e-01],
    losses: [1.4114721e+00, 1.4297591e+00],
    gradients: [
        [
            1.7167836e-01,
            1.0771837e-01,
            1.0111577e-02,
            9.5025208e-03,
            3.0033696e-02,
            7.3558584e-02,
            2.5923935e-01,
            4.0213298e-02,
            1.8943459e-03,
            4.5543778e-01,
            6.6396105e-03,
            6.2451274e-03,
            1.2070420e-01,
            1.1484126e-01,
            3.3146292e-01,
            2.7315004e-02,
            2.6393762e-02,
            2.5970364e-01,
            3.1988871e-01,
        ],
        [
            1.5479596e-01,
            1.2228406e-01,
            2.7146249e-03,
            2.7302743e-03,
            2.8418658e-02,
            7.5017132e-02,
            1.8977936e-01,
            6.2089331e-02,
            1.7611966e-02,
            3.7936583e-01,
            5.7084509e-03,
            5.8939550e-03,
            1.0292683e-01,
            7.1671061e-02,
            4.3829802e-01,
            3.5545100e-02,
            3.1582911e-02,
            3.6158162e-01,
            4.2299399e-01,
        ],
    ],
};

const VISION: Reference<6, 34> = Reference {
    logits: [
        1.0163207e-01,
        -1.1958171e-02,
        -1.1992434e-01,
        1.0111956e-01,
        -1.1743445e-02,
        -1.1908332e-01,
    ],
    losses: [1.1020880e+00, 1.1007960e+00],
    gradients: [
        [
            2.0353250e-02,
            4.5225047e-02,
            5.8959492e-02,
            5.5425681e-02,
            3.2022737e-05,
            8.9693836e-05,
            1.9582009e-03,
            1.9052139e-02,
            2.0120563e-02,
            4.0293634e-03,
            2.3289199e-03,
            1.3187088e-03,
            1.1773959e-03,
            9.3119526e-03,
            2.0306727e-02,
            1.7837035e-03,
            1.8646669e-03,
            1.2781314e-06,
            3.5143992e-06,
            1.6206858e-03,
            1.7047746e-02,
            2.0753704e-02,
            2.4294197e-03,
            2.8755784e-03,
            1.3537836e-03,
            1.3580800e-03,
            6.8505253e-03,
            2.0565974e-02,
            2.1002195e-03,
            2.0943522e-03,
            6.8060808e-02,
            6.3777216e-02,
            4.4856575e-01,
            4.0915531e-01,
        ],
        [
            2.5647294e-02,
            9.4971932e-02,
            1.6557519e-01,
            1.2225258e-01,
            1.5718546e-05,
            1.0564609e-04,
            1.0182055e-02,
            2.6215423e-02,
            2.5838528e-02,
            9.7646127e-03,
            1.7351907e-02,
            4.6194880e-03,
            3.9919280e-03,
            3.3605276e-03,
            1.9816769e-02,
            5.2806986e-03,
            4.6924716e-03,
            1.0432791e-05,
            7.5911797e-05,
            1.1852041e-02,
            2.9247940e-02,
            3.5469338e-02,
            1.7668681e-02,
            2.2032602e-02,
            1.6633255e-02,
            1.6649945e-02,
            7.6429769e-03,
            4.5994282e-02,
            1.6918866e-02,
            1.3235772e-02,
            6.7958310e-02,
            8.1364542e-02,
            4.3424347e-01,
            4.1996840e-01,
        ],
    ],
};

/// The masks of dropout at rate 0.2: in call number `call`, entry `k` is dropped if 5 divides `7 k + 3 call`.
fn masks(call: usize, n: usize) -> Vec<f32> {
    (0..n).map(|k| if (7 * k + 3 * call).is_multiple_of(5) { 0.0 } else { 1.25 }).collect()
}

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

fn gradient_norms<M: Trainable>(model: &M, batch: &M::Batch, noise: &mut Noise) -> (f64, Vec<f64>) {
    let total = model.loss(batch, noise).total;
    let objective = M::OBJECTIVE.part(total, M::size(batch));
    let gradients = GradientsParams::from_grads(objective.backward(), model);
    let mut norms = Norms(&gradients, Vec::new());
    model.visit(&mut norms);
    (f64::from(objective.into_scalar::<f32>()), norms.1)
}

/// Compares a model that was filled with waves.
fn assert_agrees<M: Trainable, const L: usize, const P: usize>(
    model: &M,
    batch: &M::Batch,
    logits: &[f32],
    reference: &Reference<L, P>,
) {
    assert_close("logit", &wide(logits), &wide(&reference.logits));
    for (mode, mut noise) in [Noise::Off, Noise::Masks { calls: 0, masks }].into_iter().enumerate()
    {
        let (loss, norms) = gradient_norms(model, batch, &mut noise);
        assert_close("loss", &[loss], &[reference.losses[mode]]);
        assert_close("gradient", &norms, &reference.gradients[mode]);
    }
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
        dropout: 0.2,
    };
    let model = config.init(1, &Device::flex().autodiff()).unwrap().map(&mut Fill(0.0));
    let batch = TokenBatch {
        ids: vec![2, 5, 7, 1, 9, 3, 4, 10, 6, 8, 0, 0],
        lengths: vec![6, 4],
        labels: vec![1, 0],
    };
    let logits: Vec<f32> = model.logits(&batch, &mut Noise::Off).into_data().try_to_vec().unwrap();
    assert_agrees(&model, &batch, &logits, &TEXT);
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
        dropout: 0.2,
    };
    let model = config.init(1, &Device::flex().autodiff()).unwrap().map(&mut Fill(0.0));
    let batch = ImageBatch { pixels: wave(2 * 3 * 64, 0.0), side: 8, labels: vec![2, 0] };
    let logits: Vec<f32> = model.logits(&batch, &mut Noise::Off).into_data().try_to_vec().unwrap();
    assert_agrees(&model, &batch, &logits, &VISION);
}
