//! Checkpoints that cannot be written or read: a typed error, and the old one intact.

use std::fs;
use std::path::{Path, PathBuf};

use crate::small::{bits, mirror_descent};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{DualState, Optimizer, StepSize};
use mirrorhead_trainer::{
    TrainError, TrainingState, load_checkpoint, run_of_checkpoint, save_checkpoint,
};
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use tempfile::TempDir;

const RUN: &str = "toy, p = 3";

fn state(entry: f64) -> TrainingState<DualState> {
    let parameters = vec![Matrix::from_fn(2, 2, |i, j| entry / (1.0 + i as f64 - 3.0 * j as f64))];
    let method = mirror_descent(3.0, StepSize::DualNormalized(0.1));
    let optimizer = method.init(&parameters).expect("finite");
    TrainingState { iteration: 5, parameters, optimizer }
}

/// A folder with a checkpoint in it.
fn saved() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.json");
    save_checkpoint(&file, RUN, &state(0.1)).expect("a writable folder");
    (folder, file)
}

fn load(file: &Path) -> Result<TrainingState<DualState>, TrainError> {
    load_checkpoint(file, RUN)
}

/// What is in the folder, and that the first state is still there.
fn assert_intact(folder: &TempDir, file: &Path) {
    let names: Vec<_> =
        fs::read_dir(folder).expect("readable").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(names, ["checkpoint.json"], "nothing else is left behind");
    assert_eq!(load(file).expect("the old one"), state(0.1));
}

#[test]
fn every_bit_comes_back() {
    let (_folder, file) = saved();
    for entry in [0.1, 1e-300, -5e-324, 1.0 / 3.0, -0.0, 1e80] {
        save_checkpoint(&file, RUN, &state(entry)).expect("written over the old one");
        let read = load(&file).expect("what was just written");
        assert_eq!(bits(&read.parameters), bits(&state(entry).parameters));
        assert_eq!(bits(read.optimizer.dual()), bits(state(entry).optimizer.dual()));
        assert_eq!(read, state(entry));
    }
}

