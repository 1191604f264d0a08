//! The leading singular vectors of a large symmetric matrix, by a random range finder.

use mirrorhead_attention::{Seed, gaussian_matrix};
use mirrorhead_kernels::{Matrix, Svd, add_scaled, dot, product};

/// Directions beyond twice those wanted: what lies outside fades the faster the more there are.
const EXTRA_DIRECTIONS: usize = 16;
/// How often the matrix is applied. What lies outside fades as the ratio of the first singular value left
/// out to the last one wanted, to twice this power: below 1e-4 for a ratio of 0.85.
const POWER_ITERATIONS: usize = 30;

/// `$U$` and `$\Sigma$` of a truncated singular value decomposition `$M \approx U \Sigma V^\top$`.
///
/// A random matrix is multiplied by `$M$` again and again, and orthonormalised each time: `$Q$`. The
/// decomposition of `$Q^\top M$` is small, and its left vectors are turned back by `$Q$`.
///
/// Source: Halko, Martinsson, Tropp, *Finding structure with randomness*, 2011, algorithms 4.4 and 5.1.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadingSubspace {
    vectors: Matrix,
    values: Vec<f64>,
}

impl LeadingSubspace {
    /// The first `rank` singular vectors of a symmetric matrix; the same ones, bit for bit, for any
    /// number of threads.
    ///
    /// # Panics
    /// If the matrix isn't square, is smaller than `rank`, or has an entry that is not finite.
    pub fn of_symmetric(matrix: &Matrix, rank: usize, seed: u64) -> Self {
        let size = matrix.nrows();
        assert_eq!(size, matrix.ncols(), "a symmetric matrix");
        assert!(rank <= size, "a matrix of {size} rows has no {rank} singular vectors");
        let width = (2 * rank + EXTRA_DIRECTIONS).min(size);
        let mut basis = gaussian_matrix(size, width, Seed(seed));
        let mut image = Matrix::zeros(size, width);
        for _ in 0..POWER_ITERATIONS {
            product(matrix, basis.as_mat(), &mut image);
            std::mem::swap(&mut basis, &mut image);
            orthonormalise(&mut basis);
        }
        product(matrix, basis.as_mat(), &mut image);
        // (Q^T M)^T = M Q, for M is symmetric.
        let small = image.transposed();
        let svd = Svd::new(small.as_slice(), width, size).expect("a finite matrix");
        let mut vectors = Matrix::zeros(size, width);
        product(&basis, svd.left().as_mat(), &mut vectors);
        Self {
            vectors: Matrix::from_fn(size, rank, |i, k| vectors[(i, k)]),
            values: svd.singular_values()[..rank].to_vec(),
        }
    }

    /// `$U$`, one column a singular value.
    pub fn vectors(&self) -> &Matrix {
        &self.vectors
    }

    /// `$\Sigma$`, in descending order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Gram and Schmidt, twice, which is enough; a column that depends on those before becomes zero.
fn orthonormalise(columns: &mut Matrix) {
    for j in 0..columns.ncols() {
        let mut column = columns.col(j).to_vec();
        let before = dot(&column, &column).sqrt();
        for _ in 0..2 {
            for k in 0..j {
                let along = dot(columns.col(k), &column);
                add_scaled(&mut column, -along, columns.col(k));
            }
        }
        let length = dot(&column, &column).sqrt();
        // What rounding leaves of zero has no direction.
        let scale = if length > 1e-12 * before { 1.0 / length } else { 0.0 };
        for (entry, x) in columns.col_mut(j).iter_mut().zip(column) {
            *entry = scale * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symmetric matrix with quickly and slowly falling singular values.
    fn symmetric(size: usize) -> Matrix {
        let factor = gaussian_matrix(size, size, Seed(3));
        Matrix::from_fn(size, size, |i, j| {
            let term = |k: usize| factor[(i, k)] * factor[(j, k)] * 0.8f64.powf(k as f64);
            (0..size).map(term).sum()
        })
    }

    fn projector(vectors: &Matrix, rank: usize) -> Matrix {
        let size = vectors.nrows();
        Matrix::from_fn(size, size, |i, j| {
            (0..rank).map(|k| vectors[(i, k)] * vectors[(j, k)]).sum()
        })
    }

    #[test]
    fn values_and_vectors_are_those_of_the_dense_decomposition() {
        let matrix = symmetric(60);
        let dense = Svd::new(matrix.as_slice(), 60, 60).unwrap();
        let leading = LeadingSubspace::of_symmetric(&matrix, 10, 1);
        for (found, exact) in leading.values().iter().zip(dense.singular_values()) {
            assert!((found / exact - 1.0).abs() < 1e-10, "{found} {exact}");
        }
        let (found, exact) = (projector(leading.vectors(), 10), projector(dense.left(), 10));
        let error = found.as_slice().iter().zip(exact.as_slice()).map(|(a, b)| (a - b).abs());
        assert!(error.fold(0.0, f64::max) < 1e-8);
    }

    #[test]
    fn a_matrix_of_lower_rank_has_zeros_for_the_rest() {
        let one = Matrix::from_fn(30, 30, |i, j| ((i + 1) * (j + 1)) as f64);
        let leading = LeadingSubspace::of_symmetric(&one, 4, 1);
        assert!(leading.values()[0] > 1.0);
        assert!(leading.values()[1] < 1e-9 * leading.values()[0]);
    }
}
