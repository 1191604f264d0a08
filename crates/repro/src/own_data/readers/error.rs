//! What can be wrong with a data file: the file, the place in it, and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::foreign::Foreign;
use super::limits::{MOST_BYTES, MOST_NUMBERS};

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
    /// A folder, or something else that isn't read like a file.
    #[error("is {what}; {remedy}")]
    NotAFile {
        /// What it is.
        what: &'static str,
        /// What to give instead.
        remedy: &'static str,
    },
    /// It has no contents.
    #[error("is an empty file; write X, Y, Z and v to it, as JSON or with numpy.savez")]
    EmptyFile,
    /// More bytes than are read.
    #[error(
        "has more than {MOST_BYTES} bytes, the most that are read; leave out sequences, or save it \
         with numpy.savez, which takes less space"
    )]
    TooManyBytes,
    /// More numbers than are read.
    #[error(
        "{place} holds more than {MOST_NUMBERS} numbers, the most that are read (a gibibyte); leave \
         out sequences, tokens or dimensions"
    )]
    TooManyNumbers {
        /// The list or array.
        place: String,
    },
    /// A file of another kind.
    #[error("{0}")]
    Foreign(Foreign),
    /// A JSON text that ends in the middle.
    #[error("is truncated: it ends in the middle of {place}; copy it again, or write it again")]
    Truncated {
        /// Where it ends.
        place: String,
    },
    /// It isn't JSON.
    #[error("isn't valid JSON at {place} ({source}); write it with a JSON library")]
    Json {
        /// The entry, as far as it can be told.
        place: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// Something follows the JSON object.
    #[error("goes on after the end of its JSON object, in line {line}; write one object to a file")]
    GoesOn {
        /// The line, counted from 1.
        line: usize,
    },
    /// Text that isn't encoded in UTF-8.
    #[error("isn't valid UTF-8 (the byte at {position}); save it with that encoding")]
    NotUtf8 {
        /// The first byte that doesn't belong to a character, counted from 0.
        position: usize,
    },
    /// A name that is there twice.
    #[error("has {key} twice; leave one of them out")]
    Duplicate {
        /// The name.
        key: String,
    },
    /// It isn't an NPZ archive, or a damaged one.
    #[error(
        "isn't a readable NPZ archive ({reason}); copy it again, or write it again with numpy.savez"
    )]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// An array of an archive that can't be read.
    #[error("the array {key} {reason}")]
    Array {
        /// The array.
        key: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A name that must be there isn't.
    #[error(
        "has no {key}: {}; X, Y, Z and v are needed, W0, lengths and mask are optional{}",
        held(present),
        renaming(present)
    )]
    Missing {
        /// The name.
        key: &'static str,
        /// The names that are there.
        present: Vec<String>,
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
    /// An array with too few or too many axes.
    #[error("{place} {found}, but must have {expected}")]
    WrongShape {
        /// The list or array.
        place: &'static str,
        /// Its shape.
        found: String,
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
        /// The number, as it is written.
        value: String,
    },
    /// A label other than 1 and -1.
    #[error("{place} is {value}; every label must be 1 or -1{remedy}")]
    Label {
        /// Where.
        place: String,
        /// The label.
        value: f64,
        /// How these labels become 1 and -1, where they are two.
        remedy: String,
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
    /// Two statements about the same tokens that can't both be true.
    #[error("{0}")]
    Contradiction(String),
    /// The start is needed but isn't there.
    #[error("has no W0 to start from; add it, or start with --w0 zeros or --w0 SEED")]
    NoStart,
    /// A result without a selection, where one is looked for.
    #[error(
        "has no selection: the result says why; name the tokens in a list instead, or use `opt`"
    )]
    NoSelection,
}

/// The most names that a message lists.
const MOST_NAMES: usize = 12;

fn held(present: &[String]) -> String {
    match present {
        [] => "it holds nothing".into(),
        names if names.len() <= MOST_NAMES => format!("it holds {}", names.join(", ")),
        names => {
            let more = names.len() - MOST_NAMES;
            format!("it holds {} and {more} more", names[..MOST_NAMES].join(", "))
        }
    }
}

/// What to do about arrays that NumPy had to name itself.
fn renaming(present: &[String]) -> &'static str {
    if present.iter().any(|name| name.starts_with("arr_")) {
        "; give the arrays their names: numpy.savez(FILE, X=X, Y=Y, Z=Z, v=v)"
    } else {
        ""
    }
}
