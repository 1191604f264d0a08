//! Matrices: constructors that take anything and panic at nothing, and a serial form that keeps
//! every bit.

use mirrorhead_kernels::{KernelError, Matrix};
use proptest::prelude::*;

/// Any `f64`: subnormal, negative zero, NaN and infinite ones included.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![4 => any::<f64>(), 1 => prop::num::f64::ANY, 8 => -1.0..1.0f64]
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |x| x.is_finite())
}

fn bits(m: &Matrix) -> Vec<u64> {
    m.as_slice().iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #[test]
    fn rows_are_taken_or_refused_for_what_is_wrong(
        rows in prop::collection::vec(prop::collection::vec(anything(), 0..4), 0..4),
    ) {
        let ncols = rows.first().map_or(0, Vec::len);
        let ragged = rows.iter().position(|row| row.len() != ncols);
        let strange = rows.iter().position(|row| row.iter().any(|x| !x.is_finite()));
        match Matrix::from_rows(&rows) {
            Ok(m) => {
                prop_assert_eq!((ragged, strange), (None, None));
                prop_assert_eq!((m.nrows(), m.ncols(), m.len()), (rows.len(), ncols, rows.len() * ncols));
                for (i, row) in rows.iter().enumerate() {
                    for (j, x) in row.iter().enumerate() {
                        prop_assert_eq!(m[(i, j)].to_bits(), x.to_bits());
                        prop_assert_eq!(m.col(j)[i].to_bits(), x.to_bits());
                        prop_assert_eq!(m.as_mat()[(i, j)].to_bits(), x.to_bits());
                        prop_assert_eq!(m.transposed()[(j, i)].to_bits(), x.to_bits());
                    }
                }
            }
            Err(KernelError::ShapeMismatch { what, expected, found }) => {
                let row = ragged.expect("a ragged row");
                prop_assert_eq!(what, format!("entries of matrix row {row}"));
                prop_assert_eq!((expected, found), (ncols, rows[row].len()));
            }
            Err(KernelError::NotFinite { what, index, .. }) => {
                let row = strange.expect("a strange entry");
                prop_assert_eq!(what, format!("matrix row {row}"));
                prop_assert!(!rows[row][index].is_finite());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn columns_are_taken_or_refused_for_what_is_wrong(
        nrows in 0..5usize, ncols in 0..5usize, values in prop::collection::vec(anything(), 0..18),
    ) {
        let strange = values.iter().any(|x| !x.is_finite());
        match Matrix::from_columns(nrows, ncols, values.clone()) {
            Ok(m) => {
                prop_assert!(!strange);
                prop_assert_eq!(m.as_slice(), &values[..]);
            }
            Err(KernelError::ShapeMismatch { expected, found, .. }) => {
                prop_assert_eq!((expected, found), (nrows * ncols, values.len()));
                prop_assert!(expected != found);
            }
            Err(KernelError::NotFinite { index, .. }) => prop_assert!(!values[index].is_finite()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn saved_and_read_again_every_bit_is_kept(
        nrows in 1..5usize, ncols in 0..5usize, pool in prop::collection::vec(finite(), 25),
    ) {
        let m = Matrix::from_fn(nrows, ncols, |i, j| pool[5 * i + j]);
        let text = serde_json::to_string(&m).expect("serialises");
        let read: Matrix = serde_json::from_str(&text).expect("reads what it wrote");
        prop_assert_eq!((read.nrows(), read.ncols()), (nrows, ncols));
        prop_assert_eq!(bits(&read), bits(&m), "{}", text);
    }
}

#[test]
fn sizes_whose_product_wraps_around_are_refused() {
    for (nrows, ncols) in [(usize::MAX, 2), (1 << 40, 1 << 40), (usize::MAX, usize::MAX)] {
        let refused = Matrix::from_columns(nrows, ncols, vec![1.0]);
        assert!(matches!(refused, Err(KernelError::ShapeMismatch { found: 1, .. })), "{refused:?}");
    }
}

#[test]
fn a_vector_is_one_column() {
    let v = Matrix::column(vec![1.0, 2.0]).expect("finite");
    assert_eq!((v.nrows(), v.ncols()), (2, 1));
    assert!(Matrix::column(vec![]).expect("nothing is finite").is_empty());
    let refused = Matrix::column(vec![0.0, f64::NAN]);
    assert!(matches!(refused, Err(KernelError::NotFinite { index: 1, .. })));
}

#[test]
fn text_that_is_no_matrix_is_refused_in_words() {
    for (text, word) in [
        ("[[1, 2], [3]]", "entries of matrix row 1: expected 2, found 1"),
        ("[[1, 2], [null, 3]]", "null"),
        ("[[1, 1e999]]", "out of range"),
        ("[1, 2]", "expected a sequence"),
        ("[[1, 2]", "EOF"),
    ] {
        let error = serde_json::from_str::<Matrix>(text).expect_err(text).to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}
