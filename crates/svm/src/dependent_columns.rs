//! Columns that are sums of others: of one-hot tokens, of words that always come together.

use dashu_int::ops::Gcd;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::full_pivoting::factor::{FullPivLuParams, lu_in_place, lu_in_place_scratch};
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::{Mat, MatRef, Par, Spec};
use serde::{Deserialize, Serialize};

/// A pivot smaller than this share of the largest is none.
const LEAST_PIVOT: f64 = 1e-11;

/// Most rows a column that are looked at.
const ROWS: usize = 2;

/// The largest denominator of a coefficient, and how far from its fraction it may be.
const LARGEST_DENOMINATOR: i64 = 60;
const OFF: f64 = 1e-6;

/// Most terms of all columns together.
const MOST_TERMS: usize = 1_000_000;

/// A column that is a combination of others in the rows of a certificate, in whole numbers:
/// `$d A_{\cdot k} = \sum_l n_l A_{\cdot l}$`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DependentColumn {
    /// `$k$`.
    pub column: usize,
    /// `$d > 0$`.
    pub denominator: i64,
    /// `$(l, n_l)$`.
    pub terms: Vec<(usize, i64)>,
}

/// The columns of `matrix` that seem to be combinations of the others with coefficients that are small fractions. Column `$k$` of
/// it is that of the number `columns[k].0`, multiplied by `columns[k].1`. None if some column depends on others otherwise.
pub(crate) fn dependent_columns(
    matrix: MatRef<'_, f64>,
    columns: &[(usize, f64)],
) -> Option<Vec<DependentColumn>> {
    let size = columns.len();
    let nrows = matrix.nrows().min(ROWS * size);
    let mut factors = matrix.get(..nrows, ..).to_owned();
    let order = full_pivots(&mut factors);
    let largest = factors[(0, 0)].abs();
    let rank =
        (0..size.min(nrows)).take_while(|&k| factors[(k, k)].abs() > LEAST_PIVOT * largest).count();
    let upper = factors.get(..rank, ..);
    let mut coefficients = upper.get(.., rank..).to_owned();
    solve_upper_triangular_in_place(upper.get(.., ..rank), coefficients.as_mut(), Par::Seq);
    let mut room = MOST_TERMS;
    let column = |(i, &k): (usize, &usize)| {
        let (column, scale) = columns[k];
        let mut fractions = Vec::new();
        for (l, &other) in order[..rank].iter().enumerate() {
            let (number, factor) = columns[other];
            let (numerator, denominator) = fraction(coefficients[(l, i)] * (factor / scale))?;
            if numerator != 0 {
                room = room.checked_sub(1)?;
                fractions.push((number, numerator, denominator));
            }
        }
        let denominator =
            fractions.iter().try_fold(1i64, |all, (_, _, d)| common_multiple(all, *d))?;
        let terms = fractions.iter().map(|(l, n, d)| Some((*l, n.checked_mul(denominator / d)?)));
        Some(DependentColumn { column, denominator, terms: terms.collect::<Option<_>>()? })
    };
    order[rank..].iter().enumerate().map(column).collect()
}

/// Leaves the factors of a full-pivoting elimination; the order of the columns.
fn full_pivots(matrix: &mut Mat<f64>) -> Vec<usize> {
    let (nrows, ncols) = (matrix.nrows(), matrix.ncols());
    let parameters = Spec::<FullPivLuParams, f64>::default();
    let scratch = lu_in_place_scratch::<usize, f64>(nrows, ncols, Par::Seq, parameters);
    let (mut rows, mut rows_back) = (vec![0usize; nrows], vec![0; nrows]);
    let (mut columns, mut columns_back) = (vec![0usize; ncols], vec![0; ncols]);
    lu_in_place(
        matrix.as_mut(),
        &mut rows,
        &mut rows_back,
        &mut columns,
        &mut columns_back,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        parameters,
    );
    columns
}

/// The fraction of smallest denominator next to `$x$`: (numerator, denominator).
fn fraction(x: f64) -> Option<(i64, i64)> {
    (1..=LARGEST_DENOMINATOR).find_map(|denominator| {
        let numerator = (x * denominator as f64).round();
        let is_near = (x * denominator as f64 - numerator).abs() <= OFF && numerator.abs() < 1e9;
        #[allow(clippy::cast_possible_truncation)]
        is_near.then_some((numerator as i64, denominator))
    })
}

/// The least common multiple of positive numbers.
fn common_multiple(a: i64, b: i64) -> Option<i64> {
    (a / a.unsigned_abs().gcd(b.unsigned_abs()).cast_signed()).checked_mul(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_thirds_are_found_and_other_dependence_is_not() {
        let of = |last: fn(f64, f64) -> f64| {
            let rows = Mat::from_fn(6, 3, |i, k| {
                let (a, b) = ((i as f64).sin(), (2.0 * i as f64).cos());
                [4.0 * a, b, last(a, b)][k]
            });
            dependent_columns(rows.as_ref(), &[(5, 4.0), (7, 1.0), (9, 1.0)])
        };
        let found = of(|a, b| 2.0 * b - a / 3.0).expect("it depends");
        let [DependentColumn { column, denominator, terms }] = &found[..] else {
            panic!("{found:?}")
        };
        let total = |k: usize| terms.iter().filter(|(l, _)| *l == k).map(|(_, n)| *n).sum::<i64>();
        let all = [5, 7, 9].map(|k| if k == *column { -denominator } else { total(k) });
        // In whole numbers a/3 - 2b + c vanishes, whichever of the three is called dependent.
        assert!(all == [all[2] / 3, -2 * all[2], all[2]], "{found:?}");
        assert_eq!(of(|a, b| b - a * std::f64::consts::FRAC_1_PI), None);
        assert_eq!(of(|a, b| a * b), Some(Vec::new()));
    }
}
