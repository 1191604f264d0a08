//! Cost of an optimizer's step over the parameters of the paper's 3-block IMDb model, and as a share
//! of a training step.
//!
//! `cargo bench -p mirrorhead-deep --bench optimizer`

use std::fmt;

use burn::module::{Module, Param};
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Distribution, Tensor};
use divan::Bencher;
use mirrorhead_deep::{FusedAdamConfig, MirrorDescentConfig, StepRule};

fn main() {
    divan::main();
}

/// What takes the step.
#[derive(Clone, Copy)]
enum Method {
    Nothing,
    Sgd,
    Adam,
    FusedAdam,
    MirrorDescent(f64, StepRule),
}

impl Method {
    fn init(self) -> ModuleOptimizer {
        match self {
            Self::Nothing | Self::Sgd => SgdConfig::new().init(),
            Self::Adam => AdamConfig::new().init(),
            Self::FusedAdam => FusedAdamConfig::new().init().expect("valid settings"),
            Self::MirrorDescent(p, rule) => {
                MirrorDescentConfig::new(p).with_step_rule(rule).init().expect("valid settings")
            }
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "no step"),
            Self::Sgd => write!(f, "Sgd"),
            Self::Adam => write!(f, "Adam"),
            Self::FusedAdam => write!(f, "FusedAdam"),
            Self::MirrorDescent(p, StepRule::DualNormalized) => write!(f, "p = {p}, normalized"),
            Self::MirrorDescent(p, _) => write!(f, "p = {p}"),
        }
    }
}

const METHODS: [Method; 10] = [
    Method::Sgd,
    Method::Adam,
    Method::FusedAdam,
    Method::MirrorDescent(1.1, StepRule::Unnormalized),
    Method::MirrorDescent(1.5, StepRule::Unnormalized),
    Method::MirrorDescent(1.7, StepRule::Unnormalized),
    Method::MirrorDescent(1.75, StepRule::Unnormalized),
    Method::MirrorDescent(2.0, StepRule::Unnormalized),
    Method::MirrorDescent(3.0, StepRule::Unnormalized),
    Method::MirrorDescent(1.1, StepRule::DualNormalized),
];

/// The matrices of a model, without the model.
#[derive(Module, Debug)]
struct Parameters {
    tensors: Vec<Param<Tensor<2>>>,
}

impl Parameters {
    /// Those of the paper's 3-block IMDb classifier: 17 million weights.
    fn imdb(device: &Device) -> Self {
        let block = [[384, 384], [384, 384], [384, 384], [384, 384], [384, 1536], [1536, 384]];
        let mut shapes = vec![[30_523, 384], [512, 384]];
        shapes.extend([block; 3].as_flattened());
        let gaussian = |shape| Tensor::random(shape, Distribution::Normal(0.0, 0.02), device);
        Self { tensors: shapes.into_iter().map(|s| Param::from_tensor(gaussian(s))).collect() }
    }

    fn gradients(&self) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        for tensor in &self.tensors {
            let device = tensor.val().device().inner();
            let gaussian = Distribution::Normal(0.0, 1e-3);
            gradients.register(tensor.id, Tensor::<2>::random(tensor.shape(), gaussian, &device));
        }
        gradients
    }
}

#[divan::bench(args = METHODS, sample_size = 1, sample_count = 15)]
fn step(bencher: Bencher<'_, '_>, method: &Method) {
    let mut optimizer = method.init();
    let device = Device::flex().autodiff();
    let mut model = Some(Parameters::imdb(&device));
    let first = model.as_ref().map(Parameters::gradients).expect("a model");
    model = model.map(|model| optimizer.step(1e-5, model, first));
    let like = Parameters::imdb(&device);
    let ids: Vec<_> = model.iter().flat_map(|m| &m.tensors).map(|t| t.id).collect();
    bencher
        .with_inputs(|| {
            let mut gradients = GradientsParams::new();
            for (id, tensor) in ids.iter().zip(&like.tensors) {
                let fresh = tensor.val().inner().mul_scalar(0.01);
                gradients.register(*id, fresh);
            }
            gradients
        })
        .bench_local_values(|gradients| {
            model = model.take().map(|model| optimizer.step(1e-5, model, gradients));
        });
}

/// A transformer of the paper's width with two blocks, and the mean square of its output as a loss.
#[divan::bench(
    args = [Method::Nothing, METHODS[0], METHODS[1], METHODS[2], METHODS[3], METHODS[8]],
    sample_size = 1,
    sample_count = 15,
)]
fn training(bencher: Bencher<'_, '_>, method: &Method) {
    let device = Device::flex().autodiff();
    let mut optimizer = method.init();
    let encoder = TransformerEncoderConfig::new(384, 1536, 3, 2).with_dropout(0.0).init(&device);
    let tokens = Tensor::<3>::random([4, 64, 384], Distribution::Normal(0.0, 1.0), &device);
    let mut model = Some(encoder);
    bencher.bench_local(|| {
        model = model.take().map(|model| {
            let gradients = gradients(&model, tokens.clone());
            match method {
                Method::Nothing => model,
                _ => optimizer.step(1e-5, model, gradients),
            }
        });
    });
}

fn gradients(model: &TransformerEncoder, tokens: Tensor<3>) -> GradientsParams {
    let output = model.forward(TransformerEncoderInput::new(tokens));
    GradientsParams::from_grads(output.square().mean().backward(), model)
}
