//! Models without attention: where training, flow and path of linear classifiers go, certified by the SVM.

use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_mirror::{
    Adam, DiagonalNet, Gradient, LinearClassRisk, LinearRisk, Loss, LpNorm, MaxNorm, Memory,
    Method, MirrorDescent, Optimizer, PowerPotential, Primal, Risk, ScheduledStep,
    SquaredNormPotential, SteepestDescent, StepSize, directional_bregman, risk_of,
};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Norm, Outcome, SvmSettings, solve};
use mirrorhead_trainer::{
    FlowSettings, FlowState, PathSettings, StoppingRule, TrainError, TrainingState, mirror_flow,
    regularization_path, train,
};

const DIM: usize = 6;
const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

/// Four rows in six dimensions, which are always separable.
fn rows() -> DenseRows {
    DenseRows::new(&Matrix::from_fn(4, DIM, |j, k| ((5 * j + 3 * k * k + j * k + 1) as f64).sin()))
}

fn lp(p: f64) -> LpNorm {
    LpNorm::new(p).expect("an exponent")
}

fn certified(rows: &DenseRows, norm: impl Into<Norm>) -> MaxMargin {
    let problem = HardMarginProblem::new(rows, norm).expect("finite rows");
    match solve(&problem, &SvmSettings::default()).expect("valid settings") {
        Outcome::MaxMargin(solution) => solution,
        other => panic!("separable rows, but {other:?}"),
    }
}

/// The parameters after `steps` steps from `start`.
fn descend(
    risk: &impl Risk,
    method: &impl Optimizer,
    start: Vec<Matrix>,
    steps: u64,
) -> Vec<Matrix> {
    let mut state = TrainingState::new(risk, method, start).expect("a start that fits");
    train(risk, method, &mut state, &StoppingRule::after(steps), &mut ()).expect("a finite run");
    state.parameters
}

/// The margin of `w`, as a share of the certified maximum.
fn share(rows: &DenseRows, norm: Norm, w: &[f64]) -> f64 {
    let mut margins = vec![0.0; rows.nrows()];
    rows.apply(w, &mut margins);
    let least = margins.into_iter().fold(f64::INFINITY, f64::min);
    let share = least / norm.of(w) / certified(rows, norm).interval.upper;
    assert!(share <= 1.0 + 1e-9, "no iterate beats the certificate: {share}");
    share
}

fn zeros() -> Vec<Matrix> {
    vec![Matrix::zeros(DIM, 1)]
}

fn shrinking(initial: f64) -> ScheduledStep {
    StepSize::DualNormalized(initial).decaying(0.5)
}

#[test]
fn mirror_descent_goes_to_the_max_margin_of_its_own_norm_and_of_no_other() {
    // Gunasekar et al. 2018; Sun, Ahn, Thrampoulidis, Azizan 2022.
    let rows = rows();
    for loss in [Loss::Logistic, Loss::Exponential] {
        let risk = LinearRisk::new(&rows, loss).expect("finite rows");
        for p in EXPONENTS {
            let psi = SquaredNormPotential::new(lp(p));
            let [w] =
                &descend(&risk, &MirrorDescent::new(psi, shrinking(0.5)), zeros(), 40_000)[..]
            else {
                unreachable!("one tensor")
            };
            for other in EXPONENTS {
                let target = certified(&rows, lp(other));
                let divergence = directional_bregman(lp(other), &target.w, w.as_slice());
                if other == p {
                    assert!(divergence < 2e-4, "{loss:?}, p = {p}: {divergence}");
                    assert!(share(&rows, lp(p).into(), w.as_slice()) > 0.98, "{loss:?}, p = {p}");
                } else {
                    assert!(divergence > 2e-3, "{loss:?}, p = {p}, SVM of {other}: {divergence}");
                }
            }
        }
    }
}

#[test]
fn sign_descent_signum_and_adam_without_epsilon_go_to_the_max_margin_of_the_maximum_norm() {
    // Zhang, Zou, Cao 2024; Tsilivis et al. 2024. Adam's own epsilon stops counting gradients.
    let rows = rows();
    let risk = LinearRisk::new(&rows, Loss::Exponential).expect("finite rows");
    let moments = Memory::Moments { mean: 0.9, square: 0.95 };
    let steps = StepSize::Constant(0.5).decaying(0.5);
    let runs = [
        ("sign", descend(&risk, &SteepestDescent::new(MaxNorm, shrinking(0.5)), zeros(), 40_000)),
        (
            "Signum",
            descend(
                &risk,
                &SteepestDescent::new(MaxNorm, shrinking(0.5)).with_memory(Memory::HeavyBall(0.9)),
                zeros(),
                40_000,
            ),
        ),
        (
            "Adam without epsilon",
            descend(
                &risk,
                &Method::compose(Gradient, steps, Primal).with_memory(moments),
                zeros(),
                40_000,
            ),
        ),
    ];
    let plain = MirrorDescent::gradient_descent(shrinking(0.5));
    let [euclidean] = &descend(&risk, &plain, zeros(), 40_000)[..] else { unreachable!() };
    let other = share(&rows, Norm::LInfinity, euclidean.as_slice());
    for (name, w) in runs {
        let reached = share(&rows, Norm::LInfinity, w[0].as_slice());
        assert!(reached > 0.97, "{name}: {reached}");
        assert!(reached > other + 0.05, "{name}: {reached}, gradient descent {other}");
    }
    // The epsilon makes Adam stall once gradients are far below it.
    let adam = Adam { rate: 0.01, ..Adam::default() };
    let [w] = &descend(&risk, &adam, zeros(), 40_000)[..] else { unreachable!() };
    assert!(w.as_slice().iter().all(|w| w.is_finite()));
}

