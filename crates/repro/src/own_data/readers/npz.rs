//! Data files in NPZ: arrays `X` (n x T x d, or all tokens in a row with `lengths`), `Y`, `Z`, `v`, `W0`.

use std::io::Cursor;

use zip::ZipArchive;
use zip::result::ZipError;

use super::count::count;
use super::npy::{self, Array};
use super::{DataFile, DataProblem};

/// Reads the arrays; sizes and numbers are still to be checked.
pub fn parse(bytes: &[u8]) -> Result<DataFile, DataProblem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let mut get = |key: &'static str| array(&mut archive, key);
    let need = |key, array: Option<Array>| array.ok_or(DataProblem::Missing { key });
    let tokens = match (need("X", get("X")?)?, get("lengths")?) {
        (x, Some(lengths)) => split(&x, &lengths)?,
        (x, None) => cube(&x)?,
    };
    Ok(DataFile {
        tokens,
        labels: vector("Y", need("Y", get("Y")?)?)?,
        queries: matrix("Z", &need("Z", get("Z")?)?)?,
        decoder: vector("v", need("v", get("v")?)?)?,
        start: get("W0")?.map(|start| matrix("W0", &start)).transpose()?,
    })
}

/// The array of this name, if the archive has one.
fn array(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    key: &'static str,
) -> Result<Option<Array>, DataProblem> {
    let file = match archive.by_name(&format!("{key}.npy")) {
        Err(ZipError::FileNotFound) => return Ok(None),
        other => other.map_err(|e| damaged(&e))?,
    };
    let array = npy::read(file);
    array.map(Some).map_err(|reason| DataProblem::Array { key: key.to_owned(), reason })
}

fn damaged(error: &ZipError) -> DataProblem {
    DataProblem::Archive { reason: error.to_string() }
}

/// `n x T x d`.
fn cube(array: &Array) -> Result<Vec<Vec<Vec<f64>>>, DataProblem> {
    let [_, tokens, dim] = array.shape[..] else {
        return Err(axes("X", array, "3 axes, or 2 beside an array `lengths`"));
    };
    let rows = rows(&array.values, dim);
    Ok(if tokens == 0 { Vec::new() } else { rows.chunks(tokens).map(<[_]>::to_vec).collect() })
}

/// All tokens in a row, split into sequences of these lengths.
fn split(array: &Array, lengths: &Array) -> Result<Vec<Vec<Vec<f64>>>, DataProblem> {
    let [found, dim] = array.shape[..] else {
        return Err(axes("X", array, "2 axes when there is an array `lengths`"));
    };
    let mut rows = rows(&array.values, dim).into_iter();
    let mut sequences = Vec::new();
    let mut total = 0usize;
    for (i, length) in lengths.values.iter().enumerate() {
        let whole = count(|| format!("lengths[{i}]"), *length, 1)?;
        total = total.saturating_add(whole);
        sequences.push(rows.by_ref().take(whole).collect());
    }
    if total != found {
        return Err(DataProblem::WrongSize {
            place: "X".into(),
            what: "tokens",
            found,
            expected: total,
            because: "the sum of `lengths`",
        });
    }
    Ok(sequences)
}

fn matrix(key: &'static str, array: &Array) -> Result<Vec<Vec<f64>>, DataProblem> {
    match array.shape[..] {
        [_, columns] => Ok(rows(&array.values, columns)),
        _ => Err(axes(key, array, "2 axes")),
    }
}

/// A vector, or a matrix with one column.
fn vector(key: &'static str, array: Array) -> Result<Vec<f64>, DataProblem> {
    match array.shape[..] {
        [_] | [_, 1] => Ok(array.values),
        _ => Err(axes(key, &array, "1 axis")),
    }
}

fn rows(values: &[f64], width: usize) -> Vec<Vec<f64>> {
    if width == 0 { Vec::new() } else { values.chunks(width).map(<[_]>::to_vec).collect() }
}

