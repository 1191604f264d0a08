//! How much of a data file is read.

/// The most numbers of a data file: a gibibyte, once they are in memory.
pub const MOST_NUMBERS: usize = 1 << 27;

/// The most bytes of a data file: what so many numbers take when they are written out.
pub const MOST_BYTES: u64 = 1 << 32;
