//! One test for every backend: what it makes of every method is what the formulas say.

use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    ConformanceCase, Dual, Gradient, Method, Optimizer, Primal, Real, SliceState, Space, Steepest,
    StepSize, Trial, conformance,
};

/// The core: lists of matrices in double precision, with gradients that carry their scale.
fn on_matrices(trial: &Trial<'_>) -> Vec<Vec<f64>> {
    let case = trial.case;
    match (case.norm(), case.potential()) {
        (None, None) => run(trial, Gradient, Primal),
        (None, Some(psi)) => run(trial, Gradient, Dual(psi)),
        (Some(norm), None) => run(trial, Steepest(norm), Primal),
        (Some(norm), Some(psi)) => run(trial, Steepest(norm), Dual(psi)),
    }
}

fn run<S: Space>(
    trial: &Trial<'_>,
    direction: impl mirrorhead_mirror::Direction,
    space: S,
) -> Vec<Vec<f64>> {
    let step = match trial.case.step_size() {
        StepSize::Constant(length) => StepSize::Constant(length * trial.rate),
        StepSize::DualNormalized(length) => StepSize::DualNormalized(length * trial.rate),
        _ => panic!("no other rule is tried"),
    };
    let method = Method::compose(direction, step, space).with_memory(trial.case.memory());
    let (nrows, ncols) = trial.shape.size;
    let matrix = |rows: &[f64]| Matrix::from_fn(nrows, ncols, |i, j| rows[i * ncols + j]);
    let mut weights = [matrix(&trial.start)];
    let mut state = method.init(&weights).expect("valid");
    let step = |(k, gradient): (usize, &Vec<f64>)| {
        let mut gradient = LogScaled { log_scale: 0.0, value: matrix(gradient) };
        // The same gradient, in other parts.
        let shift = k as f64 % 3.0 - 1.0;
        gradient.log_scale = shift * std::f64::consts::LN_2;
        for x in gradient.value.as_mut_slice() {
            *x *= (-shift).exp2();
        }
        method.step(&mut state, &mut weights, &[gradient], 0.0).expect("finite");
        weights[0].transposed().as_slice().to_vec()
    };
    trial.gradients.iter().enumerate().map(step).collect()
}

fn on_slices<T: Real>(trial: &Trial<'_>) -> Vec<Vec<f64>> {
    let numbers = |x: &[f64]| x.iter().map(|x| T::near(*x)).collect::<Vec<T>>();
    let mut weights = numbers(&trial.start);
    let mut state = SliceState::start(&trial.method, &weights, trial.shape).expect("valid");
    let step = |gradient: &Vec<f64>| {
        let gradient = numbers(gradient);
        state.step(&trial.method, &mut weights, &gradient, trial.rate).expect("finite");
        weights.iter().map(|w| w.wide()).collect()
    };
    trial.gradients.iter().map(step).collect()
}

#[test]
fn the_core_conforms() {
    conformance(f64::EPSILON, on_matrices).expect("what formulas say");
}

#[test]
fn slices_conform_in_both_precisions() {
    conformance(f64::EPSILON, on_slices::<f64>).expect("what formulas say");
    conformance(f64::from(f32::EPSILON), on_slices::<f32>).expect("what formulas say");
}

/// The tolerance is that of the precision: what single precision does isn't taken for double.
#[test]
fn another_precision_or_rate_does_not_conform() {
    assert!(conformance(f64::EPSILON, on_slices::<f32>).is_err());
    let hurried = |trial: &Trial<'_>| {
        let trial = Trial {
            method: trial.method,
            case: trial.case,
            shape: trial.shape,
            start: trial.start.clone(),
            gradients: trial.gradients.clone(),
            rate: trial.rate * 1.001,
        };
        on_slices::<f32>(&trial)
    };
    assert!(conformance(f64::from(f32::EPSILON), hurried).is_err());
    assert!(ConformanceCase::all().len() > 60);
}
