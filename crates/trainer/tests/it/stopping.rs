//! When runs end, why, and in what state.

use crate::small::{Check, bits, everywhere, mirror_descent, planted, start};
use mirrorhead_attention::{
    AttentionWeights, Dataset, JointRisk, KeyQueryRisk, Loss, Risk, Seed, SphereTokens, toy_pair,
};
use mirrorhead_kernels::{LogScaled, Matrix, TokenBatch};
use mirrorhead_mirror::{MirrorDescent, MirrorError, Optimizer, RiskError, StepSize};
use mirrorhead_trainer::{
    StopReason, StoppingRule, Trace, TrainError, TrainingState, train, train_joint, train_key_query,
};

#[test]
fn each_rule_ends_the_run_at_the_first_iterate_that_meets_it() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let method = mirror_descent(2.0, StepSize::Constant(1.0));
    let mut trace = Trace::every(1);
    let all = StoppingRule::after(300);
    train_key_query(&risk, start(), &method, &all, &mut trace).expect("finite");
    let points = trace.points();
    let log_gradient = |k: usize| points[k].log_gradient.expect("no zero gradient");
    let smallest = (0..120).map(log_gradient).fold(f64::INFINITY, f64::min);
    for (rule, reason) in [
        (StoppingRule::after(40), StopReason::MaxIters),
        (StoppingRule::after(0), StopReason::MaxIters),
        (all.with_risk_below(points[100].risk), StopReason::RiskReached),
        (all.with_risk_below(f64::INFINITY), StopReason::RiskReached),
        (all.with_log_gradient_below(smallest), StopReason::GradientReached),
        (
            StoppingRule::after(5).with_risk_below(0.0).with_log_gradient_below(-1e9),
            StopReason::MaxIters,
        ),
    ] {
        let trained = train_key_query(&risk, start(), &method, &rule, &mut ()).expect("finite");
        assert_eq!(trained.reason, reason, "{rule:?}");
        let first = points.iter().zip(0..).position(|(point, k): (_, u64)| {
            k >= rule.max_iters
                || rule.risk_below.is_some_and(|bound| point.risk < bound)
                || rule
                    .log_gradient_below
                    .is_some_and(|bound| point.log_gradient.expect("none zero") < bound)
        });
        let last = first.expect("every rule is met");
        assert_eq!(trained.iterations, last as u64, "{rule:?}");
        assert_eq!(
            trained.risk.to_bits(),
            points[last].risk.to_bits(),
            "the risk at the last iterate"
        );
        assert_eq!(
            risk.value(&[trained.key_query]).expect("W fits").to_bits(),
            trained.risk.to_bits()
        );
    }
}

/// Two copies of one token: nothing to attend to, no gradient.
fn constant_tokens() -> Dataset {
    let tokens = TokenBatch::new(1, &[2], vec![1.0, 1.0]).expect("valid");
    Dataset::new(tokens, &Matrix::from_fn(1, 1, |_, _| 1.0), vec![1.0]).expect("valid")
}

struct ConstantTokens;

impl Check for ConstantTokens {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let data = constant_tokens();
        let decoder = Matrix::from_fn(1, 1, |_, _| 1.0);
        let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
        let from = Matrix::from_fn(1, 1, |_, _| 0.123);
        let trained =
            train_key_query(&risk, from.clone(), method, &StoppingRule::after(10), &mut ())
                .expect("finite");
        assert_eq!((trained.reason, trained.iterations), (StopReason::Stationary, 0), "{name}");
        assert_eq!(trained.key_query, from, "{name}");
    }
}

#[test]
fn constant_tokens_are_stationary_under_every_method() {
    everywhere(&ConstantTokens);
}

#[test]
fn a_constant_step_freezes_where_the_gradient_underflows_and_a_normalized_one_does_not() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    // Train until attention is saturated beyond e^-745.
    let normalized = mirror_descent(2.0, StepSize::DualNormalized(5.0));
    let far = train_key_query(&risk, start(), &normalized, &StoppingRule::after(3_000), &mut ())
        .expect("finite");
    assert_eq!(far.reason, StopReason::MaxIters);
    let constant = mirror_descent(2.0, StepSize::Constant(1.0));
    let frozen =
        train_key_query(&risk, far.key_query.clone(), &constant, &StoppingRule::after(10), &mut ())
            .expect("finite");
    assert_eq!((frozen.reason, frozen.iterations), (StopReason::Stationary, 0));
    assert_eq!(frozen.key_query, far.key_query);
}

