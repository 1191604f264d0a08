//! The header of an array in NPY format: the type of its entries, their order, and its shape.
//!
//! The crate npyz reads these too, but allocates whatever length a header claims and parses nested lists by recursion;
//! here a header is bounded before it is read, and what it says wrong comes with a remedy.

use std::io::Read;

/// The longest header that is read; NumPy's own limit is 10,000 bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// What an array announces of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyHeader {
    /// The type of the entries.
    pub kind: Kind,
    /// The axis along which neighbours differ.
    pub order: Order,
    /// The size along each axis.
    pub shape: Vec<usize>,
    /// The number of entries.
    pub count: usize,
    /// Bytes of the whole array, the header included.
    pub bytes: u64,
}

/// Which axis is the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The last one.
    C,
    /// The first one.
    Fortran,
}

/// The type of an array's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    letter: u8,
    /// Bytes of an entry.
    pub width: usize,
    big_endian: bool,
}

const AGAIN: &str = "write the file again with numpy.savez";

impl NpyHeader {
    /// Reads a header, and nothing behind it.
    ///
    /// # Errors
    /// What is wrong and its remedy, as the rest of a sentence about the array.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut prefix = [0; 8];
        take(reader, &mut prefix)?;
        let [magic @ .., major, _] = &prefix;
        if magic != b"\x93NUMPY" {
            return Err(format!("isn't in NPY format; {AGAIN}"));
        }
        let (length, before) = match major {
            1 => {
                let mut bytes = [0; 2];
                take(reader, &mut bytes)?;
                (usize::from(u16::from_le_bytes(bytes)), 10)
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                take(reader, &mut bytes)?;
                (u32::from_le_bytes(bytes) as usize, 12)
            }
            other => return Err(format!("is in version {other} of the NPY format; {AGAIN}")),
        };
        if length > LONGEST_HEADER {
            return Err(format!(
                "has a header of {length} bytes, and {LONGEST_HEADER} are read; {AGAIN}"
            ));
        }
        let mut text = vec![0; length];
        take(reader, &mut text)?;
        Self::parse(&String::from_utf8_lossy(&text), (before + length) as u64)
    }

    fn parse(text: &str, length: u64) -> Result<Self, String> {
        let kind = Kind::parse(text)?;
        let order = match field(text, "fortran_order") {
            Some(rest) if rest.starts_with("True") => Order::Fortran,
            Some(rest) if rest.starts_with("False") => Order::C,
            _ => return Err(format!("has a header without an order; {AGAIN}")),
        };
        let shape = shape(text)?;
        if let Some(axis) = shape.iter().position(|size| *size == 0) {
            return Err(format!("is empty: its axis {axis} has size 0"));
        }
        let count = shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
        let bytes = count.and_then(|count| count.checked_mul(kind.width));
        let bytes = bytes.and_then(|bytes| length.checked_add(bytes as u64));
        match (count, bytes) {
            (Some(count), Some(bytes)) => Ok(Self { kind, order, shape, count, bytes }),
            _ => Err("announces more entries than any memory holds".into()),
        }
    }
}

/// Fills the bytes.
pub fn take(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => format!("is truncated; {AGAIN}"),
        _ => format!("can't be read ({error}); copy the file again, or {AGAIN}"),
    })
}

