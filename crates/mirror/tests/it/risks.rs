//! Risks: gradients against central differences, and scales that no range of numbers holds.

use crate::grid::{inner, smooth_vector};
use mirrorhead_kernels::{DenseRows, KernelError, LinearOperator, LogScaled, Matrix};
use mirrorhead_mirror::{
    DiagonalNet, HypentropyPotential, LinearClassRisk, LinearRisk, Loss, MirrorDescent, Optimizer,
    Risk, RiskError, StepSize, risk_of,
};
use proptest::prelude::*;

const POINTS: usize = 5;
const DIM: usize = 3;

fn rows(entries: &[f64]) -> DenseRows {
    DenseRows::new(&Matrix::from_fn(POINTS, DIM, |j, k| entries[j * DIM + k]))
}

/// The gradient of `risk` at `at`, in plain numbers, beside central differences of its value.
fn check_gradient(name: &str, risk: &impl Risk, at: &[Matrix]) {
    let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
    let value = risk.value_and_gradient(at, &mut gradients, &mut work).expect("shapes that fit");
    assert_eq!(value, risk.value(at).expect("shapes that fit"), "{name}");
    for (b, gradient) in gradients.iter().enumerate() {
        for k in 0..at[b].len() {
            let h = 1e-5;
            let moved = |by: f64| {
                let mut at = at.to_vec();
                at[b].as_mut_slice()[k] += by;
                risk.value(&at).expect("shapes that fit")
            };
            let found = gradient.log_scale.exp() * gradient.value.as_slice()[k];
            let expected = (moved(h) - moved(-h)) / (2.0 * h);
            // h^2/6 times third derivatives, and eps/h times the value.
            let bound = 1e-8 * (1.0 + value.abs() + found.abs());
            assert!((found - expected).abs() < bound, "{name}, {b}, {k}: {found}, {expected}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_are_the_slopes_of_values(
        entries in smooth_vector(POINTS * DIM), w in smooth_vector(3 * DIM), v in smooth_vector(DIM),
    ) {
        let rows = rows(&entries);
        for loss in Loss::ALL {
            let linear = LinearRisk::new(&rows, loss).expect("finite rows");
            let at = Matrix::column(w[..DIM].to_vec()).expect("finite");
            check_gradient("linear", &linear, std::slice::from_ref(&at));
            let net = DiagonalNet::new(&linear);
            let other = Matrix::column(v.clone()).expect("finite");
            check_gradient("diagonal", &net, &[at, other]);
        }
        let classes = LinearClassRisk::new(&rows, &[0, 2, 1, 2, 0], 3).expect("finite rows");
        check_gradient("classes", &classes, &[Matrix::from_columns(DIM, 3, w).expect("finite")]);
    }

    #[test]
    fn two_classes_are_the_logistic_risk_of_their_difference(
        entries in smooth_vector(POINTS * DIM), w in smooth_vector(2 * DIM), far in 1.0..300.0f64,
    ) {
        let rows = rows(&entries);
        let classes = LinearClassRisk::new(&rows, &[1; POINTS], 2).expect("finite rows");
        let linear = LinearRisk::new(&rows, Loss::Logistic).expect("finite rows");
        let w: Vec<f64> = w.iter().map(|w| far * w).collect();
        let difference = Matrix::column((0..DIM).map(|k| w[DIM + k] - w[k]).collect()).expect("finite");
        let both = [Matrix::from_columns(DIM, 2, w).expect("finite")];
        let (mut g, mut h) = (classes.zero_gradients(), linear.zero_gradients());
        let a = classes.value_and_gradient(&both, &mut g, &mut classes.workspace()).expect("fits");
        let b = linear.value_and_gradient(&[difference], &mut h, &mut linear.workspace()).expect("fits");
        prop_assert!((a - b).abs() <= 1e-11 * b, "{a}, {b}");
        let ratio = (g[0].log_scale - h[0].log_scale).exp();
        let size = h[0].value.as_slice().iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for k in 0..DIM {
            let (found, expected) = (ratio * g[0].value[(k, 1)], h[0].value[(k, 0)]);
            prop_assert!((found - expected).abs() <= 1e-10 * size, "{found}, {expected}");
            prop_assert_eq!(g[0].value[(k, 0)], -g[0].value[(k, 1)]);
        }
    }

    #[test]
    fn the_direction_of_a_gradient_does_not_depend_on_units(entries in smooth_vector(POINTS * DIM), w in smooth_vector(DIM)) {
        // The rows in units of 1e-200, the weights in their inverse: the same margins.
        let direction = |unit: f64| {
            let scaled: Vec<f64> = entries.iter().map(|x| x * unit).collect();
            let rows = rows(&scaled);
            let risk = LinearRisk::new(&rows, Loss::Exponential).expect("finite rows");
            let at = [Matrix::column(w.iter().map(|w| 3e3 * w / unit).collect()).expect("finite")];
            let mut g = risk.zero_gradients();
            risk.value_and_gradient(&at, &mut g, &mut risk.workspace()).expect("fits");
            (g[0].value.as_slice().to_vec(), g[0].log_scale - unit.ln())
        };
        let (plain, log_plain) = direction(1.0);
        let (tiny, log_tiny) = direction(1e-200);
        // Margins of thousands: their rounding is that of the scale.
        prop_assert!((log_plain - log_tiny).abs() < 1e-9);
        let size = plain.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for (a, b) in plain.iter().zip(&tiny) {
            prop_assert!((a - b * 1e200 * 1e-200).abs() <= 1e-9 * size, "{a}, {b}");
        }
    }
}

#[test]
fn margins_of_thousands_keep_the_gradient_and_rows_of_zeros_have_none() {
    let rows =
        DenseRows::new(&Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]).expect("finite"));
    let risk = LinearRisk::new(&rows, Loss::Logistic).expect("finite rows");
    let at = [Matrix::column(vec![5000.0, 5001.0]).expect("finite")];
    let mut g = risk.zero_gradients();
    let value = risk.value_and_gradient(&at, &mut g, &mut risk.workspace()).expect("fits");
    // The row of zeros has margin zero for ever: log 2 of three losses, and no gradient.
    assert!((value - 2f64.ln() / 3.0).abs() < 1e-15);
    assert!((g[0].log_scale + 5000.0).abs() < 1e-9);
    let ratio = g[0].value[(1, 0)] / g[0].value[(0, 0)];
    assert!((ratio - (-1f64).exp()).abs() < 1e-12 && g[0].value[(0, 0)] < 0.0, "{ratio}");
    let nothing = DenseRows::new(&Matrix::zeros(2, 2));
    let risk = LinearRisk::new(&nothing, Loss::Logistic).expect("finite rows");
    let mut g = risk.zero_gradients();
    risk.value_and_gradient(&at, &mut g, &mut risk.workspace()).expect("fits");
    assert_eq!((g[0].log_scale, g[0].value.as_slice()), (0.0, &[0.0, 0.0][..]));
    // Saturated classes: the residual of the own class is minus that of the others.
    let points = DenseRows::new(&Matrix::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).expect("finite"));
    let classes = LinearClassRisk::new(&points, &[0, 1], 3).expect("finite rows");
    let w = Matrix::from_columns(2, 3, vec![3000.0, 0.0, 0.0, 3000.0, -1.0, 0.5]).expect("finite");
    let mut g = classes.zero_gradients();
    let value = classes.value_and_gradient(&[w], &mut g, &mut classes.workspace()).expect("fits");
    assert_eq!(value, 0.0);
    assert!((g[0].log_scale + 2999.5).abs() < 1e-9, "{}", g[0].log_scale);
    for k in 0..2 {
        assert!(g[0].value.as_slice().chunks(2).map(|w| w[k]).sum::<f64>().abs() < 1e-16);
    }
}

