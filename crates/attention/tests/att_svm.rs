//! AttSVM constraints of very large and very small data.

use mirrorhead_attention::AttSvmOperator;
use mirrorhead_kernels::{LinearOperator, Matrix, TokenBatch};

/// Two sequences of two tokens of one entry: rows $(x_0 - x_1) z$.
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
    two_rows([1e162, 2e162], [1e-162, 1e-162]).weighted_gram(&[0, 1], &[1.0], gram.as_mat_mut());
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
