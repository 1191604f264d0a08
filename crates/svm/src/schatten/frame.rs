//! The frame of a matrix: its singular vectors, in which derivatives of spectral functions are diagonal.

use std::f64::consts::FRAC_1_SQRT_2;

use faer::{Mat, MatMut, MatRef, Par};
use mirrorhead_kernels::dense::{SingularVectors, multiply, svd};
use mirrorhead_kernels::max_abs;

use crate::rows::inverse_power_of_two;

/// `$S = P \operatorname{diag}(\sigma) Q^\top$` with orthogonal `$P$` (`$r \times r$`) and `$Q$` (`$c \times c$`).
///
/// The coordinates of a matrix `$E$` in this frame are those of `$F = P^\top E Q$`, with every pair
/// `$F_{ij}, F_{ji}$` replaced by `$(F_{ij} + F_{ji})/\sqrt2$` and `$(F_{ij} - F_{ji})/\sqrt2$`: an orthogonal map.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    left: Mat<f64>,
    right: Mat<f64>,
    /// `$\sigma$`, decreasing.
    pub singular: Vec<f64>,
}

impl Frame {
    /// The frame of the matrix with these entries, column after column. None if one is not finite.
    pub fn of(entries: &[f64], (nrows, ncols): (usize, usize)) -> Option<Self> {
        let (mut left, mut right) = (Mat::zeros(nrows, nrows), Mat::zeros(ncols, ncols));
        let vectors = Some((left.as_mut(), right.as_mut()));
        let singular = decompose(entries, (nrows, ncols), vectors)?;
        Some(Self { left, right, singular })
    }

    /// Column `$k$` of `$P$`.
    pub fn left_vector(&self, k: usize) -> Vec<f64> {
        self.left.col_as_slice(k).to_vec()
    }

    /// Column `$k$` of `$Q$`.
    pub fn right_vector(&self, k: usize) -> Vec<f64> {
        self.right.col_as_slice(k).to_vec()
    }

    /// `out` `$= P \operatorname{diag}(\text{values}) Q^\top$`.
    pub fn assemble(&self, values: &[f64], out: &mut [f64]) {
        let (nrows, ncols) = (self.left.nrows(), self.right.nrows());
        let weighted = Mat::from_fn(nrows, values.len(), |i, k| self.left[(i, k)] * values[k]);
        let right = self.right.as_ref().subcols(0, values.len());
        let out = MatMut::from_column_major_slice_mut(out, nrows, ncols);
        multiply(out, weighted.as_ref(), right.transpose(), Par::Seq);
    }

    /// The coordinates of matrices, one after the other.
    pub fn coordinates(&self, matrices: &[f64], out: &mut [f64]) {
        self.conjugate(matrices, self.left.transpose(), self.right.as_ref(), out);
        for matrix in out.chunks_exact_mut(self.left.nrows() * self.right.nrows()) {
            self.pair(matrix);
        }
    }

    /// The matrix with these coordinates.
    pub fn matrix(&self, coordinates: &[f64], out: &mut [f64]) {
        let mut paired = coordinates.to_vec();
        self.pair(&mut paired);
        self.conjugate(&paired, self.left.as_ref(), self.right.transpose(), out);
    }

    /// `out` `$= L E R$` for matrices `$E$`, one after the other.
    fn conjugate(&self, x: &[f64], left: MatRef<'_, f64>, right: MatRef<'_, f64>, out: &mut [f64]) {
        let (nrows, ncols) = (self.left.nrows(), self.right.nrows());
        let mut turned = vec![0.0; x.len()];
        multiply(
            MatMut::from_column_major_slice_mut(&mut turned, nrows, x.len() / nrows),
            left,
            MatRef::from_column_major_slice(x, nrows, x.len() / nrows),
            Par::Seq,
        );
        let size = nrows * ncols;
        for (out, turned) in out.chunks_exact_mut(size).zip(turned.chunks_exact(size)) {
            multiply(
                MatMut::from_column_major_slice_mut(out, nrows, ncols),
                MatRef::from_column_major_slice(turned, nrows, ncols),
                right,
                Par::Seq,
            );
        }
    }