#[test]
fn the_rows_of_class_margins_are_what_they_say() {
    let entries: Vec<f64> = (0..15).map(|k| f64::from(k * k).sin()).collect();
    let points = rows(&entries);
    let (classes, n) = ([2, 0, 1, 1, 0], 3);
    let risk = LinearClassRisk::new(&points, &classes, n).expect("finite rows");
    let w: Vec<f64> = (0..9).map(|k| f64::from(k).cos()).collect();
    let margins = risk.margin_rows();
    let mut found = vec![0.0; margins.nrows()];
    margins.apply(&w, &mut found);
    let score = |j: usize, c: usize| inner(points.row(j), &w[c * DIM..(c + 1) * DIM]);
    let expected: Vec<f64> = (0..POINTS)
        .flat_map(|j| (0..n).map(move |c| (j, c)))
        .filter(|(j, c)| *c != classes[*j])
        .map(|(j, c)| score(j, classes[j]) - score(j, c))
        .collect();
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
}

#[test]
fn descent_on_a_diagonal_net_is_mirror_descent_in_the_hyperbolic_entropy() {
    // Equal for steps that tend to zero: a tenth of the step, a tenth of the distance.
    let rows = rows(&(0..15).map(|k| f64::from(k * k + 1).sin()).collect::<Vec<_>>());
    let linear = LinearRisk::new(&rows, Loss::Logistic).expect("finite rows");
    let net = DiagonalNet::new(&linear);
    let alpha = 0.1;
    let apart = |step: f64, steps: usize| {
        let layers = vec![Matrix::from_fn(DIM, 1, |_, _| alpha); 2];
        let layers =
            run(&net, &MirrorDescent::gradient_descent(StepSize::Constant(step)), layers, steps);
        let psi = HypentropyPotential::new(2.0 * alpha * alpha).expect("a parameter");
        let mirror = MirrorDescent::new(psi, StepSize::Constant(4.0 * step));
        let weights = run(&linear, &mirror, vec![Matrix::zeros(DIM, 1)], steps);
        let found = net.weights(&layers).expect("layers that fit");
        assert!(found[0].as_slice().iter().any(|w| w.abs() > 1.0), "it went somewhere");
        let pairs = found[0].as_slice().iter().zip(weights[0].as_slice());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let (coarse, fine) = (apart(1e-2, 2_000), apart(1e-3, 20_000));
    assert!(coarse < 0.1 && fine < 0.2 * coarse, "{coarse}, {fine}");
}

fn run<O: Optimizer>(
    risk: &impl Risk,
    method: &O,
    mut w: Vec<Matrix>,
    steps: usize,
) -> Vec<Matrix> {
    let mut state = method.init(&w).expect("finite");
    let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
    for _ in 0..steps {
        let value = risk.value_and_gradient(&w, &mut gradients, &mut work).expect("fits");
        method.step(&mut state, &mut w, &gradients, value).expect("finite");
    }
    w
}

#[test]
fn misuse_is_named_and_never_panics() {
    let rows = rows(&[1.0; 15]);
    let risk = LinearRisk::new(&rows, Loss::Logistic).expect("finite rows");
    let count = risk.value(&[]);
    assert!(matches!(count, Err(RiskError::TensorCount { expected: 1, found: 0, .. })));
    let shape = risk.value(&[Matrix::zeros(1, DIM)]);
    assert!(matches!(shape, Err(RiskError::Shape { tensor: 0, found: (1, DIM), .. })));
    let mut gradients = [LogScaled { log_scale: 0.0, value: Matrix::zeros(2, 2) }];
    let at = [Matrix::zeros(DIM, 1)];
    let refused = risk.value_and_gradient(&at, &mut gradients, &mut risk.workspace());
    assert!(matches!(refused, Err(RiskError::Shape { what: "gradients", .. })));
    assert!(matches!(
        risk.with_shape(2, 2),
        Err(RiskError::Kernel(KernelError::ShapeMismatch { expected: DIM, found: 4, .. }))
    ));
    let net = risk_of(vec![(2, 1)], |_, _| 0.0);
    assert!(DiagonalNet::new(&net).value(&[Matrix::zeros(2, 1)]).is_err());
    let none = DenseRows::new(&Matrix::zeros(0, 2));
    assert!(matches!(LinearRisk::new(&none, Loss::Logistic), Err(RiskError::NoRows)));
    for (classes, n) in [(vec![0; 4], 2), (vec![0; 5], 1), (vec![0, 1, 2, 1, 0], 2)] {
        assert!(LinearClassRisk::new(&rows, &classes, n).is_err(), "{classes:?} of {n}");
    }
}
