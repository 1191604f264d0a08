//! Arrays of floats as an NPZ archive, the same bytes for the same numbers.

use std::io::{self, Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// An array: its name, its shape, and its entries with the last axis fastest.
pub type NamedArray<'a> = (&'a str, Vec<usize>, Vec<f64>);

/// Writes arrays, and a comment that NumPy ignores.
///
/// # Errors
/// More than the format holds.
///
/// # Panics
/// If entries and shape disagree.
pub fn write_arrays(arrays: &[NamedArray<'_>], comment: &str) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, entries) in arrays {
        assert_eq!(shape.iter().product::<usize>(), entries.len(), "{name}");
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(entries.len() >= 1 << 28);
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&header(shape))?;
        for entry in entries {
            archive.write_all(&entry.to_le_bytes())?;
        }
    }
    archive.set_comment(comment)?;
    Ok(archive.finish()?.into_inner())
}

/// The header of an array, padded so that the entries begin at a multiple of 64 bytes.
fn header(shape: &[usize]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let sizes = sizes.join(" ");
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({sizes}), }}");
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let text = format!("{text:<width$}\n", width = length - 1);
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::read_arrays;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let arrays =
            [("a", vec![2, 3], vec![1.0, -0.0, 3.0, 4.0, 5e-324, 6.0]), ("b", vec![1], vec![7.0])];
        let bytes = write_arrays(&arrays, "run 1").unwrap();
        assert_eq!(bytes, write_arrays(&arrays, "run 1").unwrap());
        let ([a, b, c], comment) = read_arrays(&bytes, ["a", "b", "c"]).unwrap();
        assert_eq!(a.unwrap().into_values(), arrays[0].2);
        assert_eq!((b.unwrap().into_values(), c, comment.as_str()), (vec![7.0], None, "run 1"));
    }
}
