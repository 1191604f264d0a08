//! The Cholesky factor of a small matrix, in twice the precision of `f64`.

use mirrorhead_kernels::simd_dispatch;

use crate::cholesky::NoFactor;
use crate::limits::Limits;
use crate::two_fold::TwoFold;

/// A pivot that has shrunk to this share of the diagonal entry is lost in rounding, and taken to be that.
const SINGULAR: f64 = 1e-29;

/// A lower triangle, row by row, and after [`factor`](Self::factor) the Cholesky factor.
pub(crate) struct TwoFoldCholesky {
    size: usize,
    entries: Vec<TwoFold>,
}

impl TwoFoldCholesky {
    /// The lower triangle `$\sum_j x_{jk} v_j x_{jl} + \delta_{kl} d_k$` of a symmetric matrix for rows `$x_j$` of the length of
    /// `diagonal` `$= d$`.
    pub fn of_sum<'x>(rows: impl Iterator<Item = (&'x [f64], f64)>, diagonal: &[f64]) -> Self {
        let size = diagonal.len();
        let mut entries = vec![TwoFold::default(); size * (size + 1) / 2];
        for (row, weight) in rows {
            simd_dispatch(
                #[inline(always)]
                || {
                    for (k, x) in row.iter().enumerate() {
                        let weighted = TwoFold::product(*x, weight);
                        let places = start(k)..=start(k) + k;
                        for (entry, y) in entries[places].iter_mut().zip(row) {
                            entry.subtract_multiple(weighted, -y);
                        }
                    }
                },
            );
        }
        let mut factor = Self { size, entries };
        for (k, d) in diagonal.iter().enumerate() {
            factor.entries[start(k) + k].add(*d);
        }
        for entry in &mut factor.entries {
            *entry = entry.normalized();
        }
        factor
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Factors the matrix in place.
    pub fn factor(&mut self, limits: &Limits<'_>) -> Result<(), NoFactor> {
        for k in 0..self.size {
            limits.check().map_err(NoFactor::Stopped)?;
            let least = SINGULAR * self.entries[start(k) + k].rounded();
            let (before, row) = self.entries.split_at_mut(start(k));
            let mut pivot = simd_dispatch(
                #[inline(always)]
                || {
                    for l in 0..k {
                        let other = &before[start(l)..=start(l) + l];
                        let sum = without_products(row[l], &row[..l], other);
                        row[l] = sum.over(other[l]);
                    }
                    without_products(row[k], &row[..k], &row[..k])
                },
            );
            if least.is_nan() || least <= 0.0 || pivot.rounded().is_nan() {
                return Err(NoFactor::Indefinite);
            }
            if pivot.rounded() < least {
                pivot = TwoFold::of(least);
            }
            row[k] = pivot.sqrt();
        }
        Ok(())
    }

    /// `x` `$= K^{-1}$` `x`; returns what is lost by rounding it.
    pub fn solve(&self, x: &mut [f64]) -> Vec<f64> {
        let mut y: Vec<TwoFold> = x.iter().map(|x| TwoFold::of(*x)).collect();
        simd_dispatch(
            #[inline(always)]
            || {
                for k in 0..self.size {
                    let row = &self.entries[start(k)..=start(k) + k];
                    y[k] = without_products(y[k], &row[..k], &y).over(row[k]);
                }
                for k in (0..self.size).rev() {
                    let row = &self.entries[start(k)..=start(k) + k];
                    let solved = y[k].over(row[k]);
                    y[k] = solved;
                    for (l, y) in row[..k].iter().zip(&mut y) {
                        y.subtract_product(*l, solved);
                    }
                }
            },
        );
        let mut low = vec![0.0; x.len()];
        for ((x, low), y) in x.iter_mut().zip(&mut low).zip(y) {
            (*x, *low) = y.normalized().parts();
        }
        low
    }
}

/// `$z - x^\top y$`, as far as `x` goes.
#[inline(always)]
fn without_products(z: TwoFold, x: &[TwoFold], y: &[TwoFold]) -> TwoFold {
    let mut sum = z;
    for (x, y) in x.iter().zip(y) {
        sum.subtract_product(*x, *y);
    }
    sum
}

/// Where row `k` starts.
fn start(k: usize) -> usize {
    k * (k + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SvmSettings;

    #[test]
    fn a_matrix_singular_to_rounding_is_solved() {
        // The Gram matrix of rows that differ by 1e-10: its condition is beyond doubles.
        let e = 2.0f64.powi(-33);
        let (rows, settings) = ([[1.0, 1.0], [1.0, 1.0 + e]], SvmSettings::default().into());
        let weighted = rows.iter().map(|row| (row.as_slice(), 1.0));
        let mut factor = TwoFoldCholesky::of_sum(weighted, &[0.0, 0.0]);
        factor.factor(&Limits::start(&settings)).unwrap();
        // (2, 2 + e; 2 + e, 1 + (1 + e)^2) x = (e, 0), of determinant e^2.
        let mut x = [e, 0.0];
        factor.solve(&mut x);
        let expected = [(2.0 + 2.0 * e + e * e) / e, -(2.0 + e) / e];
        for (x, expected) in x.iter().zip(expected) {
            assert!((x / expected - 1.0).abs() < 1e-9, "{x} {expected}");
        }
    }
}
