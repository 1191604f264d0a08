//! Rows with labels: every natural spelling is taken, every wrong one refused by name.

use mirrorhead_kernels::{DenseRows, KernelError, Matrix};

#[test]
fn labels_of_any_number_type_turn_rows_around() {
    let points = [[2.0, 1.0], [-1.0, 0.5], [0.0, -3.0]];
    let wanted = DenseRows::from_rows(&[[2.0, 1.0], [1.0, -0.5], [0.0, 3.0]]).unwrap();
    assert_eq!(DenseRows::labelled(&points, &[1.0, -1.0, -1.0]).unwrap(), wanted);
    assert_eq!(DenseRows::labelled(&points, &[1_i8, -1, -1]).unwrap(), wanted);
    let nested: Vec<Vec<f64>> = points.iter().map(|row| row.to_vec()).collect();
    assert_eq!(DenseRows::labelled(&nested, &[1, -1, -1]).unwrap(), wanted);
    let matrix = Matrix::from_rows(&[[2.0, 1.0], [1.0, -0.5], [0.0, 3.0]]).unwrap();
    assert_eq!(DenseRows::from(&matrix), wanted);
    assert_eq!(DenseRows::from(matrix), wanted);
}

#[test]
fn what_is_wrong_is_named() {
    let points = [[2.0, 1.0], [-1.0, 0.5]];
    assert!(matches!(
        DenseRows::labelled(&points, &[1.0, -1.0, 1.0]),
        Err(KernelError::ShapeMismatch { expected: 2, found: 3, .. })
    ));
    for wrong in [0.0, 2.0, f64::NAN, f64::INFINITY] {
        let error = DenseRows::labelled(&points, &[1.0, wrong]).unwrap_err();
        assert!(matches!(error, KernelError::NotALabel { index: 1, .. }), "{error}");
    }
    let ragged: [&[f64]; 2] = [&[1.0, 2.0], &[1.0]];
    assert!(matches!(
        DenseRows::labelled(&ragged, &[1, -1]),
        Err(KernelError::ShapeMismatch { .. })
    ));
    assert!(matches!(
        DenseRows::from_rows(&[[1.0], [f64::NAN]]),
        Err(KernelError::NotFinite { .. })
    ));
}
