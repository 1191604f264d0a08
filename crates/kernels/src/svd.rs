//! The singular value decomposition `$A = U \Sigma V^\top$`.

use faer::MatRef;

use crate::dense::{SingularVectors, svd};
use crate::{Matrix, add_scaled, max_abs, simd_dispatch};

/// The thin singular value decomposition `$A = U \Sigma V^\top$` of an `$m \times n$` matrix, with
/// `$r = \min(m, n)$` singular values `$\sigma_1 \ge \dots \ge \sigma_r \ge 0$`.
///
/// Singular values below `$\max(m, n)\,\epsilon\,\sigma_1$` are what rounding leaves of zero, and are set
/// to it: a function that is steep at zero would make them large. Entries may have any size: the
/// decomposition is of `$A$` over a power of two. It runs on one thread.
///
/// ```
/// use mirrorhead_kernels::Svd;
/// let a = [3.0, 4.0, 0.0, 0.0]; // columns (3, 4) and (0, 0)
/// let svd = Svd::new(&a, 2, 2).expect("finite");
/// assert!((svd.singular_values()[0] - 5.0).abs() < 1e-14);
/// assert_eq!(svd.singular_values()[1], 0.0);
/// let mut root = [0.0; 4];
/// svd.with_values(f64::sqrt, &mut root);
/// assert!((root[0] - 0.6 * 5f64.sqrt()).abs() < 1e-14);
/// ```
#[derive(Debug, Clone)]
pub struct Svd {
    left: Matrix,
    values: Vec<f64>,
    right: Matrix,
}

impl Svd {
    /// Decomposes the matrix with these entries, column after column. `None` if one of them is not
    /// finite.
    ///
    /// # Panics
    /// If `entries` does not hold `nrows * ncols` entries.
    pub fn new(entries: &[f64], nrows: usize, ncols: usize) -> Option<Self> {
        let rank = nrows.min(ncols);
        let (mut left, mut right) = (Matrix::zeros(nrows, rank), Matrix::zeros(ncols, rank));
        let values = decompose(entries, (nrows, ncols), Some((&mut left, &mut right)))?;
        Some(Self { left, values, right })
    }

    /// `$\sigma_1 \ge \dots \ge \sigma_r$`.
    pub fn singular_values(&self) -> &[f64] {
        &self.values
    }

    /// The left singular vectors `$U$`, an `$m \times r$` matrix: column `$k$` belongs to `$\sigma_k$`.
    pub fn left(&self) -> &Matrix {
        &self.left
    }

    /// `out` `$= U f(\Sigma) V^\top$`, column after column. `f` is asked about positive singular values
    /// only: zero stays zero.
    ///
    /// # Panics
    /// If `out` does not hold `$m n$` entries.
    pub fn with_values(&self, f: impl Fn(f64) -> f64, out: &mut [f64]) {
        let (nrows, ncols) = (self.left.nrows(), self.right.nrows());
        assert_eq!(out.len(), nrows * ncols, "one entry for each of the matrix");
        out.fill(0.0);
        simd_dispatch(
            #[inline(always)]
            || {
                for (k, sigma) in self.values.iter().enumerate().filter(|(_, sigma)| **sigma > 0.0)
                {
                    let value = f(*sigma);
                    for (j, column) in out.chunks_exact_mut(nrows).enumerate() {
                        add_scaled(column, value * self.right[(j, k)], self.left.col(k));
                    }
                }
            },
        );
    }
}

/// The singular values of the matrix with these entries, column after column, without the vectors.
/// `None` if an entry is not finite.
///
/// ```
/// assert_eq!(mirrorhead_kernels::singular_values(&[0.0, -2.0, 1.0, 0.0], 2, 2), Some(vec![2.0, 1.0]));
/// ```
///
/// # Panics
/// If `entries` does not hold `nrows * ncols` entries.
pub fn singular_values(entries: &[f64], nrows: usize, ncols: usize) -> Option<Vec<f64>> {
    decompose(entries, (nrows, ncols), None)
}

/// Writes the singular vectors where they are wanted, and returns the values.
fn decompose(
    entries: &[f64],
    (nrows, ncols): (usize, usize),
    vectors: Option<(&mut Matrix, &mut Matrix)>,
) -> Option<Vec<f64>> {
    assert_eq!(entries.len(), nrows * ncols, "one entry for each of the matrix");
    let rank = nrows.min(ncols);
    let largest = max_abs(entries);
    if !largest.is_finite() {
        return None;
    }
    if largest == 0.0 {
        return Some(vec![0.0; rank]);
    }
    // A power of two, so that nothing is rounded.
    let scale = f64::from_bits(largest.max(f64::MIN_POSITIVE).to_bits() & f64::INFINITY.to_bits());
    let scaled: Vec<f64> = entries.iter().map(|x| x / scale).collect();
    let wanted = if vectors.is_some() { SingularVectors::Thin } else { SingularVectors::No };
    let scaled = MatRef::from_column_major_slice(&scaled, nrows, ncols);
    let vectors = vectors.map(|(left, right)| (left.as_mat_mut(), right.as_mat_mut()));
    let sigma = svd(scaled, wanted, vectors)?;
    let noise = nrows.max(ncols) as f64 * f64::EPSILON * sigma[0];
    Some((0..rank).map(|k| if sigma[k] <= noise { 0.0 } else { sigma[k] * scale }).collect())
}
