//! Observers: what they are shown, in what order, and how they end a run.

use std::cell::RefCell;
use std::ops::ControlFlow;

use crate::small::{bits, mirror_descent, planted, start};
use mirrorhead_attention::{KeyQueryRisk, Loss, Risk};
use mirrorhead_kernels::{elementary, max_abs};
use mirrorhead_mirror::{DualState, StepSize};
use mirrorhead_trainer::{
    CheckpointEvery, Iteration, Observer, Schedule, Snapshots, StopReason, StoppingRule, Trace,
    TrainError, TrainedKeyQuery, TrainingState, Watch, load_checkpoint, train, train_key_query,
};

/// A short run under `observer`.
fn run(
    iterations: u64,
    observer: &mut impl Observer<DualState>,
) -> Result<TrainedKeyQuery, TrainError> {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let method = mirror_descent(3.0, StepSize::DualNormalized(0.1));
    train_key_query(&risk, start(), &method, &StoppingRule::after(iterations), observer)
}

#[test]
fn every_iterate_is_shown_once_with_the_risk_and_the_gradient_at_it() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let mut next = 0;
    let mut watch = Watch(|at: &Iteration<'_, DualState>| {
        assert_eq!((at.number(), at.state.optimizer.iteration()), (next, next));
        let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
        let value = risk
            .value_and_gradient(&at.state.parameters, &mut gradients, &mut work)
            .expect("shapes that fit");
        assert_eq!(value.to_bits(), at.risk.to_bits());
        assert_eq!(gradients, at.gradients);
        let largest =
            gradients[0].log_scale + elementary::ln(max_abs(gradients[0].value.as_slice()));
        assert_eq!(largest.to_bits(), at.log_gradient().to_bits());
        next += 1;
        ControlFlow::Continue(())
    });
    let trained = run(12, &mut watch).expect("finite");
    assert_eq!((next, trained.iterations, trained.reason), (13, 12, StopReason::MaxIters));
}

#[test]
fn two_observers_are_asked_in_order_and_either_can_stop() {
    for (first_stops, second_stops) in [(3, 99), (99, 4), (2, 2)] {
        let order = RefCell::new(Vec::new());
        let watch = |name: char, stops: u64| {
            let order = &order;
            Watch(move |at: &Iteration<'_, DualState>| {
                order.borrow_mut().push((at.number(), name));
                if at.number() >= stops {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        };
        let (mut first, mut second) = (watch('a', first_stops), watch('b', second_stops));
        let trained = run(20, &mut (&mut first, &mut second)).expect("finite");
        let last = first_stops.min(second_stops);
        assert_eq!((trained.reason, trained.iterations), (StopReason::Interrupted, last));
        // Both see the last iterate, whoever stopped: traces and checkpoints are complete.
        let expected: Vec<_> = (0..=last).flat_map(|k| [(k, 'a'), (k, 'b')]).collect();
        assert_eq!(*order.borrow(), expected);
    }
}

#[test]
fn watching_changes_nothing() {
    let (mut trace, mut snapshots) = (Trace::every(1), Snapshots::new(Schedule::Every(3)));
    let watched = run(30, &mut (&mut trace, &mut snapshots)).expect("finite");
    let alone = run(30, &mut ()).expect("finite");
    assert_eq!(watched, alone);
    assert_eq!(bits(&[watched.key_query]), bits(&snapshots.taken().last().expect("30 = 10 * 3").1));
}

#[test]
fn an_interrupted_run_goes_on_from_where_it_was() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let method = mirror_descent(3.0, StepSize::DualNormalized(0.1));
    let mut state = TrainingState::new(&risk, &method, vec![start()]).expect("fits");
    let mut stop_at =
        Watch(
            |at: &Iteration<'_, DualState>| {
                if at.number() == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
    let stopped =
        train(&risk, &method, &mut state, &StoppingRule::after(30), &mut stop_at).expect("finite");
    assert_eq!((stopped.reason, state.iteration), (StopReason::Interrupted, 7));
    train(&risk, &method, &mut state, &StoppingRule::after(30), &mut ()).expect("finite");
    assert_eq!(bits(&state.parameters), bits(&[run(30, &mut ()).expect("finite").key_query]));
}

#[test]
fn an_observer_that_fails_ends_the_run_with_its_error_and_the_state_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut saves = CheckpointEvery::new(5, folder.path().join("missing/run.json"), "run");
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let method = mirror_descent(3.0, StepSize::DualNormalized(0.1));
    let mut state = TrainingState::new(&risk, &method, vec![start()]).expect("fits");
    let ended = train(&risk, &method, &mut state, &StoppingRule::after(30), &mut saves);
    assert!(matches!(ended, Err(TrainError::CheckpointWrite { .. })), "{ended:?}");
    assert_eq!(state.iteration, 5);
    assert_eq!(bits(&state.parameters), bits(&[run(5, &mut ()).expect("finite").key_query]));
}

#[test]
fn checkpoints_are_written_on_schedule_and_never_of_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.json");
    for (period, last, saved) in [(5, 4, None), (5, 5, Some(5)), (5, 19, Some(15)), (0, 3, Some(3))]
    {
        let _ = std::fs::remove_file(&file);
        run(last, &mut CheckpointEvery::new(period, &file, "run")).expect("finite");
        let found = load_checkpoint::<DualState>(&file, "run").ok().map(|state| state.iteration);
        assert_eq!(found, saved, "every {period} of {last}");
    }
}

#[test]
fn schedules_record_what_they_name() {
    for (schedule, expected) in [
        (Schedule::Every(4), vec![0, 4, 8]),
        (Schedule::Every(0), (0..=10).collect()),
        (Schedule::At(vec![1, 2, 9, 50]), vec![1, 2, 9]),
        (Schedule::At(vec![]), vec![]),
        (Schedule::log_spaced(10, 2), vec![0, 1, 3, 10]),
        (Schedule::log_spaced(0, 3), vec![0]),
    ] {
        let (mut trace, mut snapshots) = (Trace::new(schedule.clone()), Snapshots::new(schedule));
        run(10, &mut (&mut trace, &mut snapshots)).expect("finite");
        let traced: Vec<_> = trace.points().iter().map(|point| point.iteration).collect();
        let taken: Vec<_> = snapshots.taken().iter().map(|(k, _)| *k).collect();
        assert_eq!((&traced, &taken), (&expected, &expected));
        for (point, (_, tensors)) in trace.points().iter().zip(snapshots.taken()) {
            assert_eq!(point.max_abs, [max_abs(tensors[0].as_slice())]);
        }
    }
}
