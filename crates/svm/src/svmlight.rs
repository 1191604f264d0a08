//! Files of svmlight and libsvm: a label and the entries of a sparse row on every line.

use std::io::{self, BufRead, Read};

use thiserror::Error;

use crate::SparseRows;

/// Labelled sparse rows, as a file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledRows {
    /// The rows.
    pub rows: SparseRows,
    /// One label a row.
    pub labels: Vec<f64>,
}

/// Which number the first column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexBase {
    /// 0 if it occurs, 1 otherwise.
    #[default]
    Guessed,
    /// 0.
    Zero,
    /// 1.
    One,
}

/// What is wrong with a file, and where: `line` and `column` (in bytes) count from 1.
#[derive(Debug, Error)]
#[error("line {line}, column {column}: {problem}")]
#[non_exhaustive]
pub struct SvmlightError {
    /// The line.
    pub line: usize,
    /// The first byte of what is wrong in it.
    pub column: usize,
    /// What is wrong.
    pub problem: SvmlightProblem,
}

/// What can be wrong with a line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SvmlightProblem {
    /// The file could not be read on.
    #[error("reading failed: {0}")]
    Read(#[from] io::Error),
    /// The first word isn't a finite number.
    #[error("the label {0:?} isn't a finite number")]
    Label(String),
    /// A word without a colon, or with no whole number before it.
    #[error("{0:?} isn't an entry: a column's number, a colon and a value")]
    Entry(String),
    /// A value that isn't a finite number.
    #[error("the value of {0:?} isn't a finite number")]
    Value(String),
    /// A column with a number below the first or beyond [`MOST_COLUMNS`].
    #[error("column {0} is out of range: there are at most {MOST_COLUMNS} columns")]
    Column(u64),
    /// A column that occurs twice in a line.
    #[error("column {0} occurs twice")]
    Repeated(u64),
    /// A line longer than [`LONGEST_LINE`].
    #[error("the line is longer than {LONGEST_LINE} bytes")]
    Long,
    /// No line holds a row.
    #[error("no row in the file")]
    Empty,
}

/// Columns beyond this are taken for a fault: every column costs memory whether or not it has entries.
pub const MOST_COLUMNS: u64 = 1 << 26;

/// Lines beyond this are taken for a fault.
pub const LONGEST_LINE: usize = 1 << 27;

/// Reads labelled rows, line by line. Comments (from `#` on), empty lines and `qid:` are read over; entries in any
/// order are put in order.
///
/// ```
/// use mirrorhead_kernels::LinearOperator;
/// use mirrorhead_svm::{IndexBase, read_svmlight};
/// let text = "# two points\n+1 1:0.5 3:2 # the first\n-1 qid:7 2:-1e3\n";
/// let data = read_svmlight(text.as_bytes(), IndexBase::Guessed)?;
/// assert_eq!(data.labels, [1.0, -1.0]);
/// assert_eq!((data.rows.nrows(), data.rows.ncols()), (2, 3));
/// let error = read_svmlight("1 1:2\n-1 2:x\n".as_bytes(), IndexBase::One).unwrap_err();
/// assert_eq!(error.to_string(), "line 2, column 4: the value of \"2:x\" isn't a finite number");
/// # Ok::<(), mirrorhead_svm::SvmlightError>(())
/// ```
///
/// # Errors
/// The first [`SvmlightProblem`] with its place, whatever the bytes.
pub fn read_svmlight(
    mut reader: impl BufRead,
    base: IndexBase,
) -> Result<LabelledRows, SvmlightError> {
    let (mut labels, mut rows) = (Vec::new(), Rows::default());
    let mut bytes = Vec::new();
    for line in 1.. {
        let at = |column: usize, problem| SvmlightError { line, column, problem };
        bytes.clear();
        let mut limited = reader.by_ref().take(LONGEST_LINE as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes);
        if read.map_err(|error| at(1, error.into()))? == 0 {
            break;
        }
        if bytes.len() > LONGEST_LINE {
            return Err(at(1, SvmlightProblem::Long));
        }
        let text = bytes.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = Words { text, at: if line == 1 { mark_of_order(text) } else { 0 } };
        let Some((column, word)) = words.next() else { continue };
        labels.push(label(word).map_err(|problem| at(column, problem))?);
        for (column, word) in words {
            rows.take(word, base).map_err(|problem| at(column, problem))?;
        }
        rows.end().map_err(|problem| at(1, problem))?;
    }
    if labels.is_empty() {
        return Err(SvmlightError { line: 1, column: 1, problem: SvmlightProblem::Empty });
    }
    Ok(LabelledRows { rows: rows.finish(base), labels })
}

/// The length of a byte order mark that the text starts with.
fn mark_of_order(text: &[u8]) -> usize {
    if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}

/// The words of a line, each with the number of its first byte.
struct Words<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Iterator for Words<'t> {
    type Item = (usize, &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        let start = self.at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let word = &self.text[start..];
        let length = word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len());
        self.at = start + length;
        Some((start + 1, &word[..length]))
    }
}

/// A finite number; a word of other bytes than text is none.
fn number(word: &[u8]) -> Option<f64> {
    std::str::from_utf8(word).ok()?.parse().ok().filter(|x: &f64| x.is_finite())
}