fn axes(key: &'static str, array: &Array, expected: &str) -> DataProblem {
    let reason = format!("has shape {:?}, but must have {expected}", array.shape);
    DataProblem::Array { key: key.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::CompressionMethod;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::super::npy::tests::npy;
    use super::*;

    fn archive(arrays: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            let options = SimpleFileOptions::default().compression_method(method);
            zip.start_file(format!("{name}.npy"), options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn floats(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Two sequences of two tokens in two dimensions, `X` in Fortran order.
    fn arrays() -> Vec<(&'static str, Vec<u8>)> {
        let x = floats(&[0.0, 4.0, 2.0, 6.0, 1.0, 5.0, 3.0, 7.0]);
        vec![
            ("X", npy("<f8", "True", "(2, 2, 2)", &x)),
            ("Y", npy("|i1", "False", "(2, 1)", &[1, 0xff])),
            ("Z", npy("<f8", "False", "(2, 2)", &floats(&[1.0, 0.0, 0.0, 1.0]))),
            ("v", npy("<f8", "False", "(2,)", &floats(&[0.5, -0.5]))),
        ]
    }

    #[test]
    fn stored_and_deflated_archives_are_read() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let data = DataFile::from_bytes(&archive(&arrays(), method)).unwrap();
            assert_eq!(data.tokens[0], [[0.0, 1.0], [2.0, 3.0]]);
            assert_eq!(data.tokens[1], [[4.0, 5.0], [6.0, 7.0]]);
            assert_eq!(data.labels, [1.0, -1.0]);
        }
    }

    #[test]
    fn lengths_split_the_tokens_into_ragged_sequences() {
        let with = |lengths: &[f64]| {
            let mut arrays = arrays();
            let x: Vec<f64> = (0..8).map(f64::from).collect();
            arrays[0].1 = npy("<f8", "False", "(4, 2)", &floats(&x));
            let shape = format!("({},)", lengths.len());
            arrays.push(("lengths", npy("<f8", "False", &shape, &floats(lengths))));
            DataFile::from_bytes(&archive(&arrays, CompressionMethod::Stored))
        };
        let tokens = with(&[1.0, 3.0]).unwrap().tokens;
        assert_eq!((tokens[0].len(), tokens[1].len()), (1, 3));
        for wrong in [&[1.0, 2.0][..], &[4.0], &[0.0, 4.0], &[1.5, 2.5], &[1e300, 1.0]] {
            assert!(with(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn defects_name_the_array() {
        let with = |index: usize, array: Vec<u8>| {
            let mut arrays = arrays();
            arrays[index].1 = array;
            let bytes = archive(&arrays, CompressionMethod::Stored);
            DataFile::from_bytes(&bytes).unwrap_err().to_string()
        };
        assert!(with(0, npy("<f8", "False", "(1,)", &[0; 8])).contains("array X has shape [1]"));
        assert!(with(0, npy("<f8", "False", "(0, 2, 2)", &[])).contains("X is empty"));
        assert!(with(1, b"no array".to_vec()).contains("array Y isn't in NPY format"));
        assert!(with(2, npy("<f8", "False", "(2, 2)", &[0; 8])).contains("array Z is truncated"));
        let nan = floats(&[1.0, f64::NAN]);
        assert!(with(3, npy("<f8", "False", "(2,)", &nan)).contains("v[1] is NaN"));
        let missing = archive(&arrays()[..3], CompressionMethod::Stored);
        assert!(DataFile::from_bytes(&missing).unwrap_err().to_string().contains("no v"));
    }

    proptest! {
        #[test]
        fn damaged_archives_never_panic(at: usize, byte: u8, cut in 0usize..1200) {
            let mut bytes = archive(&arrays(), CompressionMethod::Deflated);
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = DataFile::from_bytes(&bytes);
            bytes.truncate(cut);
            let _ = DataFile::from_bytes(&bytes);
        }
    }
}
