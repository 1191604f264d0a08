//! The contents of a data file, checked.

use std::path::Path;

use super::foreign::Foreign;
use super::padding::{Sequences, sequences};
use super::parts::{Key, Parts};
use super::{DataError, DataProblem, DataWarning, json, npz, read_bytes, warning};

/// The samples of a data file: `n` sequences, each with a label and a query, a decoder, and
/// possibly a start for the key-query matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Dimension `d` of tokens and queries.
    pub dim: usize,
    /// How many tokens each sequence has, without padding.
    pub lengths: Vec<usize>,
    /// `X`: entries of the tokens `x_it`, in a row.
    pub tokens: Vec<f64>,
    /// `Y`: labels, 1 or -1.
    pub labels: Vec<f64>,
    /// `Z`: queries `z_i`, row by row.
    pub queries: Vec<f64>,
    /// `v`: the decoder.
    pub decoder: Vec<f64>,
    /// `W0`: where training starts, row by row.
    pub start: Option<Vec<f64>>,
    /// What may be meant otherwise.
    pub warnings: Vec<DataWarning>,
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
        if bytes.is_empty() {
            return Err(DataProblem::EmptyFile);
        }
        if let Some(kind) = Foreign::of(bytes) {
            return Err(DataProblem::Foreign(kind));
        }
        let parts = if bytes.starts_with(b"PK") { npz::parse(bytes) } else { json::parse(bytes) };
        Self::from_parts(parts?)
    }

    /// Checks every size and every number.
    fn from_parts(mut parts: Parts) -> Result<Self, DataProblem> {
        // What is missing is told before what is wrong with the rest.
        let x = sequences(&mut parts)?;
        let (y, z, v) = (parts.need(Key::Y)?, parts.need(Key::Z)?, parts.need(Key::V)?);
        if let Some(at) = not_finite(&x.tokens) {
            let (i, t) = x.place(at / x.dim);
            let place = format!("X[{i}][{t}][{}]", at % x.dim);
            return Err(DataProblem::NotFinite { place, value: x.tokens[at].to_string() });
        }
        let moved = x.moved();
        let Sequences { lengths, tokens, dim, .. } = x;
        let n = lengths.len();
        let labels = y.into_vector("Y")?;
        size("Y", "labels", labels.len(), n, "one for each sequence of X")?;
        check_labels(&labels)?;
        let queries =
            Rows { place: "Z", what: "queries", n, because: "one for each sequence of X" };
        let queries = queries.of(z, dim)?;
        let decoder = v.into_vector("v")?;
        size("v", "entries", decoder.len(), dim, "as the tokens")?;
        finite("v", &decoder)?;
        let start =
            Rows { place: "W0", what: "rows", n: dim, because: "as many as a token has entries" };
        let start = parts.take(Key::W0).map(|w0| start.of(w0, dim)).transpose()?;
        let mut warnings = warning::of_names(&parts.names);
        if moved > 0 {
            warnings.push(DataWarning::MovedTokens { sequences: moved, of: n });
        }
        warnings.extend(warning::of_tokens(&tokens, &lengths, dim));
        Ok(Self { dim, lengths, tokens, labels, queries, decoder, start, warnings })
    }
}

/// What a matrix must be.
struct Rows {
    place: &'static str,
    what: &'static str,
    n: usize,
    because: &'static str,
}

impl Rows {
    /// Its entries, row by row.
    fn of(&self, list: super::nested::NestedList, dim: usize) -> Result<Vec<f64>, DataProblem> {
        let Self { place, what, n, because } = *self;
        if list.depth() != 2 {
            return Err(list.wrong_shape(place, "2 axes"));
        }
        size(place, what, list.sizes(0)[0], n, because)?;
        for (i, found) in list.sizes(1).iter().enumerate() {
            size(&format!("{place}[{i}]"), "entries", *found, dim, "as the tokens")?;
        }
        match not_finite(list.values()) {
            None => Ok(list.into_values()),
            Some(at) => {
                let (place, value) =
                    (format!("{place}[{}][{}]", at / dim, at % dim), list.values()[at]);
                Err(DataProblem::NotFinite { place, value: value.to_string() })
            }
        }
    }
}

fn check_labels(labels: &[f64]) -> Result<(), DataProblem> {
    let Some(i) = labels.iter().position(|label| ![1.0, -1.0].contains(label)) else {
        return Ok(());
    };
    let mut classes: Vec<f64> = Vec::new();
    for label in labels {
        if !classes.contains(label) && classes.len() <= 2 {
            classes.push(*label);
        }
    }
    classes.sort_by(f64::total_cmp);
    let remedy = match classes[..] {
        [low, high] if low.is_finite() && high.is_finite() => {
            format!(": write -1 for {low} and 1 for {high} (numpy.where(Y == {high}, 1, -1), say)")
        }
        [label] if label.is_finite() => ": write one of them instead".into(),
        _ => {
            ": leave out the samples of other classes, or train one class against the others".into()
        }
    };
    Err(DataProblem::Label { place: format!("Y[{i}]"), value: labels[i], remedy })
}

fn size(
    place: &str,
    what: &'static str,
    found: usize,
    expected: usize,
    because: &'static str,
) -> Result<(), DataProblem> {
    if found == expected {
        return Ok(());
    }
    Err(DataProblem::WrongSize { place: place.to_owned(), what, found, expected, because })
}

