//! The mirror flow, against closed forms, against small steps of mirror descent, and against itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use mirrorhead_attention::{
    Dataset, JointRisk, KeyQueryRisk, Loss, Risk, Seed, SphereTokens, gaussian_matrix, toy_pair,
};
use mirrorhead_kernels::{Matrix, TokenBatch, max_abs};
use mirrorhead_mirror::StepSize;
use mirrorhead_trainer::{
    FlowProgress, FlowSettings, FlowState, FlowStop, Flowed, StoppingRule, TrainError,
    TrainingState, mirror_flow, train,
};

use crate::small::{mirror_descent, norm};

fn decades(decades: &[f64]) -> Vec<f64> {
    decades.iter().map(|decade| decade * std::f64::consts::LN_10).collect()
}

fn follow<R: Risk>(
    risk: &R,
    p: f64,
    start: &[Matrix],
    log_times: &[f64],
    tolerance: f64,
) -> Flowed {
    let mut state = FlowState::new(risk, norm(p), start, 0.0).expect("a finite start");
    let settings = FlowSettings::default().with_tolerance(tolerance);
    let flowed = mirror_flow(risk, &mut state, log_times, &settings).expect("valid");
    assert_eq!(flowed.stop, FlowStop::Reached, "p = {p}, at {}", state.log_time());
    flowed
}

/// Two tokens on a line: `$f = g_0 + (g_1 - g_0)\,\sigma(\Delta w)$`, and under the correlation loss
/// `$\dot u = (g_1 - g_0)\,\Delta / (2 + 2\cosh\Delta w)$`, which is separable.
struct TwoTokens {
    data: Dataset,
    decoder: Matrix,
    /// `$\Delta$`.
    gap: f64,
    /// `$(g_1 - g_0)\,\Delta$`.
    speed: f64,
}

impl TwoTokens {
    fn new() -> Self {
        let tokens = TokenBatch::from_rows(&[vec![vec![-0.4], vec![0.9]]]).expect("valid");
        let query = Matrix::from_rows(&[[1.7]]).expect("finite");
        let data = Dataset::new(tokens, &query, vec![1.0]).expect("valid");
        let decoder = Matrix::column(vec![0.6]).expect("finite");
        let gap = 1.3 * 1.7;
        Self { data, decoder, gap, speed: 1.3 * 0.6 * gap }
    }

    /// `$e^{-x}\int_0^w (2 + 2\cosh \Delta w')\,(p-1) w'^{p-2}\,\mathrm dw'$` with `$x = \Delta w$`, for
    /// `$p = 2, 3, 4$`.
    fn scaled_integral(&self, p: f64, w: f64, x: f64) -> f64 {
        let delta = self.gap;
        let (plus, minus) = ((delta * w - x).exp() / 2.0, (-delta * w - x).exp() / 2.0);
        let (sinh, cosh, one) = (plus - minus, plus + minus, (-x).exp());
        if p == 2.0 {
            2.0 * w * one + 2.0 * sinh / delta
        } else if p == 3.0 {
            2.0 * w * w * one + 4.0 * (w * sinh / delta - (cosh - one) / delta.powi(2))
        } else {
            2.0 * w.powi(3) * one
                + 6.0
                    * (w * w * sinh / delta - 2.0 * w * cosh / delta.powi(2)
                        + 2.0 * sinh / delta.powi(3))
        }
    }

    /// The log-time at which the flow from `start` at `$t = 1$` reaches `w`.
    fn log_time(&self, p: f64, start: f64, w: f64) -> f64 {
        let x = self.gap * w;
        let passed = self.scaled_integral(p, w, x) - self.scaled_integral(p, start, x);
        x + (passed / self.speed + (-x).exp()).ln()
    }
}

#[test]
fn the_scalar_flow_is_its_closed_form() {
    let head = TwoTokens::new();
    let risk = KeyQueryRisk::new(&head.data, &head.decoder, Loss::Correlation).expect("fits");
    let start = 0.3;
    for p in [2.0, 3.0, 4.0] {
        let log_times =
            [&[0.5, 1.0, 3.0][..], &decades(&[3.0, 10.0, 100.0, 300.0, 1_000.0])].concat();
        let errors = |tolerance: f64| -> Vec<f64> {
            let start = [Matrix::column(vec![start]).expect("finite")];
            let flowed = follow(&risk, p, &start, &log_times, tolerance);
            let at = |w: &Matrix| head.log_time(p, 0.3, w[(0, 0)]);
            let points =
                flowed.points.iter().map(|point| (point.log_time, at(&point.parameters[0])));
            points.map(|(exact, found)| (found / exact - 1.0).abs()).collect()
        };
        let (coarse, fine) = (errors(1e-5), errors(1e-9));
        assert!(max_abs(&fine) < 3e-8, "p = {p}: {fine:?}");
        assert!(max_abs(&fine) < 0.05 * max_abs(&coarse), "p = {p}: {fine:?}, {coarse:?}");
    }
}

