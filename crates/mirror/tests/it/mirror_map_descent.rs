//! Mirror descent over every mirror map: its steps by their formula, taken back, resumed, refused.

use crate::geometries::{P, SHAPE, hypentropy, matrix, norm, schatten};
use crate::grid::{STEPS, bits, decay};
use mirrorhead_kernels::{LogScaled, Matrix};
use mirrorhead_mirror::{
    ElasticNetPotential, EntropyPotential, MirrorDescent, MirrorError, Optimizer, OutsideDomain,
    Potential, PowerPotential, Progress, ScheduledStep, SquaredNormPotential, StepSize,
};

/// An expectation of mirror descent with a potential, from a start in its domain.
trait Check {
    fn run<P: Potential + Clone>(
        &self,
        name: &str,
        psi: P,
        start: [Matrix; 2],
        step: ScheduledStep,
    );
}

fn everywhere(check: &impl Check) {
    let plain = || [matrix(&[0.7, -1.1, 0.4, 1.3, -0.8, 0.2]), Matrix::zeros(SHAPE.0, SHAPE.1)];
    let simplex = || {
        let weights = |w: [f64; 6]| Matrix::from_columns(2, 3, w.to_vec()).expect("finite");
        [weights([0.5, 0.125, 0.125, 0.125, 0.0625, 0.0625]), weights([1.0 / 6.0; 6])]
    };
    for step in STEPS {
        for p in P {
            let name = |what: &str| format!("{what}, p = {p}, {step:?}");
            check.run(&name("squared"), SquaredNormPotential::new(norm(p)), plain(), step);
            check.run(&name("Schatten"), schatten(p), plain(), step);
        }
        for beta in [0.1, 5.0] {
            check.run(&format!("hypentropy {beta}, {step:?}"), hypentropy(beta), plain(), step);
        }
        check.run(&format!("entropy, {step:?}"), EntropyPotential, simplex(), step);
        let elastic = ElasticNetPotential::new(0.3).expect("a threshold");
        check.run(&format!("elastic net, {step:?}"), elastic, plain(), step);
        let centre = matrix(&[1.3, 0.4, -0.9, 0.6, 1.2, -0.3]);
        check.run(&format!("elastic net around, {step:?}"), elastic.around(&centre), plain(), step);
        let power = PowerPotential::new(norm(1.5)).around(&centre);
        check.run(&format!("power around, {step:?}"), power, plain(), step);
    }
}

/// Gradients of no particular structure, some far below the range of `f64`.
fn gradients(k: u32, log_scale: f64) -> [LogScaled<Matrix>; 2] {
    let x = f64::from(k);
    let entry =
        |a: f64| Matrix::from_fn(2, 3, |i, j| (a + x + 1.7 * i as f64 + 0.9 * j as f64).sin());
    [
        LogScaled { log_scale, value: entry(0.3) },
        LogScaled { log_scale: log_scale - 0.5, value: entry(2.1) },
    ]
}

struct Formula;

impl Check for Formula {
    fn run<P: Potential + Clone>(
        &self,
        name: &str,
        psi: P,
        start: [Matrix; 2],
        step: ScheduledStep,
    ) {
        let method = MirrorDescent::new(psi.clone(), step);
        let (mut w, risk) = (start, 1.0);
        let mut state = method.init(&w).expect("a start in the domain");
        for k in 0..4_u32 {
            let g = gradients(k, -1.0);
            let before = state.dual().to_vec();
            let own: Vec<f64> =
                g.iter().map(|g| psi.dual_norm(g.value.as_slice()) * g.log_scale.exp()).collect();
            let all = psi.joint_dual_norm(&own);
            assert_eq!(method.step(&mut state, &mut w, &g, risk), Ok(Progress::Moved), "{name}");
            for b in 0..2 {
                let factor = match step.size {
                    StepSize::Constant(eta) => eta,
                    StepSize::DualNormalized(eta)
                    | StepSize::DualNormalizedWithin { length: eta, .. } => eta / own[b],
                    StepSize::GloballyNormalized(eta) => eta / all,
                    StepSize::Polyak { lower_bound } => {
                        psi.modulus().unwrap_or(1.0) * (risk - lower_bound) / (all * all)
                    }
                    _ => unreachable!("a rule that this test does not know"),
                };
                let moved = factor * decay(step, k) * g[b].log_scale.exp();
                let mut primal = vec![0.0; 6];
                psi.inverse_mirror_map(state.dual()[b].as_slice(), &mut primal);
                assert_eq!(primal, w[b].as_slice(), "{name}: w is the preimage of u");
                for ((u, v), g) in before[b]
                    .as_slice()
                    .iter()
                    .zip(state.dual()[b].as_slice())
                    .zip(g[b].value.as_slice())
                {
                    let size = 1e-13 * (u.abs() + (moved * g).abs());
                    assert!((u - moved * g - v).abs() <= size, "{name}, step {k}: {u} to {v}");
                }
            }
        }
    }
}

