//! Whoever refers to an operator passes everything on, what the operator overrides included.

use std::sync::Arc;

use mirrorhead_kernels::{Enclosure, GramMut, LinearOperator, Matrix};

/// Overrides every method by one that leaves a mark of its own.
struct Marks;

impl LinearOperator for Marks {
    fn nrows(&self) -> usize {
        2
    }

    fn ncols(&self) -> usize {
        3
    }

    fn apply(&self, _: &[f64], out: &mut [f64]) {
        out.fill(1.0);
    }

    fn apply_adjoint(&self, _: &[f64], out: &mut [f64]) {
        out.fill(2.0);
    }

    fn apply_abs(&self, _: &[f64], out: &mut [f64]) {
        out.fill(3.0);
    }

    fn apply_adjoint_abs(&self, _: &[f64], out: &mut [f64]) {
        out.fill(4.0);
    }

    fn rounding_depth(&self) -> usize {
        5
    }

    fn apply_enclosed(&self, _: &[f64], out: &mut [Enclosure]) {
        out.fill(Enclosure { value: 6.0, radius: 0.5 });
    }

    fn apply_adjoint_enclosed(&self, _: &[f64], out: &mut [Enclosure]) {
        out.fill(Enclosure { value: 7.0, radius: 0.5 });
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        term(j, 8.0);
        false
    }

    fn weighted_gram(&self, _: &[usize], _: &[f64], mut gram: GramMut<'_>) {
        gram[(0, 0)] = 9.0;
    }

    fn weighted_normal(&self, _: &[f64], mut normal: GramMut<'_>) {
        normal[(0, 0)] = 10.0;
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        out.fill(11.0);
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        out.fill(12.0);
    }
}

/// What `write` puts first into a vector of two entries.
fn first(write: impl FnOnce(&mut [f64])) -> f64 {
    let mut out = [0.0; 2];
    write(&mut out);
    out[0]
}

#[test]
fn every_method_reaches_the_operator() {
    reaches_marks(&&Marks);
    reaches_marks(&Box::new(Marks));
    reaches_marks(&(Box::new(Marks) as Box<dyn LinearOperator>));
    reaches_marks(&Arc::new(Marks));
    reaches_marks(&(Arc::new(Marks) as Arc<dyn LinearOperator + Send>));
}

fn reaches_marks(any: &dyn LinearOperator) {
    let zero = Enclosure { value: 0.0, radius: 0.0 };
    let enclosed = |write: &dyn Fn(&mut [Enclosure])| {
        let mut out = [zero; 2];
        write(&mut out);
        out[0].value
    };
    let (mut gram, mut normal) = (Matrix::zeros(2, 2), Matrix::zeros(3, 3));
    any.weighted_gram(&[0, 1], &[1.0; 3], GramMut::of(&mut gram));
    any.weighted_normal(&[1.0; 2], GramMut::of(&mut normal));
    let mut exact = (0, 0.0);
    assert!(!any.exact_row(1, &mut |k, a| exact = (k, a)));
    assert_eq!((any.nrows(), any.ncols(), any.rounding_depth(), exact), (2, 3, 5, (1, 8.0)));
    let marks = [
        first(|out| any.apply(&[0.0; 3], out)),
        first(|out| any.apply_adjoint(&[0.0; 2], out)),
        first(|out| any.apply_abs(&[0.0; 3], out)),
        first(|out| any.apply_adjoint_abs(&[0.0; 2], out)),
        enclosed(&|out| any.apply_enclosed(&[0.0; 3], out)),
        enclosed(&|out| any.apply_adjoint_enclosed(&[0.0; 2], out)),
        gram[(0, 0)],
        normal[(0, 0)],
        first(|out| any.row_max_abs(out)),
        first(|out| any.col_max_abs(out)),
    ];
    assert_eq!(marks, [1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 9.0, 10.0, 11.0, 12.0]);
}
