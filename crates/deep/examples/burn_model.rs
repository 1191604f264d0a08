//! A burn model of your own, trained by ℓp mirror descent: at p = 1.1 it finds the two inputs that matter.
//!
//! `cargo run -p mirrorhead-deep --example burn_model`

use burn::nn::{Initializer, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use mirrorhead_deep::MirrorDescentConfig;

/// Inputs of the model, of which these two make the targets.
const INPUTS: usize = 16;
const RELEVANT: [usize; 2] = [3, 7];

/// Fits 12 examples by 16 weights, sparsely and by gradient descent.
///
/// # Errors
/// An exponent that is none, for which the method is refused.
#[expect(clippy::disallowed_methods, reason = "any numbers would do")]
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    let numbers: Vec<f32> = (0..12 * 16).map(|k: u16| f32::from(k + 1).powi(2).sin()).collect();
    let inputs = Tensor::<2>::from_data(TensorData::new(numbers, [12, INPUTS]), &device);
    let [plus, minus] = RELEVANT;
    let targets = inputs.clone().narrow(1, plus, 1) - inputs.clone().narrow(1, minus, 1);

    let train = |p: f64, rate: f64| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let method = MirrorDescentConfig::new(p).build()?;
        let refused = method.refused_updates();
        let mut optimizer = ModuleOptimizer::from(method);
        let mut model =
            LinearConfig::new(INPUTS, 1).with_initializer(Initializer::Zeros).init(&device);
        for _ in 0..1_000 {
            let loss = (model.forward(inputs.clone()) - targets.clone()).square().mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(rate, model, gradients);
        }
        assert_eq!(refused.count(), 0);
        Ok(model.weight.val().into_data().try_into_vec::<f32>()?)
    };
    let others = |w: &[f32]| {
        let others = (0..INPUTS).filter(|k| !RELEVANT.contains(k));
        others.map(|k| w[k].abs()).fold(0.0, f32::max)
    };

    let sparse = train(1.1, 0.02)?;
    let spread = train(2.0, 0.1)?;
    println!("p = 1.1: weights {sparse:.3?}");
    println!("p = 2:   weights {spread:.3?}");
    assert!((sparse[plus] - 1.0).abs() < 0.01 && (sparse[minus] + 1.0).abs() < 0.01);
    assert!(others(&sparse) < 0.01 && others(&spread) > 0.2);
    Ok(())
}