#[test]
fn steps_are_what_their_rule_says() {
    everywhere(&Formula);
}

struct TakenBack;

impl Check for TakenBack {
    fn run<P: Potential + Clone>(
        &self,
        name: &str,
        psi: P,
        start: [Matrix; 2],
        step: ScheduledStep,
    ) {
        let method = MirrorDescent::new(psi.clone(), step);
        let mut w = start;
        let mut state = method.init(&w).expect("a start in the domain");
        for k in 0..6 {
            let before = (bits(&w), bits(state.dual()));
            method.step(&mut state, &mut w, &gradients(k, 0.0), 1.0).expect("finite");
            let after = (bits(&w), bits(state.dual()));
            assert_ne!(before, after, "{name}");
            assert!(method.undo(&mut state, &mut w), "{name}");
            assert_eq!((bits(&w), bits(state.dual())), before, "{name}: taken back");
            // Saved and read, the state takes the same step again.
            let text = serde_json::to_string(&(&state, &w)).expect("serialises");
            (state, w) = serde_json::from_str(&text).expect("reads what it wrote");
            method.step(&mut state, &mut w, &gradients(k, 0.0), 1.0).expect("finite");
            assert_eq!((bits(&w), bits(state.dual())), after, "{name}: and taken again");
        }
    }
}

#[test]
fn steps_can_be_taken_back_and_states_resumed() {
    everywhere(&TakenBack);
}

struct Scale;

impl Check for Scale {
    fn run<P: Potential + Clone>(
        &self,
        name: &str,
        psi: P,
        start: [Matrix; 2],
        step: ScheduledStep,
    ) {
        if matches!(step.size, StepSize::Constant(_) | StepSize::Polyak { .. }) {
            return;
        }
        let run = |log_scale: f64| {
            let (method, mut w) = (MirrorDescent::new(psi.clone(), step), start.clone());
            let mut state = method.init(&w).expect("a start in the domain");
            for k in 0..4 {
                method.step(&mut state, &mut w, &gradients(k, log_scale), 1.0).expect("finite");
            }
            bits(&w)
        };
        let at_one = run(0.0);
        for log_scale in [-5000.0, -700.0, 512.0, 5000.0] {
            assert_eq!(run(log_scale), at_one, "{name}, e^{log_scale}");
        }
    }
}

#[test]
fn the_scale_of_a_gradient_is_nothing_to_a_normalized_step() {
    everywhere(&Scale);
}

struct Refused;

