//! Steps that cannot be taken: typed errors, and nothing moved.

use crate::grid::{MEMORIES, P, STEPS, bits, column, gradient, norm, potential};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    Adam, Direction, Gradient, MaxNorm, Memory, Method, MirrorDescent, MirrorError, Optimizer,
    Primal, Progress, ScheduledStep, Shape, SliceState, Space, SpectralNorm, SteepestDescent,
    StepSize,
};
use serde::Serialize;

/// Runs `check` over every optimizer with every step rule.
fn everywhere(check: &impl Check) {
    for p in P {
        for step in STEPS {
            check.run(
                &format!("mirror descent, p = {p}, {step:?}"),
                &MirrorDescent::new(potential(p), step),
            );
            check.run(
                &format!("steepest descent, p = {p}, {step:?}"),
                &SteepestDescent::new(norm(p), step),
            );
        }
    }
    for step in STEPS {
        check.run(&format!("sign descent, {step:?}"), &SteepestDescent::new(MaxNorm, step));
        check
            .run(&format!("spectral descent, {step:?}"), &SteepestDescent::new(SpectralNorm, step));
    }
    for memory in MEMORIES {
        let (constant, normalized) = (StepSize::Constant(0.05), StepSize::DualNormalized(0.05));
        let plain = Method::compose(Gradient, constant, Primal).with_memory(memory);
        // Moments are free of the gradient's scale.
        let scale = if matches!(memory, Memory::Moments { .. }) { "normalized" } else { "" };
        check.run(&format!("gradient descent, {memory:?} {scale}"), &plain);
        let sign = SteepestDescent::new(MaxNorm, normalized).with_memory(memory);
        check.run(&format!("sign descent, normalized, {memory:?}"), &sign);
        if memory.keeps_gradients() {
            let mirror = MirrorDescent::new(potential(1.5), normalized).with_memory(memory);
            check.run(&format!("mirror descent, normalized, {memory:?}"), &mirror);
        }
    }
    check.run("Adam", &Adam::default());
}

/// An expectation of every optimizer.
trait Check {
    fn run<O: Optimizer>(&self, name: &str, method: &O);
}

fn text(state: &impl Serialize) -> String {
    serde_json::to_string(state).expect("serialises")
}

fn start() -> [Matrix; 2] {
    [column(&[0.3, -1.7, 0.0]), column(&[0.9, 0.123])]
}

struct ZeroGradient;

impl Check for ZeroGradient {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let before = (bits(&w), text(&state));
        let zero = [gradient(-3.0, &[0.0; 3]), gradient(0.0, &[0.0, -0.0])];
        let progress = method.step(&mut state, &mut w, &zero, 1.0).expect("zero is finite");
        assert_eq!(progress, Progress::Stationary, "{name}");
        assert_eq!((bits(&w), text(&state)), before, "{name}");
    }
}

#[test]
fn a_zero_gradient_is_stationary() {
    everywhere(&ZeroGradient);
}

struct OneZeroTensor;

impl Check for OneZeroTensor {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let before = bits(&w);
        for k in 0..3 {
            let gradients = [gradient(0.0, &[0.0; 3]), gradient(-0.5, &[1.0, -2.0 + f64::from(k)])];
            let progress = method.step(&mut state, &mut w, &gradients, 1.0).expect("finite");
            assert_eq!(progress, Progress::Moved, "{name}");
        }
        assert_eq!(bits(&w)[0], before[0], "{name}: no pull, no move");
        assert_ne!(bits(&w)[1], before[1], "{name}");
        assert!(w[1].as_slice().iter().all(|x| x.is_finite()), "{name}");
    }
}

#[test]
fn a_tensor_without_gradient_stays_to_the_last_bit() {
    everywhere(&OneZeroTensor);
}

struct NotFinite;

