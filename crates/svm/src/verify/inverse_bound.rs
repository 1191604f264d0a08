//! How large the solution of a linear system is at most, by an approximate inverse.

use faer::{Mat, Par};
use mirrorhead_kernels::dense::{inverse, multiply};

/// More than rounding adds to a sum of so many positive terms, relatively.
const SUMS: f64 = 1.0 + 1e-9;

/// At least the relative error of a double made from an exact number, and the absolute one where it is made zero.
const ROUNDED: f64 = f64::EPSILON;
const TINY: f64 = 1e-250;

/// An inverse as good as doubles have it; anything at all of a singular matrix.
pub(super) fn approximate_inverse(matrix: &Mat<f64>) -> Mat<f64> {
    inverse(matrix.as_ref(), parallelism(matrix.nrows()))
}

fn parallelism(size: usize) -> Par {
    if size < PARALLEL_ROWS { Par::Seq } else { Par::rayon(0) }
}

/// Rows from which products are shared among threads.
const PARALLEL_ROWS: usize = 512;

/// A bound on `$\lVert M^{-1} r\rVert_\infty$` for every `$M$` and `$r$` that `matrix` and `rest` are rounded from. Infinite or
/// no number where there is none.
pub(super) fn largest_change(matrix: &Mat<f64>, inverse: &Mat<f64>, rest: &[f64]) -> f64 {
    let size = matrix.nrows();
    let par = parallelism(size);
    let mut product = Mat::zeros(size, size);
    multiply(product.as_mut(), inverse.as_ref(), matrix.as_ref(), par);
    // What a sum of products of that length is off by, relatively to the sum of their sizes, in whatever order; twice that.
    let rounding = 2.0 * (size as f64 + 2.0) * f64::EPSILON;
    let underflow = size as f64 * f64::MIN_POSITIVE;
    let row_sizes: Vec<f64> = (0..size)
        .map(|k| SUMS * (0..size).map(|i| matrix[(k, i)].abs() + TINY).sum::<f64>())
        .collect();
    let (mut theta, mut image) = (0.0f64, 0.0f64);
    for i in 0..size {
        let row = |k: usize| inverse[(i, k)].abs();
        let off: f64 =
            (0..size).map(|l| (product[(i, l)] - f64::from(u8::from(i == l))).abs()).sum();
        let sizes: f64 = (0..size).map(|k| row(k) * row_sizes[k]).sum();
        theta = largest(theta, SUMS * (off + (rounding + ROUNDED) * SUMS * sizes + underflow));
        let value: f64 = (0..size).map(|k| inverse[(i, k)] * rest[k]).sum();
        let sizes: f64 = (0..size).map(|k| row(k) * (rest[k].abs() + TINY)).sum();
        image =
            largest(image, SUMS * (value.abs() + (rounding + ROUNDED) * SUMS * sizes + underflow));
    }
    let bound = SUMS * image / (1.0 - theta);
    if theta < 0.5 && bound >= 0.0 { bound } else { f64::INFINITY }
}

/// The larger of the two; no number if one of them is none.
fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(rows: [[f64; 3]; 3], rest: [f64; 3]) -> f64 {
        let matrix = Mat::from_fn(3, 3, |i, k| rows[i][k]);
        largest_change(&matrix, &approximate_inverse(&matrix), &rest)
    }

    fn whole(x: f64) -> i128 {
        format!("{x:.0}").parse().expect("a whole number")
    }

    /// `$\det M$` and the numerators of the solution of `$M e = r$`, of whole numbers, by Cramer's rule.
    fn solution(rows: [[f64; 3]; 3], rest: [f64; 3]) -> (i128, [i128; 3]) {
        let columns = |k: usize| rows.map(|row| whole(row[k]));
        let det = |[a, b, c]: [[i128; 3]; 3]| {
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
                + c[0] * (a[1] * b[2] - a[2] * b[1])
        };
        let all = [columns(0), columns(1), columns(2)];
        let numerators = [0, 1, 2].map(|k| {
            let mut replaced = all;
            replaced[k] = rest.map(whole);
            det(replaced)
        });
        (det(all), numerators)
    }

    #[test]
    fn changes_are_bounded_from_above_and_tightly() {
        let systems = [
            ([[3.0, 1.0, -2.0], [1.0, 4.0, 1.0], [0.0, -2.0, 5.0]], [7.0, -3.0, 11.0]),
            ([[1e6, 1.0, 3.0], [1.0, 2.0, -1.0], [5.0, 1.0, 1.0]], [1.0, 0.0, 0.0]),
            ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 1e5]], [1.0, 1.0, 1.0]),
            ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]], [0.0, 0.0, 1.0]),
        ];
        for (rows, rest) in systems {
            let (det, numerators) = solution(rows, rest);
            let bound = change(rows, rest);
            let largest = numerators.map(i128::abs).into_iter().max().expect("three");
            let exact = largest as f64 / det.abs() as f64;
            assert!(bound >= exact * (1.0 - 1e-15), "{bound} {numerators:?}/{det}");
            assert!(bound <= exact * 1.001, "{bound} {numerators:?}/{det}");
        }
    }

    #[test]
    fn what_is_singular_within_the_rounding_of_its_entries_has_no_bound() {
        let (one, next) = (1.0, 1.0 + f64::EPSILON);
        for last in [one, next] {
            let rows = [[one, one, 0.0], [one, last, 0.0], [0.0, 0.0, one]];
            assert_eq!(change(rows, [0.0, 0.0, 1e-30]), f64::INFINITY);
        }
        // A thousand times as far from it there is one.
        let rows = [[one, one, 0.0], [one, 1.0 + 4096.0 * f64::EPSILON, 0.0], [0.0, 0.0, one]];
        assert!(change(rows, [0.0, 0.0, 1e-30]) <= 1e-20);
        assert_eq!(change([[0.0; 3]; 3], [0.0; 3]), f64::INFINITY);
        assert_eq!(
            change([[one, 0.0, 0.0], [0.0, one, 0.0], [0.0, 0.0, one]], [f64::NAN, 0.0, 0.0]),
            f64::INFINITY
        );
    }
}