#[test]
fn polyak_stops_at_its_bound() {
    let planted = planted();
    let risk = JointRisk::new(&planted.data, Loss::Logistic);
    let method = MirrorDescent::gradient_descent(StepSize::Polyak { lower_bound: 1e3 });
    let from = (start(), planted.decoder.clone());
    let trained =
        train_joint(&risk, from, &method, &StoppingRule::after(10), &mut ()).expect("finite");
    assert_eq!((trained.reason, trained.iterations), (StopReason::Stationary, 0));
}

#[test]
fn a_start_of_the_wrong_shape_is_named() {
    let data = toy_pair();
    let risk = JointRisk::new(&data, Loss::Logistic);
    let method = mirror_descent(2.0, StepSize::Constant(0.1));
    for (from, tensor, expected, found) in [
        (vec![], 0, Some((2, 2)), None),
        (vec![Matrix::zeros(2, 2)], 1, Some((2, 1)), None),
        (vec![Matrix::zeros(2, 3), Matrix::zeros(2, 1)], 0, Some((2, 2)), Some((2, 3))),
        (vec![Matrix::zeros(2, 2), Matrix::zeros(1, 2)], 1, Some((2, 1)), Some((1, 2))),
        (
            vec![Matrix::zeros(2, 2), Matrix::zeros(2, 1), Matrix::zeros(1, 1)],
            2,
            None,
            Some((1, 1)),
        ),
    ] {
        match TrainingState::new(&risk, &method, from) {
            Err(TrainError::StartShape { tensor: t, expected: e, found: f }) => {
                assert_eq!((t, e, f), (tensor, expected, found));
            }
            other => panic!("{other:?}"),
        }
    }
    let nan = Matrix::from_fn(2, 1, |_, _| f64::NAN);
    let refused = TrainingState::new(&risk, &method, vec![Matrix::zeros(2, 2), nan]).err();
    assert!(
        matches!(refused, Some(TrainError::Mirror(MirrorError::NotFinite { tensor: 1, .. }))),
        "{refused:?}"
    );
    let refused = TrainingState::new(
        &risk,
        &mirror_descent(2.0, StepSize::Constant(0.0)),
        vec![Matrix::zeros(2, 2), Matrix::zeros(2, 1)],
    )
    .err();
    assert!(
        matches!(refused, Some(TrainError::Mirror(MirrorError::InvalidSetting(_)))),
        "{refused:?}"
    );
}

/// `$-w$` up to a cliff, where it is infinite.
struct Cliff;

impl Risk for Cliff {
    type Workspace = ();

    fn shapes(&self) -> Vec<(usize, usize)> {
        vec![(1, 1)]
    }

    fn workspace(&self) {}

    fn value_and_gradient(
        &self,
        at: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        (): &mut (),
    ) -> Result<f64, RiskError> {
        let w = at[0][(0, 0)];
        gradients[0].value[(0, 0)] = -1.0;
        Ok(if w > 2.0 { f64::NAN } else { 4.0 - w })
    }
}

struct KeepsTheLastGoodIterate;

impl Check for KeepsTheLastGoodIterate {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let from = vec![Matrix::from_fn(1, 1, |_, _| 1.5)];
        let mut state = TrainingState::new(&Cliff, method, from.clone()).expect("fits");
        let mut trace = Trace::every(1);
        let ended = train(&Cliff, method, &mut state, &StoppingRule::after(100_000), &mut trace);
        let Err(TrainError::RiskNotFinite { iteration, risk }) = ended else {
            panic!("{name}: {ended:?}")
        };
        assert!(risk.is_nan() && iteration > 0, "{name}");
        assert_eq!(state.iteration, iteration - 1, "{name}: the iterate before it");
        let good = trace.points().last().expect("one at least");
        assert_eq!(
            (good.iteration, good.max_abs[0]),
            (state.iteration, state.parameters[0][(0, 0)]),
            "{name}"
        );
        // It is the state of a run that stopped there, to the last bit.
        let mut stopped = TrainingState::new(&Cliff, method, from).expect("fits");
        train(&Cliff, method, &mut stopped, &StoppingRule::after(state.iteration), &mut ())
            .expect("finite");
        let text =
            |state: &TrainingState<O::State>| serde_json::to_string(state).expect("serialises");
        assert_eq!(text(&state), text(&stopped), "{name}");
    }
}