impl Check for NotFinite {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        for (m, bad) in
            [(0.0, f64::NAN), (0.0, f64::INFINITY), (-9.0, f64::NEG_INFINITY), (f64::NAN, 1.0)]
        {
            for tensor in 0..2 {
                let mut w = start();
                let mut state = method.init(&w).expect("finite");
                let good = [gradient(0.0, &[1.0, 2.0, 3.0]), gradient(0.0, &[1.0, -1.0])];
                method.step(&mut state, &mut w, &good, 1.0).expect("finite");
                let before = (bits(&w), text(&state));
                let mut gradients = good.clone();
                gradients[tensor].log_scale = m;
                gradients[tensor].value[(1, 0)] = bad;
                let refused = method.step(&mut state, &mut w, &gradients, 1.0);
                let expected = MirrorError::NotFinite { what: "gradient", tensor, iteration: 1 };
                assert_eq!(refused, Err(expected), "{name}");
                assert_eq!((bits(&w), text(&state)), before, "{name}: {bad} moved something");
            }
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_is_named_and_moves_nothing() {
    everywhere(&NotFinite);
}

struct Overflow;

impl Check for Overflow {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let good = [gradient(0.0, &[1.0, 2.0, 3.0]), gradient(0.0, &[1.0, -1.0])];
        method.step(&mut state, &mut w, &good, 1.0).expect("finite");
        let before = (bits(&w), text(&state));
        // The first tensor could move; the second cannot.
        let gradients = [good[0].clone(), gradient(800.0, &[1.0, -1.0])];
        match method.step(&mut state, &mut w, &gradients, 1e300) {
            Ok(_) => {
                let finite = w.iter().all(|w| w.as_slice().iter().all(|x| x.is_finite()));
                assert!(finite && name.contains("ormalized") || name.contains("Polyak"), "{name}");
            }
            Err(MirrorError::Overflow { iteration: 1, .. }) => {
                assert_eq!((bits(&w), text(&state)), before, "{name}: half a step was taken");
                method.step(&mut state, &mut w, &good, 1.0).expect("it goes on from there");
            }
            Err(other) => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn a_step_beyond_the_range_is_not_taken_at_all() {
    everywhere(&Overflow);
    // A primal overflow: u = 1e40 is a number, w = u^10 is none.
    let method = MirrorDescent::new(potential(1.1), StepSize::Constant(1e40));
    let mut w = start();
    let mut state = method.init(&w).expect("finite");
    let before = (bits(&w), text(&state));
    let gradients = [gradient(0.0, &[0.0, 0.0, 1e-40]), gradient(0.0, &[1.0, -1.0])];
    let refused = method.step(&mut state, &mut w, &gradients, 1.0);
    assert_eq!(refused, Err(MirrorError::Overflow { tensor: 1, iteration: 0 }));
    assert_eq!((bits(&w), text(&state)), before);
}

struct EndsOfTheRange;

impl Check for EndsOfTheRange {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        if !name.contains("ormalized") {
            return;
        }
        let step_of = |size: f64| {
            let mut w = start();
            let mut state = method.init(&w).expect("finite");
            // Entries of few bits are exact even where they are subnormal.
            let tensors = [&[3.0, -4.0, 2.0][..], &[1.0, -5.0]];
            let scaled = |g: &[f64]| gradient(0.0, &g.iter().map(|x| x * size).collect::<Vec<_>>());
            method.step(&mut state, &mut w, &tensors.map(scaled), 1.0).expect("a step");
            w
        };
        let plain = step_of(1.0);
        for size in [f64::from_bits(1), 2f64.powi(-1060), 2f64.powi(1020), 2f64.powi(1021)] {
            for (at_end, plain) in step_of(size).iter().zip(&plain) {
                for (a, b) in at_end.as_slice().iter().zip(plain.as_slice()) {
                    // Roundings of a dual point that loses a digit to its step, to the power of 20.
                    assert!((a - b).abs() <= 1e-12 * b.abs(), "{name}, {size:e}: {a} is not {b}");
                }
            }
        }
    }
}

#[test]
fn a_normalized_step_is_the_same_at_both_ends_of_the_range() {
    everywhere(&EndsOfTheRange);
    // One length for all tensors, of which only the first counts beside a far larger one.
    let method = MirrorDescent::new(potential(1.5), StepSize::GloballyNormalized(1e3));
    let mut w = start();
    let mut state = method.init(&w).expect("finite");
    let tiny = f64::from_bits(1);
    let gradients = [gradient(0.0, &[tiny, 0.0, 0.0]), gradient(-50.0, &[0.0, tiny])];
    method.step(&mut state, &mut w, &gradients, 1.0).expect("a step");
    let moved = (state.dual()[0][(0, 0)] - 0.3f64.sqrt()).abs();
    assert!((moved - 1e3).abs() < 1e-9, "{moved}");
}

#[test]
fn slices_at_the_ends_of_the_range_move_by_a_whole_step_or_not_at_all() {
    let method = SteepestDescent::new(norm(3.0), StepSize::DualNormalized(0.5));
    let method = method.on_tensor(0, 1).expect("one tensor");
    let shape = Shape::vector(4);
    for size in [f64::from_bits(1), 1.0, 1e305] {
        let mut w = [0.0; 4];
        let mut state = SliceState::start(&method, &w, shape).expect("finite");
        state.step(&method, &mut w, &[size, 0.0, 0.0, 0.0], 1.0).expect("a step");
        assert_eq!(w, [-0.5, 0.0, 0.0, 0.0], "{size}");
    }
    let mut w = [0.0; 4];
    let mut state = SliceState::start(&method, &w, shape).expect("finite");
    let refused = state.step(&method, &mut w, &[f64::MAX; 4], 1.0);
    assert!(matches!(refused, Err(MirrorError::Overflow { .. })), "{refused:?}");
    assert_eq!((w, state.steps()), ([0.0; 4], 0));
}

/// Uphill: no form that backends know says so.
struct Ascent;

impl Direction for Ascent {
    fn dual_norm(&self, space: &dyn Space, tensor: usize, gradient: &Matrix) -> f64 {
        Gradient.dual_norm(space, tensor, gradient)
    }

    fn joint_dual_norm(&self, space: &dyn Space, norms: &[f64]) -> f64 {
        Gradient.joint_dual_norm(space, norms)
    }

    fn modulus(&self, _: &dyn Space) -> Option<f64> {
        None
    }

    fn advance(&self, drive: &Matrix, norm: f64, factor: f64, from: &Matrix, to: &mut Matrix) {
        Gradient.advance(drive, norm, -factor, from, to);
    }
}

#[test]
fn a_direction_of_ones_own_runs_and_backends_refuse_what_they_do_not_know() {
    let method = Method::compose(Ascent, StepSize::Constant(0.5), Primal);
    let mut w = [Matrix::zeros(1, 1)];
    let mut state = method.init(&w).expect("finite");
    method.step(&mut state, &mut w, &[gradient(0.0, &[2.0])], 0.0).expect("a step");
    assert_eq!(w[0][(0, 0)], 1.0);
    let refused = method.on_tensor(0, 1).map(|_| ());
    assert_eq!(refused, Err(MirrorError::NoBackendForm));
}

struct Undo;

impl Check for Undo {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let good = [gradient(0.0, &[1.0, 2.0, 3.0]), gradient(0.0, &[1.0, -1.0])];
        let other = [gradient(0.0, &[0.0; 3]), gradient(-1.0, &[0.3, 0.0])];
        let unmoved = (bits(&w), text(&state));
        assert!(!method.undo(&mut state, &mut w), "{name}: no step to take back");
        assert_eq!((bits(&w), text(&state)), unmoved, "{name}");
        for gradients in [&good, &other, &good] {
            let before = (bits(&w), text(&state));
            method.step(&mut state, &mut w, gradients, 1.0).expect("finite");
            let after = (bits(&w), text(&state));
            assert_ne!(before, after, "{name}");
            assert!(method.undo(&mut state, &mut w), "{name} remembers");
            assert_eq!((bits(&w), text(&state)), before, "{name}: taken back");
            assert!(!method.undo(&mut state, &mut w), "{name}: one step is remembered, not two");
            assert_eq!((bits(&w), text(&state)), before, "{name}");
            method.step(&mut state, &mut w, gradients, 1.0).expect("finite");
            assert_eq!((bits(&w), text(&state)), after, "{name}: and taken again");
        }
    }
}

#[test]
fn a_step_can_be_taken_back() {
    everywhere(&Undo);
}

struct Misfit;

impl Check for Misfit {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let before = (bits(&w), text(&state));
        let (three, two) = (gradient(0.0, &[1.0; 3]), gradient(0.0, &[1.0; 2]));
        let row = LogScaled { log_scale: 0.0, value: two.value.transposed() };
        for (gradients, tensor, expected, found) in [
            (vec![], 0, (3, 1), (0, 0)),
            (vec![three.clone()], 1, (2, 1), (0, 0)),
            (vec![two.clone(), two.clone()], 0, (3, 1), (2, 1)),
            (vec![three.clone(), row], 1, (2, 1), (1, 2)),
            (vec![three, two.clone(), two], 2, (0, 0), (2, 1)),
        ] {
            let refused = method.step(&mut state, &mut w, &gradients, 1.0);
            assert_eq!(
                refused,
                Err(MirrorError::ShapeMismatch { tensor, expected, found }),
                "{name}"
            );
        }
        assert_eq!((bits(&w), text(&state)), before, "{name}");
        let mut strange = start();
        strange[1][(1, 0)] = f64::NAN;
        let refused = method.init(&strange).err();
        assert!(
            matches!(refused, Some(MirrorError::NotFinite { tensor: 1, .. })),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn what_does_not_fit_is_named() {
    everywhere(&Misfit);
}

#[test]
fn settings_out_of_range_are_named_before_anything_starts() {
    let bad = [0.0, -1.0, f64::NAN, f64::INFINITY];
    let mut rules = Vec::new();
    for eta in bad {
        rules.extend([
            StepSize::Constant(eta),
            StepSize::DualNormalized(eta),
            StepSize::GloballyNormalized(eta),
        ]);
        rules.push(StepSize::DualNormalizedWithin { length: eta, reach: 1.0 });
        rules.push(StepSize::DualNormalizedWithin { length: 1.0, reach: eta });
    }
    rules.extend([f64::NAN, f64::INFINITY].map(|lower_bound| StepSize::Polyak { lower_bound }));
    let mut rules: Vec<ScheduledStep> = rules.into_iter().map(ScheduledStep::from).collect();
    for power in [-0.5, f64::NAN, f64::INFINITY] {
        rules.push(StepSize::Constant(1.0).decaying(power));
        rules.push(StepSize::DualNormalized(1.0).decaying(power));
    }
    for step in rules {
        let mirror = MirrorDescent::new(potential(3.0), step).init(&start()).err();
        let steepest = SteepestDescent::new(norm(3.0), step).init(&start()).err();
        for refused in [mirror, steepest, step.validate().err()] {
            assert!(matches!(refused, Some(MirrorError::InvalidSetting(_))), "{step:?}");
        }
    }
    let good = Adam::default();
    for method in
        bad.into_iter().flat_map(|x| [Adam { rate: x, ..good }, Adam { epsilon: x, ..good }]).chain(
            [-0.1, 1.0, f64::NAN]
                .into_iter()
                .flat_map(|x| [Adam { beta1: x, ..good }, Adam { beta2: x, ..good }]),
        )
    {
        let refused = method.init(&start()).err();
        assert!(matches!(refused, Some(MirrorError::InvalidSetting(_))), "{method:?}");
    }
}

#[test]
fn a_start_whose_mirror_image_overflows_is_refused() {
    let method = MirrorDescent::new(potential(8.0), StepSize::Constant(0.1));
    let refused = method.init(&[column(&[1.0]), column(&[1e100])]).err();
    assert!(matches!(
        refused,
        Some(MirrorError::NotFinite { what: "mirror image", tensor: 1, .. })
    ));
}

#[test]
fn polyak_needs_a_risk() {
    let method = MirrorDescent::new(potential(2.0), StepSize::Polyak { lower_bound: 0.0 });
    for risk in [f64::NAN, f64::INFINITY] {
        let mut w = start();
        let mut state = method.init(&w).expect("finite");
        let gradients = [gradient(0.0, &[1.0; 3]), gradient(0.0, &[1.0; 2])];
        let refused = method.step(&mut state, &mut w, &gradients, risk);
        assert!(matches!(refused, Err(MirrorError::NotFinite { what: "risk", .. })), "{refused:?}");
        assert_eq!(bits(&w), bits(&start()));
    }
}
