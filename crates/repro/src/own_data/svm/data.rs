//! Rows with labels, from svmlight, JSON or NPZ.

use std::error::Error;
use std::path::Path;

use mirrorhead_harness::sha256;
use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_svm::{IndexBase, SparseRows, read_svmlight};
use serde::Deserialize;

use crate::own_data::readers::{DataProblem, read_arrays, read_bytes, syntax};

/// Rows, as the file stores them.
pub enum Rows {
    /// Every entry.
    Dense(DenseRows),
    /// The entries that aren't zero.
    Sparse(SparseRows),
}

/// What was read.
pub struct LabelledData {
    /// The rows.
    pub rows: Rows,
    /// A label for each.
    pub labels: Vec<f64>,
    /// The digest of the file.
    pub sha256: String,
}

impl Rows {
    /// The rows as an operator.
    pub fn operator(&self) -> &dyn LinearOperator {
        match self {
            Self::Dense(rows) => rows,
            Self::Sparse(rows) => rows,
        }
    }
}

/// Rows and labels in JSON; whatever else the file holds is read over.
#[derive(Deserialize)]
struct JsonData {
    #[serde(rename = "X")]
    rows: Vec<Vec<f64>>,
    #[serde(rename = "y", alias = "Y")]
    labels: Vec<f64>,
}

impl LabelledData {
    /// Reads a file; what it is shows in its first bytes.
    ///
    /// # Errors
    /// A file that can't be read, with the place of the fault.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let bytes = read_bytes(path)?;
        let named = |error: Box<dyn Error>| format!("{}: {error}", path.display());
        let (rows, labels) = parse(&bytes).map_err(named)?;
        let found = rows.operator().nrows();
        if found != labels.len() {
            let message = format!("{found} rows of X, and {} labels y", labels.len());
            return Err(named(message.into()).into());
        }
        Ok(Self { rows, labels, sha256: sha256(&bytes) })
    }
}

fn parse(bytes: &[u8]) -> Result<(Rows, Vec<f64>), Box<dyn Error>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"PK") {
        npz(bytes)
    } else if text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        let JsonData { rows, labels } = read_json(text)?;
        Ok((Rows::Dense(DenseRows::new(&Matrix::from_rows(&rows)?)), labels))
    } else {
        let data = read_svmlight(bytes, IndexBase::Guessed).map_err(|error| {
            format!(
                "this is neither JSON (an object with X and y) nor NPZ, and as svmlight: {error}"
            )
        })?;
        Ok((Rows::Sparse(data.rows), data.labels))
    }
}

fn read_json(text: &[u8]) -> Result<JsonData, Box<dyn Error>> {
    serde_json::from_slice(text).map_err(|error| {
        if error.is_data() {
            return error.into();
        }
        let place = format!("the entry at line {}, column {}", error.line(), error.column());
        syntax(text, error, place).into()
    })
}

fn npz(bytes: &[u8]) -> Result<(Rows, Vec<f64>), Box<dyn Error>> {
    let ([rows, small, large], _) = read_arrays(bytes, ["X", "y", "Y"])?;
    let rows = rows.ok_or("no array X, of rows, in the archive")?;
    let labels = small.or(large).ok_or("no array y, of labels, in the archive")?;
    let (1.., Some(ncols)) =
        (rows.sizes(0)[0], (rows.depth() == 2).then(|| rows.uniform(1)).flatten())
    else {
        return Err("X isn't a matrix with a row for each label".into());
    };
    let nrows = rows.sizes(0)[0];
    let (values, labels) = (rows.into_values(), labels.into_vector("y")?);
    require_finite(&values, |at| format!("X[{}][{}]", at / ncols, at % ncols))?;
    require_finite(&labels, |at| format!("y[{at}]"))?;
    let rows = Matrix::from_fn(nrows, ncols, |j, k| values[j * ncols + k]);
    Ok((Rows::Dense(DenseRows::new(&rows)), labels))
}

/// That all are numbers; the first that isn't is named by its `place`.
fn require_finite(values: &[f64], place: impl Fn(usize) -> String) -> Result<(), DataProblem> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(DataProblem::NotFinite { place: place(at), value: values[at].to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_data::readers::write_arrays;

    #[test]
    fn formats_are_told_by_their_contents() {
        let (rows, labels) =
            parse(br#" {"X": [[1, 2], [3, 4], [5, 6]], "y": [1, -1, 1]}"#).unwrap();
        assert_eq!((rows.operator().nrows(), rows.operator().ncols(), labels.len()), (3, 2, 3));
        let (rows, labels) = parse(b"1 1:2 7:1\n0 2:1\n").unwrap();
        assert_eq!((rows.operator().nrows(), rows.operator().ncols(), labels.len()), (2, 7, 2));
        for wrong in [
            &b""[..],
            b"{",
            b"{\"X\": [[1]]}",
            b"{\"X\": [[1], [1, 2]], \"y\": [1, 2]}",
            b"PK",
            b"\0\xff",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_first_entry_that_is_no_number_is_named() {
        let told = |rows: [f64; 6], labels: [f64; 3]| {
            let arrays = [("X", vec![3, 2], rows.to_vec()), ("y", vec![3], labels.to_vec())];
            parse(&write_arrays(&arrays, "").unwrap()).map(|_| ()).map_err(|e| e.to_string())
        };
        let (rows, labels) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, -1.0, 1.0]);
        assert_eq!(told(rows, labels), Ok(()));
        let mut missing = rows;
        missing[3] = f64::NAN;
        let error = told(missing, labels).unwrap_err();
        assert!(error.starts_with("X[1][1] is NaN"), "{error}");
        let error = told(rows, [1.0, -1.0, f64::INFINITY]).unwrap_err();
        assert!(error.starts_with("y[2] is inf"), "{error}");
    }
}