/// A word as it is told in a message.
fn told(word: &[u8]) -> String {
    const LONGEST: usize = 40;
    let shown = String::from_utf8_lossy(&word[..word.len().min(LONGEST)]).into_owned();
    if word.len() > LONGEST { shown + "..." } else { shown }
}

fn label(word: &[u8]) -> Result<f64, SvmlightProblem> {
    number(word).ok_or_else(|| SvmlightProblem::Label(told(word)))
}

/// The rows read so far, their columns counted from 0 or 1 as the file has them.
struct Rows {
    offsets: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
    /// Entries of the row in progress.
    row: Vec<(u64, f64)>,
    least: u64,
}

impl Default for Rows {
    fn default() -> Self {
        let (columns, values, row) = (Vec::new(), Vec::new(), Vec::new());
        Self { offsets: vec![0], columns, values, row, least: u64::MAX }
    }
}

impl Rows {
    fn take(&mut self, word: &[u8], base: IndexBase) -> Result<(), SvmlightProblem> {
        let entry = || SvmlightProblem::Entry(told(word));
        let colon = word.iter().position(|byte| *byte == b':').ok_or_else(entry)?;
        let (index, value) = (&word[..colon], &word[colon + 1..]);
        let whole = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<u64>().ok();
        if index == b"qid" {
            return whole(value).map(|_| ()).ok_or_else(entry);
        }
        let index = whole(index).ok_or_else(entry)?;
        if index > MOST_COLUMNS || index == 0 && base == IndexBase::One {
            return Err(SvmlightProblem::Column(index));
        }
        let value = number(value).ok_or_else(|| SvmlightProblem::Value(told(word)))?;
        self.row.push((index, value));
        Ok(())
    }

    /// Ends a row.
    fn end(&mut self) -> Result<(), SvmlightProblem> {
        self.row.sort_by_key(|(index, _)| *index);
        if let Some(pair) = self.row.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(SvmlightProblem::Repeated(pair[0].0));
        }
        for (index, value) in self.row.drain(..) {
            self.least = self.least.min(index);
            self.columns.push(usize::try_from(index).expect("columns are few"));
            self.values.push(value);
        }
        self.offsets.push(self.columns.len());
        Ok(())
    }

    fn finish(mut self, base: IndexBase) -> SparseRows {
        let first = match base {
            IndexBase::Zero => 0,
            IndexBase::One => 1,
            IndexBase::Guessed => usize::from(self.least > 0),
        };
        for column in &mut self.columns {
            *column -= first;
        }
        let ncols = self.columns.iter().max().map_or(1, |last| last + 1);
        SparseRows::from_arrays(ncols, self.offsets, self.columns, self.values)
            .expect("in order, in range and finite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_kernels::LinearOperator;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<LabelledRows, String> {
        read_svmlight(text.as_bytes(), IndexBase::Guessed).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_read_in_any_order_and_from_either_base() {
        let data = read("1 3:30 1:10\r\n\n # nothing\n-1\n2.5 qid:3 2:20#x").unwrap();
        assert_eq!(data.labels, [1.0, -1.0, 2.5]);
        let mut margins = [0.0; 3];
        data.rows.apply(&[1.0, 0.1, 0.01], &mut margins);
        assert_eq!(margins, [10.3, 0.0, 2.0]);
        assert_eq!(read("1 0:1 2:1").unwrap().rows.ncols(), 3);
        assert_eq!(read("1 1:1 2:1").unwrap().rows.ncols(), 2);
        assert_eq!(read("\u{feff}1 1:1").unwrap().labels, [1.0]);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, message) in [
            ("", "line 1, column 1: no row in the file"),
            ("1 1:1\nx 1:1", "line 2, column 1: the label \"x\" isn't a finite number"),
            ("nan 1:1", "line 1, column 1: the label \"nan\" isn't a finite number"),
            ("1,2 1:1", "line 1, column 1: the label \"1,2\" isn't a finite number"),
            (
                "1  7",
                "line 1, column 4: \"7\" isn't an entry: a column's number, a colon and a value",
            ),
            (
                "1 -1:2",
                "line 1, column 3: \"-1:2\" isn't an entry: a column's number, a colon and a value",
            ),
            ("1 1:inf", "line 1, column 3: the value of \"1:inf\" isn't a finite number"),
            ("1 1:", "line 1, column 3: the value of \"1:\" isn't a finite number"),
            ("1 2:1 2:3", "line 1, column 1: column 2 occurs twice"),
            (
                "1 1:1 99999999999:1",
                "line 1, column 7: column 99999999999 is out of range: there are at most 67108864 columns",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message, "{text:?}");
        }
        let zero = read_svmlight(&b"1 0:1"[..], IndexBase::One).unwrap_err();
        assert!(matches!(zero.problem, SvmlightProblem::Column(0)), "{zero}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_svmlight(&bytes[..], IndexBase::Guessed);
        }

        #[test]
        fn what_looks_like_a_file_is_read_or_refused(text in "[-+0-9.:e#q id\n]{0,120}") {
            if let Ok(data) = read_svmlight(text.as_bytes(), IndexBase::Guessed) {
                prop_assert_eq!(data.rows.nrows(), data.labels.len());
            }
        }
    }
}
