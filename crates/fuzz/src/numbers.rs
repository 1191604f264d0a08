//! Bytes read as small sizes and as floats, ordinary and extreme.

/// Numbers drawn from the bytes of an input; zeros once they are used up.
pub struct Numbers<'a> {
    bytes: &'a [u8],
}

/// Floats at which arithmetic turns.
const EXTREME: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e154,
    1e-154,
    1e300,
    1e-300,
    0.5,
];

impl<'a> Numbers<'a> {
    /// The numbers of an input.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *first
    }

    /// A size from `least` to `most`.
    pub fn size(&mut self, least: usize, most: usize) -> usize {
        least + usize::from(self.byte()) % (most - least + 1)
    }

    /// Any float.
    pub fn float(&mut self) -> f64 {
        match self.byte() {
            kind @ 0..16 => EXTREME[usize::from(kind)],
            16..24 => {
                let bytes = [0; 8].map(|_: u8| self.byte());
                f64::from_le_bytes(bytes)
            }
            _ => self.small(),
        }
    }

    /// A float between -4 and 4, often the same one.
    pub fn small(&mut self) -> f64 {
        f64::from(self.byte().cast_signed()) / 32.0
    }

    /// Small floats; where the next byte says so, any.
    pub fn floats(&mut self, n: usize) -> Vec<f64> {
        let any = self.byte() < 64;
        (0..n).map(|_| if any { self.float() } else { self.small() }).collect()
    }
}
