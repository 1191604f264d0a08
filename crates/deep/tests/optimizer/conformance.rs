//! The conformance test of the core's methods, on the framework's tensors.

use burn::optim::Optimizer;
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use mirrorhead_deep::Composed;
use mirrorhead_mirror::{
    Direction, Dual, ElasticNetPotential, Gradient, MaxNorm, Memory, Method, MirrorDescent, Primal,
    Space, Steepest, StepSize, Trial, conformance,
};

use crate::draws::gaussians;

fn run(trial: &Trial<'_>, width: FloatDType) -> Vec<Vec<f64>> {
    match (trial.case.norm(), trial.case.potential()) {
        (None, None) => steps(trial, Gradient, Primal, width),
        (None, Some(psi)) => steps(trial, Gradient, Dual(psi), width),
        (Some(norm), None) => steps(trial, Steepest(norm), Primal, width),
        (Some(norm), Some(psi)) => steps(trial, Steepest(norm), Dual(psi), width),
    }
}

fn steps<A, S>(trial: &Trial<'_>, direction: A, space: S, width: FloatDType) -> Vec<Vec<f64>>
where
    A: Direction + Clone + Send + 'static,
    S: Space + Clone + Send + 'static,
{
    let method = Method::compose(direction, trial.case.step_size(), space);
    let method = Composed::new(method.with_memory(trial.case.memory())).expect("of one tensor");
    let (nrows, ncols) = trial.shape.size;
    let tensor = |numbers: &[f64]| {
        let data = TensorData::new(numbers.to_vec(), [nrows, ncols]);
        // They fit single precision, which this reads them in.
        Tensor::<2>::from_data(data, &Device::flex()).cast(width)
    };
    let (mut weights, mut state) = (tensor(&trial.start), None);
    let step = |gradient: &Vec<f64>| {
        (weights, state) = method.step(trial.rate, weights.clone(), tensor(gradient), state.take());
        weights.to_data().iter::<f64>().collect()
    };
    let path = trial.gradients.iter().map(step).collect();
    assert_eq!(method.refused_updates().count(), 0);
    path
}

#[test]
fn sweeps_over_memory_conform() {
    let rounding = f64::from(f32::EPSILON);
    conformance(rounding, |trial| run(trial, FloatDType::F32)).expect("what formulas say");
}

#[test]
fn tensor_operations_conform() {
    conformance(f64::EPSILON, |trial| run(trial, FloatDType::F64)).expect("what formulas say");
}

/// Sparse changes of pretrained weights: 3 of 200 are other in truth, and only those move.
#[test]
fn linearized_bregman_around_the_start_changes_few_weights_and_no_other_by_a_bit() {
    let numbers = |count: usize, seed: u64| -> Vec<f64> {
        gaussians(count, 1.0, seed).into_iter().map(f64::from).collect()
    };
    let (rows, columns) = (60, 200);
    let (a, start) = (numbers(rows * columns, 1), numbers(columns, 2));
    let mut truth = start.clone();
    for (k, change) in [(3, 1.5), (70, -2.0), (141, 1.0)] {
        truth[k] += change;
    }
    let device = Device::flex();
    let vector =
        |x: &[f64]| Tensor::<2>::from_data(TensorData::new(x.to_vec(), [columns, 1]), &device);
    let a = Tensor::<2>::from_data(TensorData::new(a, [rows, columns]), &device);
    let target = a.clone().matmul(vector(&truth));
    let elastic = ElasticNetPotential::new(5.0).expect("a threshold");
    let methods = [
        ("LinBreg", MirrorDescent::new(elastic, StepSize::Constant(1.0)), 0.002),
        (
            "AdaBreg",
            MirrorDescent::new(elastic, StepSize::Constant(1.0))
                .with_memory(Memory::Moments { mean: 0.9, square: 0.999 }),
            0.02,
        ),
    ];
    for (name, method, rate) in methods {
        let method = Composed::new(method).expect("of one tensor").around_start();
        let (mut weights, mut state) = (vector(&start), None);
        for _ in 0..3_000 {
            let residual = a.clone().matmul(weights.clone()) - target.clone();
            let gradient = a.clone().transpose().matmul(residual);
            (weights, state) = method.step(rate, weights, gradient, state);
        }
        let before: Vec<_> = vector(&start).to_data().iter::<f32>().collect();
        let after: Vec<_> = weights.to_data().iter::<f32>().collect();
        let changed: Vec<_> = (0..columns).filter(|k| before[*k] != after[*k]).collect();
        let residual = |w: Tensor<2>| -> f64 {
            let residual: f32 = (a.clone().matmul(w) - target.clone()).abs().max().into_scalar();
            residual.into()
        };
        let left = residual(weights) / residual(vector(&start));
        assert!(left < 0.1, "{name} leaves {left} of the residual");
        assert!([3, 70, 141].iter().all(|k| changed.contains(k)), "{name}: {changed:?}");
        // With moments every entry goes at the same pace, and few changes are nobody's promise.
        if name == "LinBreg" {
            assert!(changed.len() <= 10, "{name} changes {changed:?}");
            for k in 0..columns {
                assert!((f64::from(after[k]) - truth[k]).abs() < 0.05, "{name}, entry {k}");
            }
        }
        assert_eq!(method.refused_updates().count(), 0);
    }
}

/// Rules that need more than a tensor are refused when they are built.
#[test]
fn rules_of_several_tensors_or_the_risk_are_refused() {
    let method = |step: StepSize| Composed::new(Method::compose(Steepest(MaxNorm), step, Primal));
    assert!(method(StepSize::Polyak { lower_bound: 0.0 }).is_err());
    assert!(method(StepSize::GloballyNormalized(1.0)).is_err());
    assert!(method(StepSize::Constant(f64::NAN)).is_err());
    assert!(method(StepSize::Constant(1.0)).is_ok());
}
