//! The constraints of the AttSVM enclose what they are of the tokens themselves, in exact arithmetic.

use crate::reference::{Extended, extended};
use mirrorhead_attention::AttSvmOperator;
use mirrorhead_kernels::{Enclosure, LinearOperator, Matrix, TokenBatch};

/// Tokens of one sequence that differ by `off`, on top of an offset: differences cancel.
fn tokens(lengths: &[usize], dim: usize, off: f64) -> TokenBatch {
    let total: usize = lengths.iter().sum();
    let entry = |k: usize| ((k % dim) as f64 + 0.3).cos() + off * (k as f64 * 1.7 + 0.3).sin();
    TokenBatch::new(dim, lengths, (0..total * dim).map(entry).collect()).unwrap()
}

#[test]
fn products_with_the_tokens_themselves_are_enclosed_tightly() {
    let (lengths, dim, selection) = ([5, 1, 7, 3], 4, [1, 0, 6, 2]);
    for off in [1.0, 1e-3, 1e-9, 1e-15] {
        let tokens = tokens(&lengths, dim, off);
        let queries = Matrix::from_fn(dim, lengths.len(), |a, i| ((a + 5 * i) as f64).sin() * 3.7);
        let operator = AttSvmOperator::new(&tokens, &queries, &selection);
        let (m, n) = (operator.nrows(), operator.ncols());
        // Rows of the data: nothing is rounded in 320 digits.
        let entry = |j: usize, k: usize| -> Extended {
            let (i, t) = operator.row_token(j);
            let (a, b) = (k % dim, k / dim);
            let difference =
                extended(tokens.token(i, selection[i])[a]) - extended(tokens.token(i, t)[a]);
            difference * extended(queries[(b, i)])
        };
        let w: Vec<f64> = (0..n).map(|k| (k as f64 * 0.9).sin()).collect();
        let multipliers: Vec<f64> = (0..m).map(|j| 1.0 + (j as f64).cos()).collect();
        let (mut margins, mut adjoint) =
            (vec![Enclosure::default(); m], vec![Enclosure::default(); n]);
        operator.apply_enclosed(&w, &mut margins);
        operator.apply_adjoint_enclosed(&multipliers, &mut adjoint);
        let holds = |enclosure: &Enclosure, exact: &Extended, size: f64| {
            assert!(extended(enclosure.lower()) <= *exact, "{enclosure:?}, off by {off}");
            assert!(extended(enclosure.upper()) >= *exact, "{enclosure:?}, off by {off}");
            let tight = 1e-15 * enclosure.value.abs() + 1e-28 * size;
            assert!(enclosure.radius <= tight, "{enclosure:?}, off by {off}");
        };
        for (j, margin) in margins.iter().enumerate() {
            let exact = (0..n).fold(extended(0.0), |sum, k| sum + entry(j, k) * extended(w[k]));
            holds(margin, &exact, 10.0);
            // The row by itself, in terms without rounding.
            let mut row = vec![extended(0.0); n];
            assert!(operator.exact_row(j, &mut |k, a| row[k] = &row[k] + extended(a)));
            for (k, sum) in row.iter().enumerate() {
                assert!(*sum == entry(j, k), "row {j}, column {k}, off by {off}");
            }
        }
        for (k, enclosure) in adjoint.iter().enumerate() {
            let exact =
                (0..m).fold(extended(0.0), |sum, j| sum + entry(j, k) * extended(multipliers[j]));
            holds(enclosure, &exact, 100.0);
        }
    }
}

#[test]
fn rows_beyond_the_range_are_not_called_exact() {
    let tokens = TokenBatch::new(1, &[2], vec![1e-200, 2e-200]).unwrap();
    let queries = Matrix::column(vec![1e-100]).unwrap();
    let operator = AttSvmOperator::new(&tokens, &queries, &[1]);
    assert!(!operator.exact_row(0, &mut |_, _| {}));
}

#[test]
fn an_entry_of_a_query_that_its_scale_takes_to_zero_is_not_zero() {
    let tokens = TokenBatch::new(2, &[2], vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    let queries = Matrix::column(vec![1e300, 1e-300]).unwrap();
    let operator = AttSvmOperator::new(&tokens, &queries, &[0]);
    let mut adjoint = vec![Enclosure::default(); 4];
    operator.apply_adjoint_enclosed(&[1.0], &mut adjoint);
    for (k, exact) in [1e300, 0.0, 1e-300, 0.0].into_iter().enumerate() {
        assert!(adjoint[k].lower() <= exact && exact <= adjoint[k].upper(), "{:?}", adjoint[k]);
    }
}