/// The tensors after the time `time` of mirror descent with the step `eta`.
fn descend<R: Risk>(risk: &R, p: f64, start: &[Matrix], eta: f64, time: f64) -> Vec<Matrix> {
    let method = mirror_descent(p, StepSize::Constant(eta));
    let mut state = TrainingState::new(risk, &method, start.to_vec()).expect("a finite start");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let steps = (time / eta).round() as u64;
    train(risk, &method, &mut state, &StoppingRule::after(steps), &mut ()).expect("finite");
    state.parameters
}

fn assert_limit_of_descent<R: Risk>(name: &str, risk: &R, p: f64, start: &[Matrix], time: f64) {
    let flowed = follow(risk, p, start, &[(1.0 + time).ln()], 1e-9);
    let [coarse, fine] = [0.02, 0.01].map(|eta| descend(risk, p, start, eta, time));
    for (b, limit) in flowed.points[0].parameters.iter().enumerate() {
        let difference = |w: &Matrix, v: &Matrix| -> Vec<f64> {
            w.as_slice().iter().zip(v.as_slice()).map(|(a, b)| a - b).collect()
        };
        let (off, half_off) = (difference(&coarse[b], limit), difference(&fine[b], limit));
        // Euler's method is off by a multiple of its step; halving it and taking that multiple away
        // leaves an error of the second order.
        let left: Vec<f64> = off.iter().zip(&half_off).map(|(a, b)| 2.0 * b - a).collect();
        let moved = max_abs(&difference(limit, &start[b]));
        assert!(max_abs(&off) < 0.05 * moved, "{name}, tensor {b}: {:e}", max_abs(&off));
        assert!(
            max_abs(&left) < 0.03 * max_abs(&off),
            "{name}, tensor {b}: {:e} left of {:e}",
            max_abs(&left),
            max_abs(&off)
        );
    }
}

#[test]
fn mirror_descent_with_small_steps_tends_to_the_flow() {
    let planted = SphereTokens { n_sequences: 4, n_tokens: 5, dim: 3 }.sample(Seed(3));
    let planted = planted.expect("positive sizes");
    let toy = toy_pair();
    for p in [1.3, 1.75, 2.0, 3.0] {
        let risk =
            KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
        let start = [gaussian_matrix(3, 3, Seed(3))];
        assert_limit_of_descent(&format!("AttGD, p = {p}"), &risk, p, &start, 20.0);
        let start = [gaussian_matrix(2, 2, Seed(4)), gaussian_matrix(2, 1, Seed(5))];
        let risk = JointRisk::new(&toy, Loss::Logistic);
        assert_limit_of_descent(&format!("JointGD, p = {p}"), &risk, p, &start, 20.0);
    }
}

#[test]
fn a_finer_tolerance_changes_less_than_the_coarser_allowed_for() {
    let planted = SphereTokens { n_sequences: 4, n_tokens: 5, dim: 5 }.sample(Seed(2));
    let planted = planted.expect("positive sizes");
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let mut start = [gaussian_matrix(5, 5, Seed(2))];
    start[0].as_mut_slice().iter_mut().for_each(|w| *w *= 3.0);
    for p in [1.1, 1.5, 2.0, 3.0, 6.0] {
        let log_times = decades(&[3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0]);
        let [coarse, middle, fine] =
            [1e-4, 1e-5, 1e-7].map(|tolerance| follow(&risk, p, &start, &log_times, tolerance));
        for (k, log_time) in log_times.iter().enumerate() {
            let exact = fine.points[k].parameters[0].as_slice();
            // In the distance that the tolerance is about: W itself is ill-conditioned where an entry
            // passes zero at large p.
            let off = |flowed: &Flowed| {
                let w = flowed.points[k].parameters[0].as_slice();
                let mirror = norm(p).mirror_power();
                let pairs = || w.iter().zip(exact).map(|(a, b)| (*a, *b));
                let apart: f64 =
                    pairs().map(|(a, b)| (mirror.eval(a) - mirror.eval(b)) * (a - b)).sum();
                let size: f64 = exact.iter().map(|b| mirror.eval(*b) * b).sum();
                (apart / size).sqrt()
            };
            // The errors of all steps together, magnified by the mirror map where W is a power of u.
            for (flowed, tolerance) in [(&coarse, 1e-4), (&middle, 1e-5)] {
                let allowed = tolerance * flowed.work.steps as f64 * (1.0 / (p - 1.0)).max(1.0);
                let off = off(flowed);
                assert!(off < allowed, "p = {p}, t = e^{log_time}: {off:e} of {allowed:e}");
            }
        }
        // What it costs: a solver that works twice as hard is noticed.
        let work = middle.work;
        assert!(
            work.steps + work.rejected < if p > 2.0 { 1_200 } else { 450 },
            "p = {p}: {work:?}"
        );
    }
}

