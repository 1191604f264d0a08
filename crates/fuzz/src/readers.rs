//! Targets that read files: data in JSON and NPZ, selections, checkpoints.

use std::fs;
use std::io::{Cursor, Write};

use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_mirror::{DualState, MirrorDescent, Optimizer, StepSize};
use mirrorhead_repro::{DataFile, DataWarning, parse_selection};
use mirrorhead_svm::{IndexBase, LabelledRows, read_svmlight};
use mirrorhead_trainer::{TrainingState, load_checkpoint, save_checkpoint};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// The run of the checkpoints.
const RUN: &str = "run";

const JSON: &str = r#"{"X": [[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]], "Y": [1, -1.0],
 "Z": [[1, 0], [0, 1]], "v": [0.5, -5e-1], "W0": [[0, 0], [0, 1e-3]], "lengths": [1, 2],
 "mask": [[true, false], [1, 1]], "seed": {"ignored": [null, "x"]}}"#;

pub fn json_seeds() -> Vec<Vec<u8>> {
    let texts = [
        JSON,
        r#"{"X": [[1, 2], [3, 4], [5, 6]], "lengths": [[1], [2]], "Y": [[1], [-1]], "Z": [[1, 0], [0, 1]], "v": [[1], [2]]}"#,
        "{\"X\": [[[NaN]]]}",
        "{\"x\": 1}\n{\"x\": 2}\n",
        "a,b\n1,2\n",
        "{'X': [1]}",
        "\u{feff}{}",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).to_vec();
    seeds.push(JSON.encode_utf16().flat_map(u16::to_le_bytes).collect());
    seeds
}

/// What a data file is taken for.
pub fn data_file(bytes: &[u8]) -> String {
    match DataFile::from_bytes(bytes) {
        Err(problem) => shape(&problem.to_string()),
        Ok(data) => {
            let tokens: usize = data.lengths.iter().sum();
            assert_eq!(data.tokens.len(), tokens * data.dim);
            assert_eq!(data.queries.len(), data.lengths.len() * data.dim);
            assert_eq!((data.labels.len(), data.decoder.len()), (data.lengths.len(), data.dim));
            assert!(data.tokens.iter().chain(&data.queries).all(|x| x.is_finite()));
            let warnings: Vec<_> = data.warnings.iter().map(DataWarning::kind).collect();
            format!("read {} {warnings:?} {}", data.start.is_some(), data.lengths.len())
        }
    }
}

pub fn npz_seeds() -> Vec<Vec<u8>> {
    let arrays = array_seeds().into_iter().map(|seed| frames(&seed));
    arrays
        .flat_map(|arrays| {
            [CompressionMethod::Stored, CompressionMethod::Deflated]
                .map(|method| archive(&arrays, method))
        })
        .collect()
}

/// The names of the arrays in an input of [`archive_of_arrays`].
const NAMES: [&str; 7] = ["X", "Y", "Z", "v", "W0", "lengths", "mask"];

/// Arrays behind each other, each after its length in two bytes.
pub fn array_seeds() -> Vec<Vec<u8>> {
    let floats = |shape: &str, n: usize| {
        let data: Vec<u8> = (0..n).flat_map(|k| (k as f64 - 2.5).to_le_bytes()).collect();
        npy("<f8", "False", shape, &data)
    };
    let labels = npy("|i1", "False", "(2,)", &[1, 0xff]);
    let whole = vec![
        floats("(2, 2, 3)", 12),
        labels.clone(),
        floats("(2, 3)", 6),
        floats("(3,)", 3),
        floats("(3, 3)", 9),
        npy("<i4", "False", "(2,)", &[1, 0, 0, 0, 2, 0, 0, 0]),
        npy("|b1", "False", "(2, 2)", &[1, 0, 1, 1]),
    ];
    let halves = vec![
        npy("<f2", "True", "(3, 2)", &[0, 0x3c, 0, 0xbc, 0, 0x40, 1, 0x3c, 2, 0x3c, 3, 0x3c]),
        labels,
        npy(
            ">f4",
            "False",
            "(2, 2)",
            &[0x3f, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0x80, 0, 0],
        ),
        floats("(1, 2)", 2),
        Vec::new(),
        npy("|u1", "False", "(2, 1)", &[1, 2]),
    ];
    [whole, halves].map(|arrays| framed(&arrays)).to_vec()
}

