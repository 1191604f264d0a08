//! Whether threads share work.

use faer::Par;

/// Columns from which factors are shared among threads.
const PARALLEL_COLUMNS: usize = 512;

/// How a matrix of so many columns is worked on.
pub(super) fn parallelism(size: usize) -> Par {
    if size >= PARALLEL_COLUMNS { Par::rayon(0) } else { Par::Seq }
}