    /// Half sums (above the diagonal) and half differences (below it); its own inverse.
    fn pair(&self, matrix: &mut [f64]) {
        let nrows = self.left.nrows();
        for j in 1..self.singular.len() {
            for i in 0..j {
                let (above, below) = (i + j * nrows, j + i * nrows);
                let (x, y) = (matrix[above], matrix[below]);
                matrix[above] = FRAC_1_SQRT_2 * (x + y);
                matrix[below] = FRAC_1_SQRT_2 * (x - y);
            }
        }
    }
}

/// The singular values of the matrix with these entries, decreasing. None if one is not finite.
pub(crate) fn singular_values(entries: &[f64], shape: (usize, usize)) -> Option<Vec<f64>> {
    decompose(entries, shape, None)
}

fn decompose(
    entries: &[f64],
    (nrows, ncols): (usize, usize),
    vectors: Option<(MatMut<'_, f64>, MatMut<'_, f64>)>,
) -> Option<Vec<f64>> {
    assert_eq!(entries.len(), nrows * ncols, "the entries of a matrix");
    let largest = max_abs(entries);
    if !largest.is_finite() {
        return None;
    }
    // A power of two: squares stay in range, and nothing is rounded.
    let scale = inverse_power_of_two(largest);
    let scaled: Vec<f64> = entries.iter().map(|x| x * scale).collect();
    let wanted = if vectors.is_some() { SingularVectors::Full } else { SingularVectors::No };
    let singular = svd(MatRef::from_column_major_slice(&scaled, nrows, ncols), wanted, vectors)?;
    Some(singular.into_iter().map(|s| s / scale).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_kernels::dot;

    fn waves(n: usize, pitch: f64) -> Vec<f64> {
        (0..n).map(|k| (pitch * (k as f64 + 1.0)).sin()).collect()
    }

    #[test]
    fn coordinates_are_an_isometry_that_makes_the_matrix_diagonal() {
        for (nrows, ncols) in [(1, 1), (1, 4), (4, 1), (3, 3), (5, 2), (2, 5)] {
            let (s, e) = (waves(nrows * ncols, 1.3), waves(nrows * ncols, 0.7));
            let frame = Frame::of(&s, (nrows, ncols)).unwrap();
            let (mut of_s, mut of_e, mut back) = (s.clone(), s.clone(), s.clone());
            frame.coordinates(&s, &mut of_s);
            frame.coordinates(&e, &mut of_e);
            for (k, x) in of_s.iter().enumerate() {
                let (i, j) = (k % nrows, k / nrows);
                let expected = if i == j { frame.singular[i] } else { 0.0 };
                assert!((x - expected).abs() < 1e-14, "{nrows} x {ncols}: ({i}, {j})");
            }
            assert!((dot(&of_s, &of_e) - dot(&s, &e)).abs() < 1e-14);
            frame.matrix(&of_e, &mut back);
            assert!(back.iter().zip(&e).all(|(x, y)| (x - y).abs() < 1e-14));
            frame.assemble(&frame.singular, &mut back);
            assert!(back.iter().zip(&s).all(|(x, y)| (x - y).abs() < 1e-14));
        }
    }

    #[test]
    fn sizes_at_the_ends_of_the_range_are_kept() {
        for scale in [1e-300, 1e-150, 1e150, 1e300] {
            let sigma = singular_values(&[3.0 * scale, 0.0, 0.0, 2.0 * scale], (2, 2)).unwrap();
            assert!(
                (sigma[0] / scale - 3.0).abs() < 1e-14 && (sigma[1] / scale - 2.0).abs() < 1e-14
            );
        }
        assert!(singular_values(&[f64::NAN], (1, 1)).is_none());
        assert_eq!(singular_values(&[0.0; 6], (2, 3)), Some(vec![0.0; 2]));
    }
}