#[test]
fn gradient_descent_on_a_diagonal_net_goes_to_the_l1_margin_and_on_its_weights_it_does_not() {
    // In steps that are small beside the layers, its weights follow the mirror flow of the hyperbolic entropy.
    let rows = rows();
    let linear = LinearRisk::new(&rows, Loss::Exponential).expect("finite rows");
    let net = DiagonalNet::new(&linear);
    let method = MirrorDescent::gradient_descent(StepSize::GloballyNormalized(0.01));
    let start = vec![Matrix::from_fn(DIM, 1, |_, _| 1.0); 2];
    let layers = descend(&net, &method, start, 40_000);
    let [w] = &net.weights(&layers).expect("layers that fit")[..] else { unreachable!() };
    let [plain] = &descend(&linear, &method, zeros(), 40_000)[..] else { unreachable!() };
    let (net, plain) =
        (share(&rows, Norm::L1, w.as_slice()), share(&rows, Norm::L1, plain.as_slice()));
    assert!(net > 0.99 && plain < 0.91, "the net has {net}, its weights alone {plain}");
}

#[test]
fn several_classes_go_to_the_max_margin_against_each_other() {
    let points = DenseRows::new(&Matrix::from_fn(5, DIM, |j, k| {
        ((7 * j + k * k + 3 * j * k + 2) as f64).cos()
    }));
    let risk = LinearClassRisk::new(&points, &[0, 1, 2, 1, 0], 3).expect("finite rows");
    let method = MirrorDescent::gradient_descent(shrinking(0.5));
    let w = descend(&risk, &method, vec![Matrix::zeros(DIM, 3)], 40_000);
    let margins = risk.margin_rows();
    let reached = share(&margins, lp(2.0).into(), w[0].as_slice());
    assert!(reached > 0.98, "{reached}");
}

#[test]
fn flow_and_path_serve_linear_risks() {
    let rows = rows();
    let risk = LinearRisk::new(&rows, Loss::Logistic).expect("finite rows");
    for p in EXPONENTS {
        let target = certified(&rows, lp(p)).w;
        let mut state = FlowState::new(&risk, lp(p), &zeros(), 0.0).expect("a start that fits");
        let times = [10.0, 300.0].map(|decade: f64| decade * 10f64.ln());
        let flowed =
            mirror_flow(&risk, &mut state, &times, &FlowSettings::default()).expect("valid");
        let divergences: Vec<f64> = flowed
            .points
            .iter()
            .map(|point| directional_bregman(lp(p), &target, point.parameters[0].as_slice()))
            .collect();
        assert!(
            matches!(divergences[..], [early, late] if late < 0.1 * early && late < 1e-4),
            "flow, p = {p}: {divergences:?}"
        );
        let radii = [1.0, 10.0, 100.0, 1e3].map(|radius| vec![radius]);
        let path = regularization_path(&risk, lp(p), &zeros(), &radii, &PathSettings::default())
            .expect("valid");
        let [.., last] = &path.points[..] else { panic!("no point of the path, p = {p}") };
        assert_eq!(path.points.len(), 4, "p = {p}");
        let divergence = directional_bregman(lp(p), &target, last.parameters[0].as_slice());
        assert!(divergence < 1e-4, "path, p = {p}: {divergence}");
    }
}

#[test]
fn what_a_model_refuses_ends_the_run_with_its_name() {
    let power = MirrorDescent::new(PowerPotential::new(lp(3.0)), StepSize::Constant(0.1));
    let misfit = risk_of(vec![(2, 1)], |_, gradients| {
        // A model that forgets the shape of its gradient.
        gradients[0].value = Matrix::zeros(1, 2);
        1.0
    });
    let mut state =
        TrainingState::new(&misfit, &power, vec![Matrix::zeros(2, 1)]).expect("a start that fits");
    let refused = train(&misfit, &power, &mut state, &StoppingRule::after(5), &mut ());
    assert!(matches!(refused, Err(TrainError::Mirror(_))), "{refused:?}");
    assert_eq!(state.parameters, [Matrix::zeros(2, 1)]);
}