#[test]
fn cut_short_anywhere_it_is_damaged() {
    let (folder, file) = saved();
    let whole = fs::read(&file).expect("readable");
    let cut = folder.path().join("cut.json");
    for len in 0..whole.len() {
        fs::write(&cut, &whole[..len]).expect("writable");
        match load(&cut) {
            Err(TrainError::CheckpointFormat { path, .. }) => assert_eq!(path, cut),
            other => panic!("cut after {len} bytes: {other:?}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (folder, file) = saved();
    let whole = fs::read(&file).expect("readable");
    let damaged = folder.path().join("damaged.json");
    for bit in 0..8 * whole.len() {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&damaged, &bytes).expect("writable");
        match load(&damaged) {
            Err(
                TrainError::CheckpointFormat { .. }
                | TrainError::CheckpointDamaged { .. }
                | TrainError::CheckpointMismatch { .. },
            ) => {}
            other => panic!("bit {bit}: {other:?}"),
        }
        assert_eq!(run_of_checkpoint(&damaged), None);
    }
    assert_eq!(run_of_checkpoint(&file).as_deref(), Some(RUN));
}

#[test]
fn one_changed_digit_is_damage_and_no_other_trajectory() {
    let (folder, file) = saved();
    let text = fs::read_to_string(&file).expect("readable");
    let other = folder.path().join("other.json");
    fs::write(&other, text.replacen("0.1", "0.2", 1)).expect("writable");
    assert!(matches!(load(&other), Err(TrainError::CheckpointDamaged { .. })));
}

#[test]
fn any_byte_made_garbage_is_an_error_and_no_panic() {
    let (folder, file) = saved();
    let whole = fs::read(&file).expect("readable");
    let damaged = folder.path().join("damaged.json");
    for at in 0..whole.len() {
        for byte in [b'}', b'x', 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            fs::write(&damaged, &bytes).expect("writable");
            assert_eq!(load(&damaged).is_err(), bytes != whole, "byte {at} is {byte}");
        }
    }
}

#[test]
fn of_another_version_or_another_run() {
    let (folder, file) = saved();
    let text = fs::read_to_string(&file).expect("readable");
    let other = folder.path().join("other.json");
    for (replaced, by, word) in [
        ("\"version\":2", "\"version\":1", "format version 1"),
        ("\"version\":2", "\"version\":-1", "no version"),
        ("\"version\":2", "\"edition\":2", "no version"),
    ] {
        assert!(text.contains(replaced));
        fs::write(&other, text.replacen(replaced, by, 1)).expect("writable");
        match load(&other) {
            Err(TrainError::CheckpointMismatch { found, path, .. }) => {
                assert!(found.contains(word) && path == other, "{found}");
            }
            unexpected => panic!("{by}: {unexpected:?}"),
        }
    }
    match load_checkpoint::<DualState>(&file, "toy, p = 2") {
        Err(TrainError::CheckpointMismatch { found, path, .. }) => {
            assert!(found.contains("p = 3") && path == file, "{found}");
        }
        unexpected => panic!("{unexpected:?}"),
    }
    // A state of another method: its memory has another form.
    let adam = load_checkpoint::<mirrorhead_mirror::AdamState>(&file, RUN);
    assert!(matches!(adam, Err(TrainError::CheckpointFormat { .. })), "{adam:?}");
}

#[test]
fn of_numbers_that_are_none() {
    let (folder, file) = saved();
    let text = fs::read_to_string(&file).expect("readable");
    let other = folder.path().join("other.json");
    for number in ["null", "1e999", "\"0.1\"", "[0.1]"] {
        fs::write(&other, text.replacen("0.1", number, 1)).expect("writable");
        assert!(load(&other).is_err(), "{number}");
    }
    fs::write(&other, "[1, 2]").expect("writable");
    assert!(matches!(load(&other), Err(TrainError::CheckpointMismatch { .. })));
    for trailing in [" trailing", "\n", " "] {
        fs::write(&other, format!("{text}{trailing}")).expect("writable");
        assert!(load(&other).is_err(), "{trailing:?}");
    }
}

#[test]
fn that_is_not_there() {
    let (folder, _file) = saved();
    for path in [folder.path().join("missing.json"), folder.path().to_owned()] {
        match load(&path) {
            Err(
                TrainError::CheckpointRead { path: named, .. }
                | TrainError::CheckpointFormat { path: named, .. },
            ) => assert_eq!(named, path),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn where_nothing_can_be_written() {
    let (folder, file) = saved();
    fs::create_dir(folder.path().join("a folder")).expect("writable");
    for path in [
        folder.path().join("missing/checkpoint.json"),
        file.join("below-a-file.json"),
        folder.path().join("a folder"),
    ] {
        match save_checkpoint(&path, RUN, &state(0.2)) {
            Err(TrainError::CheckpointWrite { path: named, .. }) => assert_eq!(named, path),
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    fs::remove_dir(folder.path().join("a folder")).expect("still empty");
    assert_intact(&folder, &file);
}

/// A memory whose writing fails after far more than any buffer holds.
struct Interrupted;

impl Serialize for Interrupted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for k in 0..100_000 {
            sequence.serialize_element(&k)?;
        }
        Err(S::Error::custom("the machine went down"))
    }
}

#[test]
fn a_write_that_ends_halfway_leaves_the_old_one() {
    let (folder, file) = saved();
    let interrupted =
        TrainingState { iteration: 6, parameters: state(0.2).parameters, optimizer: Interrupted };
    match save_checkpoint(&file, RUN, &interrupted) {
        Err(TrainError::CheckpointWrite { source, .. }) => {
            assert!(source.to_string().contains("went down"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    assert_intact(&folder, &file);
}

#[test]
fn a_state_that_could_not_be_read_again_is_not_written() {
    let (folder, file) = saved();
    for bad in [f64::NAN, f64::INFINITY] {
        let mut broken = state(0.2);
        broken.parameters[0][(1, 1)] = bad;
        let refused = save_checkpoint(&file, RUN, &broken);
        assert!(matches!(refused, Err(TrainError::CheckpointWrite { .. })), "{refused:?}");
    }
    assert_intact(&folder, &file);
}
