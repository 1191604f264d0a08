//! One array in the NPY format, as `f64` in C order.

use std::io::Read;

/// A dense array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its size along each axis.
    pub shape: Vec<usize>,
    /// Its entries, the last axis fastest.
    pub values: Vec<f64>,
}

const TRUNCATED: &str = "is truncated; write the file again";

/// Reads an array of floats or integers, of either byte order, in C or Fortran order.
///
/// Memory grows with what is read, never with what a header merely announces.
///
/// # Errors
/// What is wrong and its remedy, as the rest of a sentence about the array.
pub fn read(mut reader: impl Read) -> Result<Array, String> {
    let mut prefix = [0; 8];
    take(&mut reader, &mut prefix)?;
    if prefix[..6] != *b"\x93NUMPY" {
        return Err("isn't in NPY format; write the file again with numpy.savez".into());
    }
    let length = if prefix[6] == 1 {
        let mut bytes = [0; 2];
        take(&mut reader, &mut bytes)?;
        u32::from(u16::from_le_bytes(bytes))
    } else {
        let mut bytes = [0; 4];
        take(&mut reader, &mut bytes)?;
        u32::from_le_bytes(bytes)
    };
    let mut header = Vec::new();
    let read = (&mut reader).take(length.into()).read_to_end(&mut header);
    if read.map_err(|e| e.to_string())? != length as usize {
        return Err(TRUNCATED.into());
    }
    let header = String::from_utf8_lossy(&header);
    let kind = Kind::parse(&header)?;
    let shape = shape(&header)
        .ok_or("has a header without a shape; write the file again with numpy.savez")?;
    let count = shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    let bytes = count.and_then(|count| count.checked_mul(kind.width));
    let (Some(count), Some(bytes)) = (count, bytes) else {
        return Err("announces more entries than any memory holds".into());
    };
    let mut data = Vec::new();
    (&mut reader).take(bytes as u64).read_to_end(&mut data).map_err(|e| e.to_string())?;
    if data.len() != bytes {
        return Err(TRUNCATED.into());
    }
    let values: Vec<f64> = data.chunks_exact(kind.width).map(|entry| kind.decode(entry)).collect();
    debug_assert_eq!(values.len(), count);
    let fortran = field(&header, "fortran_order").is_some_and(|rest| rest.starts_with("True"));
    let values = if fortran { to_c_order(&shape, &values) } else { values };
    Ok(Array { shape, values })
}

fn take(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|_| TRUNCATED.to_owned())
}

/// The type of an array's entries.
#[derive(Debug, Clone, Copy)]
struct Kind {
    letter: u8,
    width: usize,
    big_endian: bool,
}

impl Kind {
    fn parse(header: &str) -> Result<Self, String> {
        let text = field(header, "descr").and_then(|rest| rest.strip_prefix('\''));
        let text = text.and_then(|rest| rest.split_once('\'')).map(|(text, _)| text);
        if text.is_some_and(|text| text.ends_with('O')) {
            return Err(
                "holds Python objects, which numpy makes of sequences of different lengths; \
                        save an array of numbers: all tokens in a row, and beside it an array \
                        `lengths` with the number of tokens of each sequence"
                    .into(),
            );
        }
        let unsupported = || {
            let kind = text.unwrap_or("unknown");
            format!("has entries of type {kind}; save it as an array of floats or integers")
        };
        let [order, letter, width] = text.unwrap_or_default().as_bytes() else {
            return Err(unsupported());
        };
        let width = usize::from(width.wrapping_sub(b'0'));
        match (letter, width) {
            (b'f', 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) => {
                Ok(Self { letter: *letter, width, big_endian: *order == b'>' })
            }
            _ => Err(unsupported()),
        }
    }

    /// One entry; integers beyond 2^53 are rounded.
    fn decode(self, entry: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        for (k, byte) in entry.iter().enumerate() {
            bytes[if self.big_endian { entry.len() - 1 - k } else { k }] = *byte;
        }
        let bits = u64::from_le_bytes(bytes);
        match (self.letter, self.width) {
            (b'f', 8) => f64::from_bits(bits),
            (b'f', _) => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
            (b'u', _) => bits as f64,
            _ => {
                let unused = 64 - 8 * self.width;
                ((bits << unused).cast_signed() >> unused) as f64
            }
        }
    }
}

/// What follows `'key':` in the header.
fn field<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (sizes, _) = field(header, "shape")?.strip_prefix('(')?.split_once(')')?;
    let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
    sizes.map(|size| size.parse().ok()).collect()
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
            read(&npy(descr, "False", "(1,)", data)[..]).map(|array| array.values[0])
        };
        assert_eq!(decode("<f8", &1.5f64.to_le_bytes()), Ok(1.5));
        assert_eq!(decode(">f8", &1.5f64.to_be_bytes()), Ok(1.5));
        assert_eq!(decode("<f4", &(-2.5f32).to_le_bytes()), Ok(-2.5));
        assert_eq!(decode(">f4", &(-2.5f32).to_be_bytes()), Ok(-2.5));
        assert_eq!(decode("|i1", &[0xff]), Ok(-1.0));
        assert_eq!(decode("|u1", &[0xff]), Ok(255.0));
        assert_eq!(decode("<i8", &(-1i64).to_le_bytes()), Ok(-1.0));
        assert_eq!(decode(">i4", &(-7i32).to_be_bytes()), Ok(-7.0));
        assert!(decode("<c8", &[0; 8]).unwrap_err().contains("<c8"));
        assert!(decode("|O", &[0; 8]).unwrap_err().contains("`lengths`"));
        assert!(decode("<U5", &[0; 20]).is_err());
    }

    #[test]
    fn fortran_order_is_undone() {
        let data: Vec<u8> = [1, 4, 2, 5, 3, 6].to_vec();
        let array = read(&npy("|u1", "True", "(2, 3)", &data)[..]).unwrap();
        assert_eq!(array.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
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