impl Kind {
    fn parse(header: &str) -> Result<Self, String> {
        let rest = field(header, "descr").unwrap_or_default();
        if rest.starts_with('[') {
            return Err("has entries of several fields; save an array of floats for each".into());
        }
        let quoted = rest.strip_prefix(['\'', '"']).and_then(|rest| rest.split_once(['\'', '"']));
        let text = quoted.map_or("", |(text, _)| text);
        let mut bytes = text.bytes();
        let order = bytes.next().unwrap_or_default();
        let letter = bytes.next().unwrap_or_default();
        let width = text.get(2..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        match (letter, width) {
            _ if !b"<>|=".contains(&order) => {}
            (b'f', 2 | 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'b', 1) => {
                return Ok(Self { letter, width, big_endian: order == b'>' });
            }
            (b'O', _) => {
                return Err("holds Python objects, which numpy makes of sequences of different \
                            lengths, and which are stored as a pickle; save an array of numbers: \
                            all tokens in a row, and beside it an array `lengths` with the number \
                            of tokens of each sequence"
                    .into());
            }
            _ => {}
        }
        let what = match (letter, width) {
            (b'c', _) => "complex numbers",
            (b'f', _) => "floats of a width that differs between machines",
            (b'U' | b'S' | b'a', _) => "text",
            (b'M' | b'm', _) => "times",
            _ => "an unknown type",
        };
        Err(format!("has entries of type {text} ({what}); save it with .astype(float)"))
    }

    /// Whether the entries are truth values.
    pub fn is_bool(self) -> bool {
        self.letter == b'b'
    }

    /// One entry; integers beyond 2^53 are rounded.
    pub fn decode(self, entry: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        for (k, byte) in entry.iter().enumerate() {
            bytes[if self.big_endian { entry.len() - 1 - k } else { k }] = *byte;
        }
        let bits = u64::from_le_bytes(bytes);
        match (self.letter, self.width) {
            (b'f', 8) => f64::from_bits(bits),
            (b'f', 4) => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
            (b'f', _) => half(u16::from_le_bytes([bytes[0], bytes[1]])),
            (b'u' | b'b', _) => bits as f64,
            _ => {
                let unused = 64 - 8 * self.width;
                ((bits << unused).cast_signed() >> unused) as f64
            }
        }
    }
}

/// A number in half precision: a sign, five bits of exponent, ten of significand.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, significand) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => significand * 2f64.powi(-24),
        31 if significand == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + significand) * 2f64.powi(exponent - 25),
    }
}

/// What follows `'key':` in the header.
fn field<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let quoted = |quote: char| header.split_once(&format!("{quote}{key}{quote}"));
    let (_, rest) = quoted('\'').or_else(|| quoted('"'))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn shape(header: &str) -> Result<Vec<usize>, String> {
    let without = || format!("has a header without a shape; {AGAIN}");
    let rest = field(header, "shape").and_then(|rest| rest.strip_prefix('('));
    let (sizes, _) = rest.and_then(|rest| rest.split_once(')')).ok_or_else(without)?;
    let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
    sizes
        .map(|size| match size.strip_suffix(['L', 'l']) {
            Some(_) => Err("was written by Python 2 (its shape has numbers like 4L); load it in \
                            NumPy, and save it again"
                .into()),
            None => size.parse().map_err(|_| without()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x7bff, 65504.0),
            (0x0001, 2f64.powi(-24)),
            (0x0400, 2f64.powi(-14)),
            (0x8000, -0.0),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f64::to_bits(value), "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn headers_say_what_they_are() {
        let parse = |text: &str| NpyHeader::parse(text, 0);
        let with = |descr: &str, shape: &str| {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
            parse(&text).unwrap_err()
        };
        assert!(with("'<f8'", "(4L, 5L)").contains("Python 2"));
        assert!(with("'|O'", "(4,)").contains("pickle"));
        assert!(with("'<c16'", "(4,)").contains("complex"));
        assert!(with("'<f16'", "(4,)").contains("astype(float)"));
        assert!(with("'<U5'", "(4,)").contains("text"));
        assert!(with("'<M8[ns]'", "(4,)").contains("times"));
        assert!(with("[('a', '<f8')]", "(4,)").contains("several fields"));
        assert!(with("'<f8'", "(4, 0)").contains("empty"));
        assert!(with("'<f8'", "4").contains("without a shape"));
        assert!(parse("{'descr': '<f8', 'shape': (4,)}").unwrap_err().contains("order"));
    }
}
