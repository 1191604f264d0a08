//! One array in the NPY format, as `f64` in C order.

use std::io::Read;

use super::nested::NestedList;
use super::npy_header::{NpyHeader, Order, take};

/// Bytes that are read at a time; a multiple of every width.
const BUFFER_BYTES: usize = 1 << 16;

/// Reads an array of floats, integers or truth values, of either byte order, in C or Fortran order,
/// to its end and the end of `reader`, which may have something to say there about a checksum.
///
/// Memory grows with what is read, never with what a header merely announces.
///
/// # Errors
/// What is wrong and its remedy, as the rest of a sentence about the array.
pub fn read(mut reader: impl Read) -> Result<NestedList, String> {
    let header = NpyHeader::read(&mut reader)?;
    let mut values = Vec::new();
    let mut bytes = vec![0; BUFFER_BYTES];
    while values.len() < header.count {
        let entries = (header.count - values.len()).min(BUFFER_BYTES / header.kind.width);
        let bytes = &mut bytes[..entries * header.kind.width];
        take(&mut reader, bytes)?;
        values.extend(bytes.chunks_exact(header.kind.width).map(|entry| header.kind.decode(entry)));
    }
    match reader.read(&mut [0]) {
        Ok(0) => {}
        Ok(_) => return Err("goes on after its last entry; write the file again".into()),
        Err(error) => return Err(format!("can't be read to its end ({error})")),
    }
    if header.kind.is_bool() && values.iter().any(|value| *value > 1.0) {
        return Err("has truth values other than 0 and 1; write the file again".into());
    }
    if header.order == Order::Fortran {
        values = to_c_order(&header.shape, &values);
    }
    Ok(NestedList::dense(&header.shape, values))
}

/// Entries stored with the first axis fastest, reordered to the last axis fastest.
fn to_c_order(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let mut index = vec![0; shape.len()];
    let mut reordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let position = index.iter().zip(shape).rev().fold(0, |position, (i, n)| position * n + i);
        reordered.push(values[position]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    reordered
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An array in NPY format, version 1.
    pub fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn types_and_byte_orders() {
        let decode = |descr: &str, data: &[u8]| {
            read(&npy(descr, "False", "(1,)", data)[..]).map(|list| list.values()[0])
        };
        assert_eq!(decode("<f8", &1.5f64.to_le_bytes()), Ok(1.5));
        assert_eq!(decode(">f8", &1.5f64.to_be_bytes()), Ok(1.5));
        assert_eq!(decode("<f4", &(-2.5f32).to_le_bytes()), Ok(-2.5));
        assert_eq!(decode(">f4", &(-2.5f32).to_be_bytes()), Ok(-2.5));
        assert_eq!(decode("<f2", &0xc100u16.to_le_bytes()), Ok(-2.5));
        assert_eq!(decode(">f2", &0xc100u16.to_be_bytes()), Ok(-2.5));
        assert_eq!(decode("|b1", &[1]), Ok(1.0));
        assert!(decode("|b1", &[2]).unwrap_err().contains("truth values"));
        assert_eq!(decode("|i1", &[0xff]), Ok(-1.0));
        assert_eq!(decode("|u1", &[0xff]), Ok(255.0));
        assert_eq!(decode("<i8", &(-1i64).to_le_bytes()), Ok(-1.0));
        assert_eq!(decode(">i4", &(-7i32).to_be_bytes()), Ok(-7.0));
        assert!(decode("<c8", &[0; 8]).unwrap_err().contains("<c8"));
        assert!(decode("|O", &[0; 8]).unwrap_err().contains("`lengths`"));
        assert!(decode("<U5", &[0; 20]).is_err());
        assert!(decode("<f8", &[0; 9]).unwrap_err().contains("goes on"));
        assert!(decode("<f8", &[0; 7]).unwrap_err().contains("truncated"));
    }

    #[test]
    fn fortran_order_is_undone() {
        let data: Vec<u8> = [1, 4, 2, 5, 3, 6].to_vec();
        let list = read(&npy("|u1", "True", "(2, 3)", &data)[..]).unwrap();
        assert_eq!(list.values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn an_announcement_allocates_nothing() {
        let shape = "(4611686018427387904, 2)";
        assert!(read(&npy("<f8", "False", shape, &[])[..]).unwrap_err().contains("memory"));
        assert!(read(&npy("<f8", "False", "(99999999999,)", &[1])[..]).is_err());
    }

    proptest! {
        #[test]
        fn damaged_arrays_never_panic(at in 0usize..120, byte: u8, cut in 0usize..140) {
            let mut bytes = npy("<f8", "True", "(2, 2)", &[7; 32]);
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(cut);
            let _ = read(&bytes[..]);
        }
    }
}
