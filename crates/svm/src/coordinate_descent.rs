//! Multipliers near those of the solution at `$p = 2$`, from the matrix of the rows alone.

use faer::Mat;
use mirrorhead_kernels::{add_scaled, simd_dispatch};

/// Most sweeps over all rows, and how many in a row have to leave the same ones pulling.
const SWEEPS: usize = 20;
const ALIKE: usize = 2;

/// Multipliers after some sweeps of coordinate descent on `$\min_{\lambda \ge 0} \tfrac12\lambda^\top G \lambda - b^\top\lambda$`
/// (Hildreth, Naval Res. Logist. Quart. 4, 1957). Of `gram` `$= G$` the lower triangle is known.
pub(crate) fn multipliers_by_sweeps(gram: &Mat<f64>, bounds: &[f64]) -> Vec<f64> {
    let m = bounds.len();
    let columns = symmetric(gram);
    let mut multipliers = vec![0.0f64; m];
    let mut missing = bounds.to_vec();
    let (mut alike, mut sweeps) = (0, 0);
    while alike < ALIKE && sweeps < SWEEPS {
        let changed = simd_dispatch(
            #[inline(always)]
            || sweep(&columns, &mut multipliers, &mut missing),
        );
        alike = if changed { 0 } else { alike + 1 };
        sweeps += 1;
    }
    multipliers
}

/// One sweep, with `missing` `$= b - G\lambda$`. Whether some row begins or ceases to pull.
#[inline(always)]
fn sweep(columns: &[f64], multipliers: &mut [f64], missing: &mut [f64]) -> bool {
    let m = multipliers.len();
    let mut changed = false;
    for (j, column) in columns.chunks_exact(m).enumerate() {
        let last = multipliers[j];
        let next = (last + missing[j] / column[j]).max(0.0);
        if next != last {
            changed |= (next > 0.0) != (last > 0.0);
            multipliers[j] = next;
            add_scaled(missing, last - next, column);
        }
    }
    changed
}

/// All of a symmetric matrix, column after column, from its lower triangle.
fn symmetric(lower: &Mat<f64>) -> Vec<f64> {
    let m = lower.nrows();
    let mut all = Vec::with_capacity(m * m);
    for j in 0..m {
        all.extend((0..j).map(|i| lower[(j, i)]));
        all.extend_from_slice(&lower.col_as_slice(j)[j..]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_rows_are_told_from_others() {
        // Rows (1, 0.5), (1, -0.5) and (1.75, 0.25): the nearest point to zero of the first two is (1, 0), and the third is
        // beyond it. What is above the diagonal isn't read.
        let gram = Mat::from_fn(3, 3, |i, j| {
            let lower = [[1.25, 0.0, 0.0], [0.75, 1.25, 0.0], [1.875, 1.625, 3.125]];
            if i < j { f64::NAN } else { lower[i][j] }
        });
        let found = multipliers_by_sweeps(&gram, &[1.0; 3]);
        assert_eq!(found[2], 0.0);
        // A sweep leaves 0.36, the square of 0.75/1.25, of an error of 0.3 after the first; two sweeps follow it.
        assert!(found.iter().take(2).all(|l| (l - 0.5).abs() < 0.3 * 0.37 * 0.37), "{found:?}");
    }
}