impl Check for Refused {
    fn run<P: Potential + Clone>(
        &self,
        name: &str,
        psi: P,
        start: [Matrix; 2],
        step: ScheduledStep,
    ) {
        let (method, mut w) = (MirrorDescent::new(psi.clone(), step), start);
        let mut state = method.init(&w).expect("a start in the domain");
        method.step(&mut state, &mut w, &gradients(0, 0.0), 1.0).expect("finite");
        let before = (bits(&w), state.clone());
        for bad in [f64::NAN, f64::INFINITY] {
            let mut g = gradients(1, 0.0);
            g[1].value[(1, 2)] = bad;
            let refused = method.step(&mut state, &mut w, &g, 1.0);
            let expected = MirrorError::NotFinite { what: "gradient", tensor: 1, iteration: 1 };
            assert_eq!(refused, Err(expected), "{name}");
            assert_eq!((bits(&w), state.clone()), before, "{name}");
        }
        let zero = gradients(1, 0.0).map(|g| LogScaled { value: Matrix::zeros(2, 3), ..g });
        let progress = method.step(&mut state, &mut w, &zero, 1.0);
        assert_eq!(progress, Ok(Progress::Stationary), "{name}");
        if matches!(step.size, StepSize::Constant(_)) {
            let refused = method.step(&mut state, &mut w, &gradients(1, 800.0), 1.0);
            assert!(matches!(refused, Err(MirrorError::Overflow { .. })), "{name}: {refused:?}");
        }
        assert_eq!((bits(&w), state), before, "{name}");
    }
}

#[test]
fn what_cannot_be_taken_is_refused_and_moves_nothing() {
    everywhere(&Refused);
}

#[test]
fn a_start_outside_the_domain_is_refused_by_name() {
    let step = StepSize::Constant(0.1);
    let inside = Matrix::from_columns(2, 1, vec![0.5, 0.5]).expect("finite");
    let outside = Matrix::from_columns(2, 1, vec![0.5, 0.6]).expect("finite");
    let refused = MirrorDescent::new(EntropyPotential, step).init(&[inside.clone(), outside]).err();
    let reason = OutsideDomain::SumNotOne { sum: 1.1 };
    assert_eq!(refused, Some(MirrorError::OutsideDomain { tensor: 1, reason }));
    let refused = MirrorDescent::new(schatten(3.0), step).init(&[inside]).err();
    let reason = OutsideDomain::Shape { expected: (2, 3), found: (2, 1) };
    assert_eq!(refused, Some(MirrorError::OutsideDomain { tensor: 0, reason }));
}

#[test]
fn a_constant_gradient_is_stationary_on_the_simplex() {
    let method = MirrorDescent::new(EntropyPotential, StepSize::DualNormalized(0.1));
    let mut w = [Matrix::from_columns(2, 1, vec![0.25, 0.75]).expect("finite")];
    let mut state = method.init(&w).expect("inside");
    let value = Matrix::from_columns(2, 1, vec![3.0, 3.0]).expect("finite");
    let constant = [LogScaled { log_scale: 0.0, value }];
    assert_eq!(method.step(&mut state, &mut w, &constant, 0.0), Ok(Progress::Stationary));
    assert_eq!(w[0].as_slice(), [0.25, 0.75]);
}

#[test]
fn exponentiated_gradient_finds_the_best_corner_and_keeps_what_underflows() {
    // min <c, w> over the simplex: all weight goes to the smallest c, e^(-k) of it elsewhere.
    let method = MirrorDescent::new(EntropyPotential, StepSize::Constant(1.0));
    let mut w = [Matrix::column(vec![0.25; 4]).expect("finite")];
    let mut state = method.init(&w).expect("inside");
    let cost = |c: [f64; 4]| {
        [LogScaled { log_scale: 0.0, value: Matrix::column(c.to_vec()).expect("finite") }]
    };
    for _ in 0..1_000 {
        method.step(&mut state, &mut w, &cost([3.0, 1.0, 2.0, 1.5]), 0.0).expect("finite");
    }
    let [lost, best, gone, faint] = w[0].as_slice() else { panic!("four entries") };
    assert_eq!([*lost, *best, *gone], [0.0, 1.0, 0.0]);
    assert!((faint / (-500f64).exp() - 1.0).abs() < 1e-12);
    // What weighs e^-1000 and e^-2000, and is no number, comes back when costs turn: the dual point is kept.
    for _ in 0..1_000 {
        method.step(&mut state, &mut w, &cost([1.0, 3.0, 2.0, 2.5]), 0.0).expect("finite");
    }
    for w in w[0].as_slice() {
        assert!((w - 0.25).abs() < 1e-12, "{w}");
    }
}