/// What an archive is taken for whose checksums are right, whatever its arrays are.
pub fn archive_of_arrays(bytes: &[u8]) -> String {
    data_file(&archive(&frames(bytes), CompressionMethod::Stored))
}

fn framed(arrays: &[Vec<u8>]) -> Vec<u8> {
    let frame = |array: &Vec<u8>| {
        let length = u16::try_from(array.len()).unwrap_or(0).to_le_bytes();
        [&length[..], array].concat()
    };
    arrays.iter().flat_map(frame).collect()
}

fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut arrays = Vec::new();
    while let [low, high, rest @ ..] = bytes {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (array, rest) = rest.split_at(length);
        arrays.push(array.to_vec());
        bytes = rest;
    }
    arrays
}

fn archive(arrays: &[Vec<u8>], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in NAMES.iter().zip(arrays).filter(|(_, array)| !array.is_empty()) {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{name}.npy"), options).expect("memory takes it");
        zip.write_all(array).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap_or(0).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

pub fn selection_seeds() -> Vec<Vec<u8>> {
    [&b"[3, 0, 2]"[..], b"{\"selection\": [1], \"loss\": 2}", b"\xef\xbb\xbf[0]"]
        .map(<[_]>::to_vec)
        .to_vec()
}

/// What a selection is taken for.
pub fn selection(bytes: &[u8]) -> String {
    parse_selection(bytes).map_or_else(
        |problem| shape(&problem.to_string()),
        |tokens| format!("read {}", tokens.len()),
    )
}

pub fn svmlight_seeds() -> Vec<Vec<u8>> {
    ["1 1:0.5 3:-2e-3 # a\n-1 2:1\n", "0 0:1\n1 qid:7 5:2 4:1\r\n", "+1\n-1 67108864:1\n"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

/// What rows with labels are taken for.
pub fn svmlight(bytes: &[u8]) -> String {
    match read_svmlight(bytes, IndexBase::Guessed) {
        Err(error) => shape(&error.to_string()),
        Ok(LabelledRows { rows, labels }) => {
            assert_eq!(rows.nrows(), labels.len());
            assert!(labels.iter().all(|label| label.is_finite()));
            let w = vec![1.0; rows.ncols().min(1 << 12)];
            let mut margins = vec![0.0; rows.nrows()];
            if w.len() == rows.ncols() {
                rows.apply(&w, &mut margins);
            }
            format!("read {} {}", labels.len().min(9), rows.ncols().min(9))
        }
    }
}

fn trained() -> TrainingState<DualState> {
    let parameters = vec![Matrix::from_fn(2, 2, |i, j| 0.1 / (1.0 + i as f64 - 3.0 * j as f64))];
    let method = MirrorDescent::gradient_descent(StepSize::Constant(0.1));
    let optimizer = method.init(&parameters).expect("finite");
    TrainingState { iteration: 5, parameters, optimizer }
}

pub fn checkpoint_seeds() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("checkpoint.json");
    save_checkpoint(&path, RUN, &trained()).expect("a writable folder");
    vec![fs::read(path).expect("just written")]
}

/// What a checkpoint is taken for; nothing is believed but what was written.
pub fn checkpoint(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a writable folder");
    fs::write(file.path(), bytes).expect("a writable file");
    match load_checkpoint::<DualState>(file.path(), RUN) {
        Ok(state) => {
            assert_eq!(state, trained(), "another state is believed");
            "read".into()
        }
        Err(error) => {
            let name = file.path().display().to_string();
            shape(&error.to_string().replace(&name, ""))
        }
    }
}

/// A message without its numbers: what kind it is of.
fn shape(message: &str) -> String {
    message.chars().filter(|c| !c.is_ascii_digit()).take(60).collect()
}
