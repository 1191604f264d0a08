//! What can be wrong with a data file: the file, the place in it, and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file that can't be used, and why.
#[derive(Debug, Error)]
#[error("{}: {problem}", file.display())]
pub struct DataError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: DataProblem,
}

impl DataError {
    /// A problem of this file.
    pub fn new(file: &Path, problem: DataProblem) -> Self {
        Self { file: file.to_owned(), problem }
    }
}

/// What is wrong with a data file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataProblem {
    /// The system can't read it.
    #[error("can't be read ({0}); check its path and permissions")]
    Unreadable(io::Error),
    /// It has no contents.
    #[error("is an empty file; write X, Y, Z and v to it, as JSON or with numpy.savez")]
    EmptyFile,
    /// It isn't JSON, or stops in the middle.
    #[error(
        "isn't valid JSON ({0}); it may be truncated, or hold NaN or Infinity, which JSON lacks"
    )]
    Json(serde_json::Error),
    /// It isn't an NPZ archive, or a damaged one.
    #[error("isn't a readable NPZ archive ({reason}); write it again with numpy.savez")]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// An array of an archive that isn't in NPY format, of an unsupported type, or of a wrong shape.
    #[error("the array {key} {reason}")]
    Array {
        /// The array.
        key: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A name that must be there isn't.
    #[error("has no {key}; X, Y, Z and v are needed, W0 is optional")]
    Missing {
        /// The name.
        key: &'static str,
    },
    /// Something other than a number or a list where one belongs.
    #[error("{place} is {found}, but must be {expected}")]
    WrongType {
        /// Where.
        place: String,
        /// What is there.
        found: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// A size that doesn't agree with the rest of the data.
    #[error("{place} has {found} {what}, but must have {expected} ({because})")]
    WrongSize {
        /// Where.
        place: String,
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
        /// What fixes that number.
        because: &'static str,
    },
    /// A NaN or an infinite number.
    #[error("{place} is {value}; every number must be finite: replace it, or leave the sample out")]
    NotFinite {
        /// Where.
        place: String,
        /// The number.
        value: f64,
    },
    /// A label other than 1 and -1.
    #[error("{place} is {value}; every label must be 1 or -1")]
    Label {
        /// Where.
        place: String,
        /// The label.
        value: f64,
    },
    /// A list without elements.
    #[error("{place} is empty; {remedy}")]
    Empty {
        /// Where.
        place: String,
        /// What belongs there.
        remedy: &'static str,
    },
    /// A number that isn't a valid token or length.
    #[error("{place} is {value}, which isn't a whole number of at least {least}")]
    NotCount {
        /// Where.
        place: String,
        /// The number.
        value: f64,
        /// The smallest valid one.
        least: usize,
    },
    /// The start is needed but isn't there.
    #[error("has no W0 to start from; add it, or start with --w0 zeros or --w0 SEED")]
    NoStart,
}
