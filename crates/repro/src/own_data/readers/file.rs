//! The contents of a data file, checked.

use std::fs;
use std::path::Path;

use super::{DataError, DataProblem, json, npz};

/// The samples of a data file: `n` sequences, each with a label and a query, a decoder, and
/// possibly a start for the key-query matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// `X`: tokens `x_it`, by sequence; lengths may differ.
    pub tokens: Vec<Vec<Vec<f64>>>,
    /// `Y`: labels, 1 or -1.
    pub labels: Vec<f64>,
    /// `Z`: queries `z_i`.
    pub queries: Vec<Vec<f64>>,
    /// `v`: the decoder.
    pub decoder: Vec<f64>,
    /// `W0`: where training starts, row by row.
    pub start: Option<Vec<Vec<f64>>>,
}

impl DataFile {
    /// Reads a file in JSON or NPZ, whichever it is.
    ///
    /// # Errors
    /// Whatever makes it unusable, with the place in the file.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::from_bytes(&read_bytes(path)?).map_err(|problem| DataError::new(path, problem))
    }

    /// Reads the contents of a file in JSON or NPZ, whichever it is.
    ///
    /// # Errors
    /// Whatever makes them unusable, with the place.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataProblem> {
        let data = match bytes {
            [] => return Err(DataProblem::EmptyFile),
            [b'P', b'K', ..] => npz::parse(bytes)?,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
                let reason = "it is a single array".to_owned();
                return Err(DataProblem::Archive { reason });
            }
            _ => json::parse(bytes)?,
        };
        data.check()?;
        Ok(data)
    }

    /// Dimension of tokens and queries.
    pub fn dim(&self) -> usize {
        self.decoder.len()
    }

    /// Checks every size and every number.
    fn check(&self) -> Result<(), DataProblem> {
        let n = self.tokens.len();
        let empty = |place: String, remedy| Err(DataProblem::Empty { place, remedy });
        if n == 0 {
            return empty("X".into(), "at least one sequence is needed");
        }
        if let Some(i) = self.tokens.iter().position(Vec::is_empty) {
            return empty(format!("X[{i}]"), "every sequence needs at least one token");
        }
        let d = self.tokens[0][0].len();
        if d == 0 {
            return empty("X[0][0]".into(), "a token needs at least one entry");
        }
        for (i, sequence) in self.tokens.iter().enumerate() {
            for (t, token) in sequence.iter().enumerate() {
                size(|| format!("X[{i}][{t}]"), "entries", token.len(), d, "as the first token")?;
                finite(|| format!("X[{i}][{t}]"), token)?;
            }
        }
        size(|| "Y".into(), "labels", self.labels.len(), n, "one for each sequence of X")?;
        for (i, label) in self.labels.iter().enumerate() {
            if ![1.0, -1.0].contains(label) {
                return Err(DataProblem::Label { place: format!("Y[{i}]"), value: *label });
            }
        }
        size(|| "Z".into(), "queries", self.queries.len(), n, "one for each sequence of X")?;
        for (i, query) in self.queries.iter().enumerate() {
            size(|| format!("Z[{i}]"), "entries", query.len(), d, "as the tokens")?;
            finite(|| format!("Z[{i}]"), query)?;
        }
        size(|| "v".into(), "entries", self.decoder.len(), d, "as the tokens")?;
        finite(|| "v".into(), &self.decoder)?;
        if let Some(start) = &self.start {
            size(|| "W0".into(), "rows", start.len(), d, "as many as a token has entries")?;
            for (i, row) in start.iter().enumerate() {
                size(|| format!("W0[{i}]"), "entries", row.len(), d, "as the tokens")?;
                finite(|| format!("W0[{i}]"), row)?;
            }
        }
        Ok(())
    }
}

/// The contents of a file, not looked at yet.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(|error| DataError::new(path, DataProblem::Unreadable(error)))
}

fn size(
    place: impl Fn() -> String,
    what: &'static str,
    found: usize,
    expected: usize,
    because: &'static str,
) -> Result<(), DataProblem> {
    if found == expected {
        return Ok(());
    }
    Err(DataProblem::WrongSize { place: place(), what, found, expected, because })
}

fn finite(place: impl Fn() -> String, values: &[f64]) -> Result<(), DataProblem> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(k) => {
            Err(DataProblem::NotFinite { place: format!("{}[{k}]", place()), value: values[k] })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "X": [[[1.0, 2], [3, 4]], [[5, 6], [7, 8], [9, 10]]],
            "Y": [1, -1.0], "Z": [[1, 0], [0, 1]], "v": [0.5, 0.5], "seed": {"ignored": [null]},
        })
    }

    fn read(value: &Value) -> Result<DataFile, DataProblem> {
        DataFile::from_bytes(value.to_string().as_bytes())
    }

    #[test]
    fn ragged_json_without_a_start_is_read() {
        let data = read(&good()).unwrap();
        assert_eq!((data.dim(), data.tokens[1].len(), data.start), (2, 3, None));
    }

    #[test]
    fn every_defect_is_named_with_its_place() {
        let with = |pointer: &str, value: Value| {
            let mut data = good();
            *data.pointer_mut(pointer).unwrap() = value;
            read(&data).unwrap_err().to_string()
        };
        for (pointer, value, place) in [
            ("/X", json!([]), "X is empty"),
            ("/X/1", json!([]), "X[1] is empty"),
            ("/X/1/2", json!([1]), "X[1][2] has 1 entries"),
            ("/X/1/2", json!(5), "X[1][2] is a number"),
            ("/X/0/0/1", json!("a"), "X[0][0][1] is a text"),
            ("/X/0/0/1", json!(null), "X[0][0][1] is null"),
            ("/Y", json!([1]), "Y has 1 labels"),
            ("/Y/1", json!(0), "Y[1] is 0"),
            ("/Z/1", json!([1, 2, 3]), "Z[1] has 3 entries"),
            ("/v", json!({}), "v is an object"),
            ("/v", json!([1]), "v has 1 entries"),
        ] {
            let message = with(pointer, value);
            assert!(message.contains(place), "{pointer}: {message}");
        }
        let mut data = good();
        data.as_object_mut().unwrap().remove("Z");
        assert!(read(&data).unwrap_err().to_string().contains("no Z"));
        data = good();
        data["W0"] = json!([[1, 2]]);
        assert!(read(&data).unwrap_err().to_string().contains("W0 has 1 rows"));
    }

    #[test]
    fn what_is_no_data_file_is_refused() {
        for bytes in
            [&b""[..], b"{", b"[1, 2]", b"{\"X\": NaN}", b"PK\x03\x04garbage", b"\x93NUMPY"]
        {
            assert!(DataFile::from_bytes(bytes).is_err());
        }
        let whole = good().to_string();
        for end in 0..whole.len() {
            assert!(DataFile::from_bytes(&whole.as_bytes()[..end]).is_err());
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = DataFile::from_bytes(&bytes);
            let _ = DataFile::from_bytes(&[b"PK\x03\x04", &bytes[..]].concat());
        }

        #[test]
        fn damaged_json_never_panics(at in 0usize..120, byte: u8) {
            let mut bytes = good().to_string().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = DataFile::from_bytes(&bytes);
        }
    }
}
