//! The arrays that sparse rows are stored in, of whatever integers and floats somebody has, owned or borrowed.

use std::sync::Arc;

/// An integer that counts entries or names a column.
pub trait SparseIndex: Copy + Sync + Send {
    /// Its value; none if it is negative or no place in memory.
    fn position(self) -> Option<usize>;
}

macro_rules! indices {
    ($($integer:ty)*) => {$(
        impl SparseIndex for $integer {
            fn position(self) -> Option<usize> {
                usize::try_from(self).ok()
            }
        }
    )*};
}

indices!(u32 i32 u64 i64 usize);

/// An array of integers: `Vec`, slice or shared slice of `u32`, `i32`, `u64`, `i64` or `usize`.
pub trait IndexArray: Sync {
    /// Number of entries.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entry `i`; none if it is negative or no place in memory.
    fn position(&self, i: usize) -> Option<usize>;
}

/// An array of floats: `Vec`, slice or shared slice of `f32` or `f64`.
pub trait ValueArray: Sync {
    /// Number of entries.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entry `i`, exactly.
    fn value(&self, i: usize) -> f64;
}

macro_rules! arrays {
    ($($array:ty)*) => {$(
        impl<T: SparseIndex> IndexArray for $array {
            fn len(&self) -> usize {
                <[T]>::len(self)
            }

            fn position(&self, i: usize) -> Option<usize> {
                self[i].position()
            }
        }

        impl<T: Copy + Sync + Send + Into<f64>> ValueArray for $array {
            fn len(&self) -> usize {
                <[T]>::len(self)
            }

            fn value(&self, i: usize) -> f64 {
                self[i].into()
            }
        }
    )*};
}

arrays!(Vec<T> &[T] Arc<[T]>);
