//! Newton matrices of sparse rows: those of stored rows, whatever the number of threads.

use mirrorhead_kernels::{DenseRows, GramMut, LinearOperator, Matrix, PARALLEL_WORK};
use mirrorhead_svm::SparseRows;

/// Rows with columns that all have, that many have and that one in twelve has.
fn text_like(m: usize, ncols: usize) -> Vec<Vec<(usize, f64)>> {
    let entry = |j: usize, k: usize| ((j * 31 + k * 17) as f64 * 0.7 + 0.3).sin();
    let is_there = |j: usize, k: usize| (j * 7919 + k * 104_729) % (k + 1) <= k / 12;
    let row = |j| (0..ncols).filter(|&k| is_there(j, k)).map(|k| (k, entry(j, k))).collect();
    (0..m).map(row).collect()
}

fn weights(ncols: usize) -> Vec<f64> {
    (0..ncols).map(|k| 1.0 + (k as f64).sin()).collect()
}

fn newton_matrix(operator: &impl LinearOperator, rows: &[usize]) -> Matrix {
    let mut gram = Matrix::from_fn(rows.len(), rows.len(), |_, _| f64::NAN);
    operator.weighted_gram(rows, &weights(operator.ncols()), GramMut::of(&mut gram));
    gram
}

#[test]
fn newton_matrices_are_those_of_stored_rows() {
    for (m, ncols) in [(1, 3), (7, 50), (90, 300), (1_600, 500)] {
        let entries = text_like(m, ncols);
        let mut stored = Matrix::zeros(m, ncols);
        for (j, row) in entries.iter().enumerate() {
            for &(k, a) in row {
                stored[(j, k)] = a;
            }
        }
        let rows: Vec<usize> = (0..m).rev().step_by(2).collect();
        let found = newton_matrix(&SparseRows::new(ncols, &entries).unwrap(), &rows);
        let expected = newton_matrix(&DenseRows::new(&stored), &rows);
        for l in 0..rows.len() {
            for k in l..rows.len() {
                let (found, expected) = (found[(k, l)], expected[(k, l)]);
                // At most 500 terms, none larger than 2.
                assert!((found - expected).abs() < 1e-12, "{k} {l}: {found} {expected}");
            }
            assert!(found.col(l)[..l].iter().all(|x| x.is_nan()), "the upper triangle is left");
        }
    }
}

#[test]
fn newton_matrices_do_not_depend_on_the_number_of_threads() {
    let entries = text_like(1_600, 500);
    let operator = SparseRows::new(500, &entries).unwrap();
    let rows: Vec<usize> = (0..800).collect();
    // One in twelve of 800 rows, and half the square of that a column: enough to be shared.
    assert!(500 * (800_usize / 12).pow(2) / 2 >= PARALLEL_WORK);
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let gram = pool.install(|| newton_matrix(&operator, &rows));
        gram.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let alone = bits(1);
    for threads in [2, 5] {
        assert!(bits(threads) == alone, "{threads} threads");
    }
}
