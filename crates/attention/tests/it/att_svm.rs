//! AttSVM constraints of very large and very small data, and their Newton matrices by many threads.

use mirrorhead_attention::AttSvmOperator;
use mirrorhead_kernels::{DenseRows, GramMut, LinearOperator, Matrix, PARALLEL_WORK, TokenBatch};

/// Two sequences of two tokens of one entry: rows `$(x_0 - x_1) z$`.
fn two_rows(differences: [f64; 2], queries: [f64; 2]) -> AttSvmOperator {
    let [x, y] = differences;
    let tokens = TokenBatch::new(1, &[2, 2], vec![x, 0.0, y, 0.0]).unwrap();
    let queries = Matrix::from_columns(1, 2, queries.to_vec()).unwrap();
    AttSvmOperator::new(&tokens, &queries, &[0, 0])
}

#[test]
fn only_the_products_need_to_be_in_range() {
    let plain = two_rows([3.0, -1.25], [-1.5, 0.7]);
    for scale in [2f64.powi(-700), 2f64.powi(-540), 2f64.powi(540), 2f64.powi(700)] {
        let moved = two_rows([3.0 / scale, -1.25 / scale], [-1.5 * scale, 0.7 * scale]);
        assert_eq!(moved, plain, "{scale}");
    }
    let mut gram = Matrix::zeros(2, 2);
    two_rows([1e162, 2e162], [1e-162, 1e-162]).weighted_gram(
        &[0, 1],
        &[1.0],
        GramMut::of(&mut gram),
    );
    for (entry, expected) in gram.as_slice().iter().zip([1.0f64, 2.0]) {
        assert!((entry / expected - 1.0).abs() < 1e-15);
    }
}

#[test]
fn rows_out_of_range_are_told_from_zero_rows() {
    let sizes = |differences, queries| {
        let mut sizes = [0.0; 2];
        two_rows(differences, queries).row_max_abs(&mut sizes);
        sizes
    };
    let [underflow, zero] = sizes([1e-162, 0.0], [1e-162, 1e-162]);
    assert!(underflow > 0.0 && underflow.is_subnormal());
    assert_eq!(zero, 0.0);
    assert_eq!(sizes([1e160, 1e308], [1e160, 0.0]), [f64::INFINITY, 0.0]);
    assert_eq!(sizes([1e300, 1e-300], [1e-310, 1e308]), [1e300 * 1e-310, 1e-300 * 1e308]);
    assert!(sizes([1e-310, 1.0], [1.0, 1e-310]).iter().all(|size| size.is_subnormal()));
}

/// Twelve sequences of forty tokens, with entries that need no luck.
fn many_rows() -> AttSvmOperator {
    let (lengths, dim) = ([40; 12], 24);
    let entry = |k: usize| (k as f64 * 1.7 + 0.3).sin();
    let tokens = TokenBatch::new(dim, &lengths, (0..480 * dim).map(entry).collect()).unwrap();
    let queries = Matrix::from_fn(dim, 12, |a, i| entry(a + 31 * i + 7));
    let selection: Vec<_> = (0..12).collect();
    AttSvmOperator::new(&tokens, &queries, &selection)
}

/// The same rows, stored: row `$j$` is `$A^\top e_j$`.
fn stored(operator: &AttSvmOperator) -> DenseRows {
    let mut unit = vec![0.0; operator.nrows()];
    let rows: Vec<Vec<f64>> = (0..operator.nrows())
        .map(|j| {
            let mut row = vec![0.0; operator.ncols()];
            unit[j] = 1.0;
            operator.apply_adjoint(&unit, &mut row);
            unit[j] = 0.0;
            row
        })
        .collect();
    DenseRows::new(&Matrix::from_rows(&rows).unwrap())
}

#[test]
fn large_newton_matrices_are_the_same_however_they_are_shared() {
    let operator = many_rows();
    let rows: Vec<usize> = (0..operator.nrows()).filter(|j| j % 11 != 3).collect();
    assert!(rows.len() * rows.len() / 2 * 24 >= PARALLEL_WORK, "enough work to share");
    let weights: Vec<f64> = (0..operator.ncols()).map(|k| (k as f64).sin().abs()).collect();
    let [alone, two, five] = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut gram = Matrix::zeros(rows.len(), rows.len());
        pool.install(|| operator.weighted_gram(&rows, &weights, GramMut::of(&mut gram)));
        gram
    });
    let bits = |gram: &Matrix| gram.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&alone), bits(&two));
    assert_eq!(bits(&alone), bits(&five));
    let mut expected = Matrix::zeros(rows.len(), rows.len());
    stored(&operator).weighted_gram(&rows, &weights, GramMut::of(&mut expected));
    let size = mirrorhead_kernels::max_abs(expected.as_slice());
    for (found, expected) in alone.as_slice().iter().zip(expected.as_slice()) {
        assert!((found - expected).abs() <= 1e-12 * size, "{found} {expected}");
    }
}
