//! Runs that are stopped, saved, read and gone on with: bitwise the same trajectory.

use crate::small::{Check, DIM, bits, everywhere, mirror_descent, planted, start};
use mirrorhead_attention::{
    FactoredRisk, JointRisk, KeyQueryRisk, Loss, Risk, Seed, gaussian_matrix,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{Optimizer, StepSize};
use mirrorhead_trainer::{
    CheckpointEvery, Schedule, Snapshots, StopReason, Stopped, StoppingRule, Trace, TrainError,
    TrainingState, load_checkpoint, save_checkpoint, train,
};

const LAST: u64 = 24;

/// The state as it would be saved: everything that has to be kept.
fn text<S: serde::Serialize>(state: &TrainingState<S>) -> String {
    serde_json::to_string(state).expect("serialises")
}

/// How a run ended, in words, to the last digit.
fn outcome(ended: Result<Stopped, TrainError>) -> String {
    ended.map_or_else(|error| error.to_string(), |end| format!("{end:?}"))
}

fn check_run<R: Risk, O: Optimizer>(name: &str, risk: &R, method: &O, from: &[Matrix]) {
    let whole_rule = StoppingRule::after(LAST);
    let mut whole = TrainingState::new(risk, method, from.to_vec()).expect("a fitting start");
    let mut path = Snapshots::new(Schedule::Every(1));
    // A long step in a steep geometry may leave the range: then all of them do, at the same step.
    let end = outcome(train(risk, method, &mut whole, &whole_rule, &mut path));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.json");
    for pause in [0, 1, 7, LAST - 1, LAST] {
        let mut state = TrainingState::new(risk, method, from.to_vec()).expect("a fitting start");
        let _ = train(risk, method, &mut state, &StoppingRule::after(pause), &mut ());
        // Once by way of the disk, whose flushes take their time.
        let mut state: TrainingState<O::State> = if pause == 7 {
            save_checkpoint(&file, name, &state).expect("a writable folder");
            load_checkpoint(&file, name).expect("what was just written")
        } else {
            serde_json::from_str(&text(&state)).expect("reads what it wrote")
        };
        let mut rest = Snapshots::new(Schedule::Every(1));
        let resumed_end = outcome(train(risk, method, &mut state, &whole_rule, &mut rest));
        assert_eq!(resumed_end, end, "{name}, paused at {pause}");
        assert_eq!(text(&state), text(&whole), "{name}, paused at {pause}");
        let later = path.taken().iter().filter(|(k, _)| *k >= rest.taken()[0].0);
        assert!(later.clone().count() == rest.taken().len(), "{name}, paused at {pause}");
        for ((k, expected), (_, found)) in later.zip(rest.taken()) {
            assert_eq!(bits(found), bits(expected), "{name}, paused at {pause}, iteration {k}");
        }
    }
}

struct Resumes;

impl Check for Resumes {
    fn run<O: Optimizer>(&self, name: &str, method: &O) {
        let planted = planted();
        let (data, v) = (&planted.data, &planted.decoder);
        let whole = KeyQueryRisk::new(data, v, Loss::Logistic).expect("fits");
        check_run(&format!("key-query, {name}"), &whole, method, &[start()]);
        let joint = JointRisk::new(data, Loss::Exponential);
        check_run(&format!("joint, {name}"), &joint, method, &[start(), v.clone()]);
        let factored = FactoredRisk::new(data, v, Loss::Correlation, 2).expect("fits");
        let factors = [1, 2].map(|seed| gaussian_matrix(DIM, 2, Seed(seed)));
        check_run(&format!("factored, {name}"), &factored, method, &factors);
    }
}

#[test]
fn every_method_goes_on_as_if_nothing_had_happened() {
    everywhere(&Resumes);
}

#[test]
fn traces_and_snapshots_record_the_iterate_between_only_once() {
    let planted = planted();
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).expect("fits");
    let method = mirror_descent(3.0, StepSize::DualNormalized(0.1));
    let mut state = TrainingState::new(&risk, &method, vec![start()]).expect("fits");
    let (mut trace, mut snapshots) =
        (Trace::every(5), Snapshots::new(Schedule::At(vec![0, 10, 15])));
    for pause in [0, 3, 10, 10, 12, 20] {
        let rule = StoppingRule::after(pause);
        train(&risk, &method, &mut state, &rule, &mut (&mut trace, &mut snapshots))
            .expect("finite");
    }
    let recorded: Vec<_> = trace.points().iter().map(|point| point.iteration).collect();
    assert_eq!(recorded, [0, 5, 10, 15, 20]);
    let taken: Vec<_> = snapshots.taken().iter().map(|(k, _)| *k).collect();
    assert_eq!(taken, [0, 10, 15]);
    let mut whole = Trace::every(5);
    let mut state = TrainingState::new(&risk, &method, vec![start()]).expect("fits");
    train(&risk, &method, &mut state, &StoppingRule::after(20), &mut whole).expect("finite");
    assert_eq!(trace, whole);
}

#[test]
fn a_run_that_is_saved_as_it_goes_can_be_picked_up_after_a_crash() {
    let planted = planted();
    let risk = JointRisk::new(&planted.data, Loss::Logistic);
    let method = mirror_descent(1.75, StepSize::DualNormalized(0.1));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.json");
    let from = vec![start(), planted.decoder.clone()];
    let mut state = TrainingState::new(&risk, &method, from.clone()).expect("fits");
    let mut saves = CheckpointEvery::new(10, &file, "crash");
    train(&risk, &method, &mut state, &StoppingRule::after(37), &mut saves).expect("finite");
    drop(state); // the crash
    let mut state = load_checkpoint(&file, "crash").expect("saved at 30");
    assert_eq!(state.iteration, 30);
    let end = train(&risk, &method, &mut state, &StoppingRule::after(50), &mut ()).expect("finite");
    assert_eq!(end.reason, StopReason::MaxIters);
    let mut whole = TrainingState::new(&risk, &method, from).expect("fits");
    train(&risk, &method, &mut whole, &StoppingRule::after(50), &mut ()).expect("finite");
    assert_eq!(text(&state), text(&whole));
}
