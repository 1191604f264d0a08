//! Who refers to an operator is that operator: references, boxes, counted references.

use std::sync::Arc;

use crate::{Enclosure, GramMut, LinearOperator};

/// Everything goes to the operator referred to, what it overrides included.
macro_rules! refers_to_an_operator {
    ($referrer:ty, $($bound:tt)*) => {
        impl<$($bound)* + ?Sized> LinearOperator for $referrer {
            fn nrows(&self) -> usize {
                (**self).nrows()
            }

            fn ncols(&self) -> usize {
                (**self).ncols()
            }

            fn apply(&self, w: &[f64], out: &mut [f64]) {
                (**self).apply(w, out);
            }

            fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
                (**self).apply_adjoint(multipliers, out);
            }

            fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
                (**self).apply_abs(w, out);
            }

            fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
                (**self).apply_adjoint_abs(multipliers, out);
            }

            fn rounding_depth(&self) -> usize {
                (**self).rounding_depth()
            }

            fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
                (**self).apply_enclosed(w, out);
            }

            fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
                (**self).apply_adjoint_enclosed(multipliers, out);
            }

            fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
                (**self).exact_row(j, term)
            }

            fn weighted_gram(&self, rows: &[usize], weights: &[f64], gram: GramMut<'_>) {
                (**self).weighted_gram(rows, weights, gram);
            }

            fn weighted_normal(&self, weights: &[f64], normal: GramMut<'_>) {
                (**self).weighted_normal(weights, normal);
            }

            fn row_max_abs(&self, out: &mut [f64]) {
                (**self).row_max_abs(out);
            }

            fn col_max_abs(&self, out: &mut [f64]) {
                (**self).col_max_abs(out);
            }
        }
    };
}

refers_to_an_operator!(&A, A: LinearOperator);
refers_to_an_operator!(Box<A>, A: LinearOperator);
refers_to_an_operator!(Arc<A>, A: LinearOperator + Send);