fn toy_state(p: f64) -> (Dataset, FlowState) {
    let data = toy_pair();
    let start = [gaussian_matrix(2, 2, Seed(4)), gaussian_matrix(2, 1, Seed(5))];
    let state = FlowState::new(&JointRisk::new(&data, Loss::Logistic), norm(p), &start, 0.0);
    (data, state.expect("a finite start"))
}

#[test]
fn a_flow_that_is_stopped_and_saved_goes_on_bitwise_the_same() {
    for p in [1.5, 3.0] {
        let (data, mut whole) = toy_state(p);
        let risk = JointRisk::new(&data, Loss::Logistic);
        let log_times = decades(&[5.0, 50.0, 300.0]);
        let all =
            mirror_flow(&risk, &mut whole, &log_times, &FlowSettings::default()).expect("valid");

        let (_, mut parts) = toy_state(p);
        let steps = AtomicU64::new(0);
        let interrupt = || steps.fetch_add(1, Ordering::Relaxed) >= 30;
        let settings = FlowSettings::default().with_interrupt(&interrupt);
        let first = mirror_flow(&risk, &mut parts, &log_times, &settings).expect("valid");
        assert_eq!(first.stop, FlowStop::Interrupted);
        let saved = serde_json::to_string(&parts).expect("it serialises");
        let mut parts: FlowState = serde_json::from_str(&saved).expect("it comes back");
        let left = &log_times[first.points.len()..];
        let second = mirror_flow(&risk, &mut parts, left, &FlowSettings::default()).expect("valid");
        assert_eq!(parts, whole);
        assert_eq!([first.points, second.points].concat(), all.points);
    }
}

#[test]
fn a_flow_tells_how_far_it_is() {
    let (data, state) = toy_state(3.0);
    let risk = JointRisk::new(&data, Loss::Logistic);
    let log_times = decades(&[5.0, 50.0]);
    let told = Mutex::new(Vec::<FlowProgress>::new());
    let note = |at| told.lock().expect("not poisoned").push(at);
    let settings = FlowSettings::default().with_progress(&note);
    let flowed = mirror_flow(&risk, &mut state.clone(), &log_times, &settings).expect("valid");
    let silent = mirror_flow(&risk, &mut state.clone(), &log_times, &FlowSettings::default());
    assert_eq!(flowed, silent.expect("valid"));

    let told = told.into_inner().expect("not poisoned");
    let tried = flowed.work.steps + flowed.work.rejected + flowed.work.unsolved;
    // Before each step, and at each log-time.
    assert_eq!(told.len() as u64, tried + 2);
    assert!(told.is_sorted_by(|a, b| {
        a.log_time <= b.log_time && a.steps <= b.steps && a.points <= b.points
    }));
    let last = told.last().expect("told");
    assert_eq!((last.steps, last.log_time, last.points), (tried, log_times[1], 2));
    assert!(told.iter().all(|at| (at.points > 0) == (at.log_time >= log_times[0])));
}

#[test]
fn limits_are_outcomes_and_misuse_is_an_error() {
    let (data, state) = toy_state(2.0);
    let risk = JointRisk::new(&data, Loss::Logistic);
    let settings = FlowSettings::default().with_max_steps(3);
    let flowed = mirror_flow(&risk, &mut state.clone(), &[100.0], &settings).expect("valid");
    assert_eq!((flowed.stop, flowed.points.len()), (FlowStop::MaxSteps, 0));
    for (log_times, tolerance) in [
        (&[1.0, 0.5][..], 1e-7),
        (&[-1.0], 1e-7),
        (&[f64::NAN], 1e-7),
        (&[f64::INFINITY], 1e-7),
        (&[1.0], 0.0),
        (&[1.0], f64::NAN),
    ] {
        let settings = FlowSettings::default().with_tolerance(tolerance);
        let refused = mirror_flow(&risk, &mut state.clone(), log_times, &settings);
        assert!(matches!(refused, Err(TrainError::InvalidSetting(_))), "{log_times:?}");
    }
    let start = [Matrix::zeros(3, 3)];
    assert!(matches!(
        FlowState::new(&risk, norm(2.0), &start, 0.0),
        Err(TrainError::StartShape { .. })
    ));
    let nan = [Matrix::from_fn(2, 2, |_, _| f64::NAN), Matrix::zeros(2, 1)];
    assert!(matches!(FlowState::new(&risk, norm(2.0), &nan, 0.0), Err(TrainError::Mirror(_))));
    let start = [Matrix::zeros(2, 2), Matrix::zeros(2, 1)];
    assert!(FlowState::new(&risk, norm(2.0), &start, f64::NAN).is_err());
}

#[test]
fn a_start_at_zero_is_left_in_every_geometry() {
    let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1));
    let planted = planted.expect("positive sizes");
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    for p in [1.5, 2.0, 3.0] {
        let flowed = follow(&risk, p, &[Matrix::zeros(3, 3)], &decades(&[0.5, 20.0]), 1e-7);
        assert!(flowed.points[1].risk < flowed.points[0].risk);
    }
}
