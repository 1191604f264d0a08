//! The operator against its rows, stored.

use super::*;
use mirrorhead_kernels::{DenseRows, GramMut, LinearOperator};
use proptest::prelude::*;

/// Ragged sequences, queries and a selection, with entries that need no luck.
fn operator(lengths: &[usize], dim: usize) -> AttSvmOperator {
    let total: usize = lengths.iter().sum();
    let entry = |k: usize| (k as f64 * 1.7 + 0.3).sin();
    let tokens = TokenBatch::new(dim, lengths, (0..total * dim).map(entry).collect()).unwrap();
    let queries = Matrix::from_fn(dim, lengths.len(), |a, i| entry(a + 31 * i + 7));
    let selection: Vec<_> = lengths.iter().enumerate().map(|(i, len)| i % len).collect();
    AttSvmOperator::new(&tokens, &queries, &selection)
}

/// The same rows, stored.
fn stored(operator: &AttSvmOperator) -> DenseRows {
    let dim = operator.dim;
    DenseRows::new(&Matrix::from_fn(operator.nrows(), dim * dim, |j, k| {
        let (i, _) = operator.row_token(j);
        let mut room = Vec::new();
        let difference = operator.differences.of(j..j + 1, dim, &mut room);
        difference[k % dim] * operator.queries[(k / dim, i)]
    }))
}

fn close(left: &[f64], right: &[f64]) {
    // Sums of terms of size one, which may cancel.
    let size = max_abs(right).max(1.0);
    for (l, r) in left.iter().zip(right) {
        assert!((l - r).abs() <= 1e-13 * size * left.len() as f64, "{l} {r}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn it_is_the_operator_of_its_rows(
        lengths in prop::collection::vec(1usize..30, 1..7),
        dim in 1usize..12,
        stride in 1usize..4,
        reversed: bool,
    ) {
        let operator = operator(&lengths, dim);
        let dense = stored(&operator);
        let (m, n) = (operator.nrows(), operator.ncols());
        prop_assert_eq!(m, lengths.iter().sum::<usize>() - lengths.len());
        let w: Vec<f64> = (0..n).map(|k| (k as f64).cos()).collect();
        let multipliers: Vec<f64> = (0..m).map(|j| (j as f64 + 0.5).sin()).collect();
        let (mut a, mut b) = (vec![0.0; m], vec![0.0; m]);
        operator.apply(&w, &mut a);
        dense.apply(&w, &mut b);
        close(&a, &b);
        operator.row_max_abs(&mut a);
        dense.row_max_abs(&mut b);
        close(&a, &b);
        let sizes = |x: &[f64]| x.iter().map(|x| x.abs()).collect::<Vec<_>>();
        operator.apply_abs(&sizes(&w), &mut a);
        dense.apply_abs(&sizes(&w), &mut b);
        close(&a, &b);
        let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
        operator.apply_adjoint(&multipliers, &mut a);
        dense.apply_adjoint(&multipliers, &mut b);
        close(&a, &b);
        operator.apply_adjoint_abs(&sizes(&multipliers), &mut a);
        dense.apply_adjoint_abs(&sizes(&multipliers), &mut b);
        close(&a, &b);
        operator.col_max_abs(&mut a);
        dense.col_max_abs(&mut b);
        close(&a, &b);

        let mut rows: Vec<usize> = (0..m).step_by(stride).collect();
        if reversed {
            rows.reverse();
        }
        let weights: Vec<f64> = (0..n).map(|k| 1.0 + (k as f64).sin()).collect();
        let mut a = Matrix::zeros(rows.len(), rows.len());
        let mut b = a.clone();
        operator.weighted_gram(&rows, &weights, GramMut::of(&mut a));
        dense.weighted_gram(&rows, &weights, GramMut::of(&mut b));
        close(a.as_slice(), b.as_slice());
    }
}