#[test]
fn a_risk_that_is_not_finite_leaves_the_iterate_before_it() {
    everywhere(&KeepsTheLastGoodIterate);
}

#[test]
fn an_exponential_loss_that_overflows_is_an_error_with_the_last_good_state() {
    // Opposite labels on one line: a long step against the second sample throws the first one out.
    let tokens = TokenBatch::new(1, &[1, 1], vec![1.0, 1.5]).expect("valid");
    let data = Dataset::new(tokens, &Matrix::zeros(2, 1), vec![1.0, -1.0]).expect("valid");
    let risk = JointRisk::new(&data, Loss::Exponential);
    let method = mirror_descent(2.0, StepSize::Constant(1.0));
    let from = vec![Matrix::zeros(1, 1), Matrix::from_fn(1, 1, |_, _| 5.0)];
    let mut state = TrainingState::new(&risk, &method, from.clone()).expect("fits");
    let ended = train(&risk, &method, &mut state, &StoppingRule::after(10), &mut ());
    assert!(
        matches!(ended, Err(TrainError::RiskNotFinite { iteration: 1, risk }) if risk == f64::INFINITY),
        "{ended:?}"
    );
    assert_eq!((state.iteration, bits(&state.parameters)), (0, bits(&from)));
    // From a start that is beyond the range already, the start is kept.
    let from = vec![Matrix::zeros(1, 1), Matrix::from_fn(1, 1, |_, _| -2000.0)];
    let mut state = TrainingState::new(&risk, &method, from.clone()).expect("fits");
    let ended = train(&risk, &method, &mut state, &StoppingRule::after(10), &mut ());
    assert!(matches!(ended, Err(TrainError::RiskNotFinite { iteration: 0, .. })), "{ended:?}");
    assert_eq!((state.iteration, bits(&state.parameters)), (0, bits(&from)));
}

#[test]
fn a_step_that_overflows_leaves_the_iterate_before_it() {
    let planted = planted();
    let risk = JointRisk::new(&planted.data, Loss::Logistic);
    let method = mirror_descent(1.1, StepSize::Constant(1e40)); // w = u^10
    let from = vec![start(), planted.decoder.clone()];
    let mut state = TrainingState::new(&risk, &method, from.clone()).expect("fits");
    let ended = train(&risk, &method, &mut state, &StoppingRule::after(10), &mut ());
    assert!(matches!(ended, Err(TrainError::Mirror(MirrorError::Overflow { .. }))), "{ended:?}");
    assert_eq!((state.iteration, bits(&state.parameters)), (0, bits(&from)));
}

/// A sample without a query pulls on nothing: however far the others saturate, it must not set the
/// scale of the gradient.
#[test]
fn a_zero_query_does_not_stop_the_others() {
    let sizes = SphereTokens { n_sequences: 4, n_tokens: 5, dim: 6 };
    for seed in 1..=4 {
        let planted = sizes.sample(Seed(seed)).expect("positive sizes");
        let data = &planted.data;
        let queries =
            Matrix::from_fn(4, 6, |i, k| if i == 0 { 0.0 } else { data.queries()[(k, i)] });
        let data = Dataset::new(data.tokens().clone(), &queries, data.labels().to_vec());
        let data = data.expect("valid");
        let risk = KeyQueryRisk::new(&data, &planted.decoder, Loss::Logistic).expect("fits");
        let method = mirror_descent(1.5, StepSize::DualNormalized(0.1));
        let zeros = Matrix::zeros(6, 6);
        let trained = train_key_query(&risk, zeros, &method, &StoppingRule::after(3_000), &mut ());
        let trained = trained.expect("a finite run");
        assert_eq!(trained.reason, StopReason::MaxIters, "seed {seed}");
        let weights = AttentionWeights::of(&trained.key_query, &data).expect("fits");
        assert!(weights.sequence(0).iter().all(|s| (s - 0.2).abs() < 1e-15), "uniform");
        for i in 1..4 {
            let largest = weights.sequence(i).iter().copied().fold(0.0, f64::max);
            assert!(largest > 0.999, "seed {seed}, sequence {i}: {largest}");
        }
    }
}