fn not_finite(values: &[f64]) -> Option<usize> {
    values.iter().position(|value| !value.is_finite())
}

fn finite(place: &str, values: &[f64]) -> Result<(), DataProblem> {
    match not_finite(values) {
        None => Ok(()),
        Some(k) => Err(DataProblem::NotFinite {
            place: format!("{place}[{k}]"),
            value: values[k].to_string(),
        }),
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
        assert_eq!((data.dim, &data.lengths[..], &data.start), (2, &[2, 3][..], &None));
        assert_eq!(data.tokens, (1..=10).map(f64::from).collect::<Vec<_>>());
        assert!(data.warnings.is_empty());
    }

    #[test]
    fn a_mark_at_the_start_and_vectors_as_rows_or_columns_change_nothing() {
        let expected = read(&good()).unwrap();
        let marked = [b"\xef\xbb\xbf", good().to_string().as_bytes()].concat();
        assert_eq!(DataFile::from_bytes(&marked).unwrap(), expected);
        for (y, v) in
            [(json!([[1], [-1]]), json!([[0.5], [0.5]])), (json!([[1, -1]]), json!([[0.5, 0.5]]))]
        {
            let mut data = good();
            (data["Y"], data["v"], data["W0"]) = (y, v, Value::Null);
            assert_eq!(read(&data).unwrap(), expected);
        }
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
            ("/X/0/0", json!(5), "X[0][1] is a list, but must be a number"),
            ("/X/0/0/1", json!("a"), "X[0][0][1] is a text, but must be a number"),
            ("/X/0/0/1", json!(null), "X[0][0][1] is null"),
            ("/X/0/0/1", json!(true), "X[0][0][1] is a truth value"),
            ("/X/0/0/1", json!([1]), "X[0][0][1] is a list, but must be a number"),
            ("/Y", json!([1]), "Y has 1 labels"),
            ("/Y/1", json!(0), "Y[1] is 0; every label must be 1 or -1: write -1 for 0"),
            ("/Y", json!([true, false]), "write -1 for 0 and 1 for 1"),
            ("/Y", json!([2, 1]), "write -1 for 1 and 1 for 2"),
            ("/Y", json!([[1, 1], [1, 1]]), "Y has shape (2, 2)"),
            ("/Z/1", json!([1, 2, 3]), "Z[1] has 3 entries"),
            ("/Z", json!([1, 2]), "Z[0] is a number, but must be a list"),
            ("/v", json!({}), "v is an object"),
            ("/v", json!([1]), "v has 1 entries"),
        ] {
            let message = with(pointer, value);
            assert!(message.contains(place), "{pointer}: {message}");
        }
        let mut data = good();
        data.as_object_mut().unwrap().remove("Z");
        let message = read(&data).unwrap_err().to_string();
        assert!(message.contains("no Z: it holds X, Y, seed, v"), "{message}");
        data = good();
        data["W0"] = json!([[1, 2]]);
        assert!(read(&data).unwrap_err().to_string().contains("W0 has 1 rows"));
    }

    #[test]
    fn numbers_that_json_lacks_are_named_by_entry() {
        for (number, words) in [
            ("NaN", "X[1][2][1] is NaN"),
            ("nan", "X[1][2][1] is nan"),
            ("Infinity", "X[1][2][1] is Infinity"),
            ("-Infinity", "X[1][2][1] is -Infinity"),
            ("1e999", "X[1][2][1] is 1e999"),
            ("0x10", "JSON at X[1][2]"),
            ("", "JSON at X[1][2][1]"),
        ] {
            let text = good().to_string().replacen("10", number, 1);
            let message = DataFile::from_bytes(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(words), "{number}: {message}");
        }
    }

    #[test]
    fn texts_that_are_no_single_object_are_told_apart() {
        let good = good().to_string();
        for (text, words) in [
            (format!("{good}{good}"), "goes on after the end"),
            (format!("{good}\n{good}\n"), "JSON Lines"),
            (format!("[{good}]"), "the file is a list"),
            (good.replacen("\"Y\"", "\"X\"", 1), "has X twice"),
            (good.replace('"', "'"), "Python dictionary"),
            ("a,b\n1,2\n".into(), "CSV"),
            ("   \n".into(), "empty file"),
        ] {
            let message = DataFile::from_bytes(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(words), "{words}: {message}");
        }
        let latin = good.replacen("seed", "s\u{0}ed", 1).replace('\u{0}', "e").into_bytes();
        let latin: Vec<u8> = latin.iter().map(|b| if *b == b's' { 0xe9 } else { *b }).collect();
        assert!(DataFile::from_bytes(&latin).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn what_is_no_data_file_is_refused() {
        for bytes in
            [&b""[..], b"{", b"[1, 2]", b"{\"X\": NaN}", b"PK\x03\x04garbage", b"\x93NUMPY"]
        {
            assert!(DataFile::from_bytes(bytes).is_err());
        }
        let whole = good().to_string();
        for end in 1..whole.len() {
            let message = DataFile::from_bytes(&whole.as_bytes()[..end]).unwrap_err().to_string();
            assert!(message.contains("truncated"), "{message}");
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
