//! Conversions keep every entry, whatever the layout of the other library: strided, transposed or
//! reversed views included.

use faer::{Col, Mat, MatRef};
use mirrorhead_kernels::Matrix;
use proptest::prelude::*;

/// Any shape, empty ones included, with entries that tell their places.
fn numbered(nrows: usize, ncols: usize) -> Matrix {
    Matrix::from_fn(nrows, ncols, |i, j| 10.0 * i as f64 + j as f64 + 0.5)
}

proptest! {
    #[test]
    fn faer_and_back(nrows in 0..5usize, ncols in 0..5usize) {
        let ours = numbered(nrows, ncols);
        let theirs = Mat::from(&ours);
        prop_assert_eq!((theirs.nrows(), theirs.ncols()), (nrows, ncols));
        prop_assert_eq!(&Matrix::from(&theirs), &ours);
        prop_assert_eq!(&Matrix::from(MatRef::from(&ours)), &ours);
        prop_assert_eq!(&Matrix::from(theirs.transpose()), &ours.transposed());
        let reversed = Matrix::from_fn(nrows, ncols, |i, j| ours[(nrows - 1 - i, j)]);
        prop_assert_eq!(&Matrix::from(theirs.reverse_rows()), &reversed);
        prop_assert_eq!(&Matrix::from(theirs), &ours);
        prop_assert_eq!(Matrix::from(Mat::from(ours.clone())), ours);
    }
}

#[test]
fn a_vector_is_one_column() {
    let column = Matrix::column(vec![1.0, 2.0, 3.0]).unwrap();
    let theirs = Col::from_fn(3, |i| 1.0 + i as f64);
    assert_eq!(Matrix::from(theirs.as_ref()), column);
    assert_eq!(Matrix::from(theirs), column);
    assert_eq!(column.into_columns(), [1.0, 2.0, 3.0]);
}

#[test]
fn ndarray_and_back() {
    use ndarray::{Array1, Array2, Axis, Slice};
    for (nrows, ncols) in [(3, 4), (4, 3), (1, 5), (5, 1), (0, 3), (3, 0)] {
        let ours = numbered(nrows, ncols);
        let theirs = Array2::from(&ours);
        assert_eq!(theirs.dim(), (nrows, ncols));
        assert_eq!(Matrix::from(&theirs), ours);
        assert_eq!(Matrix::from(theirs.t()), ours.transposed());
        // Row-major, and with strides.
        assert_eq!(Matrix::from(theirs.as_standard_layout().into_owned()), ours);
        let odd_columns = Matrix::from_fn(nrows, ncols / 2, |i, j| ours[(i, 2 * j + 1)]);
        if ncols > 1 {
            let strided = theirs.slice_axis(Axis(1), Slice::new(1, None, 2));
            assert_eq!(Matrix::from(strided), odd_columns);
        }
        assert_eq!(Array2::from(ours.clone()), theirs);
        assert_eq!(ours.as_ndarray(), theirs);
    }
    let column = Array1::from(vec![1.0, 2.0]);
    assert_eq!(Matrix::from(column), Matrix::column(vec![1.0, 2.0]).unwrap());
}

#[test]
fn nalgebra_and_back() {
    use nalgebra::{DMatrix, DVector, Matrix2x3};
    for (nrows, ncols) in [(3, 4), (4, 3), (1, 5), (5, 1), (0, 3), (3, 0)] {
        let ours = numbered(nrows, ncols);
        let theirs = DMatrix::from(&ours);
        assert_eq!(theirs.shape(), (nrows, ncols));
        assert_eq!(Matrix::from(&theirs), ours);
        assert_eq!(Matrix::from(theirs.transpose()), ours.transposed());
        assert_eq!(Matrix::from(theirs.view((0, 0), (nrows / 2, ncols))).nrows(), nrows / 2);
        assert_eq!(ours.as_nalgebra(), theirs);
        assert_eq!(DMatrix::from(ours), theirs);
    }
    let small = Matrix2x3::new(1.0, 2.0, 3.0, 4.0, 5.0, 6.0);
    let rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(Matrix::from(small), Matrix::from_rows(&rows).unwrap());
    let column = DVector::from_vec(vec![1.0, 2.0]);
    assert_eq!(Matrix::from(column), Matrix::column(vec![1.0, 2.0]).unwrap());
}
