//! Matrices in many digits, and their triangular factors.

use dashu_int::IBig;

use super::number::{Wide, aligned, dot, scaled, wide};

/// The lower triangle of `$R^\top R$` for rows `$R$` of `size` columns, in so many binary digits.
pub(super) fn gram(rows: &[impl AsRef<[Wide]>], size: usize, digits: usize) -> Vec<Vec<Wide>> {
    let column = |k: usize| rows.iter().map(|row| row.as_ref()[k].clone()).collect::<Vec<_>>();
    let columns: Vec<(Vec<IBig>, isize)> = (0..size).map(|k| aligned(&column(k), digits)).collect();
    let entry = |(x, e): &(Vec<IBig>, isize), (y, d): &(Vec<IBig>, isize)| {
        scaled(x.iter().zip(y).map(|(x, y)| x * y).sum(), e + d, digits)
    };
    let row = |k: usize| columns[..=k].iter().map(|x| entry(x, &columns[k])).collect();
    (0..size).map(row).collect()
}

/// The rows of a Cholesky factor.
pub(super) struct WideCholesky(Vec<Vec<Wide>>);

impl WideCholesky {
    /// The factor of a matrix, given by its lower triangle. None if a pivot isn't positive.
    pub fn of(mut matrix: Vec<Vec<Wide>>) -> Option<Self> {
        for k in 0..matrix.len() {
            let (before, rest) = matrix.split_at_mut(k);
            let row = &mut rest[0];
            for l in 0..k {
                let sum = &row[l] - dot(&row[..l], &before[l]);
                row[l] = sum / &before[l][l];
            }
            let pivot = &row[k] - dot(&row[..k], &row[..k]);
            if pivot <= wide(0.0) {
                return None;
            }
            row[k] = pivot.sqrt();
        }
        Some(Self(matrix))
    }

    /// Solves in place.
    pub fn solve(&self, right: &mut [Wide]) {
        let factor = &self.0;
        for k in 0..right.len() {
            let sum = &right[k] - dot(&factor[k][..k], &right[..k]);
            right[k] = sum / &factor[k][k];
        }
        for k in (0..right.len()).rev() {
            let solved = &right[k] / &factor[k][k];
            for (x, entry) in right.iter_mut().zip(&factor[k][..k]) {
                *x -= entry * &solved;
            }
            right[k] = solved;
        }
    }
}
