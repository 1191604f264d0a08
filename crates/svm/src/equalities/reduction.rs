//! Which entries of `$w$` the equalities determine best, found in doubles.

use mirrorhead_kernels::{LinearOperator, max_abs};

use crate::rows::inverse_power_of_two;

/// What is left of a row of size one below this is taken for rounding.
const NOTHING: f64 = 1e-11;

/// Pivots above this leave enough digits of the rows.
const WELL_CONDITIONED: f64 = 1e-3;

/// Elimination with the largest pivots: rows `$(E_{RC}^{-1} E_R)_i$` with a one in column `$C_i$` and zeros in the other columns
/// `$C$`, for some rows `$R$` of `$E$`.
pub(super) struct Reduction {
    /// `$(R_i, C_i)$`.
    pub pivots: Vec<(usize, usize)>,
    /// The reduced rows.
    pub rows: Vec<Vec<f64>>,
    least_pivot: f64,
}

impl Reduction {
    /// The rows of `equalities`, reduced.
    pub fn of(equalities: &dyn LinearOperator) -> Self {
        let mut left: Vec<(usize, Vec<f64>)> =
            (0..equalities.nrows()).map(|j| (j, of_size_one(dense_row(equalities, j)))).collect();
        let mut found = Self { pivots: Vec::new(), rows: Vec::new(), least_pivot: 1.0 };
        while let Some((at, column, size)) = largest(&left) {
            if size <= NOTHING {
                break;
            }
            let (j, mut pivot) = left.swap_remove(at);
            let inverse = pivot[column].recip();
            for a in &mut pivot {
                *a *= inverse;
            }
            pivot[column] = 1.0;
            let others = found.rows.iter_mut().chain(left.iter_mut().map(|(_, row)| row));
            others.for_each(|row| eliminate(row, column, &pivot));
            found.least_pivot = found.least_pivot.min(size);
            found.pivots.push((j, column));
            found.rows.push(pivot);
        }
        found
    }

    /// Whether the rows have kept enough digits for a solution.
    pub fn is_accurate(&self) -> bool {
        self.least_pivot >= WELL_CONDITIONED
    }
}

/// Row `j` in doubles.
pub(super) fn dense_row(operator: &dyn LinearOperator, j: usize) -> Vec<f64> {
    let mut row = vec![0.0; operator.ncols()];
    operator.exact_row(j, &mut |k, a| row[k] += a);
    row
}

fn of_size_one(mut row: Vec<f64>) -> Vec<f64> {
    let factor = inverse_power_of_two(max_abs(&row));
    for a in &mut row {
        *a *= factor;
    }
    row
}

/// The largest entry: the position of its row among `rows`, its column and its size. The first one of several.
fn largest(rows: &[(usize, Vec<f64>)]) -> Option<(usize, usize, f64)> {
    let mut found: Option<(usize, usize, f64)> = None;
    for (at, (_, row)) in rows.iter().enumerate() {
        for (column, a) in row.iter().enumerate() {
            if found.is_none_or(|(_, _, size)| a.abs() > size) {
                found = Some((at, column, a.abs()));
            }
        }
    }
    found
}

/// `row` minus the multiple of `pivot` that leaves nothing in `column`.
fn eliminate(row: &mut [f64], column: usize, pivot: &[f64]) {
    let factor = row[column];
    if factor != 0.0 {
        row.iter_mut().zip(pivot).for_each(|(a, p)| *a -= factor * p);
        row[column] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;

    #[test]
    fn a_cycle_and_its_double_have_rank_two() {
        let rows = [[1.0, -1.0, 0.0], [0.0, 2e6, -2e6], [-1e-6, 0.0, 1e-6], [2.0, -2.0, 0.0]];
        let reduction = Reduction::of(&DenseRows::new(&Matrix::from_rows(&rows).unwrap()));
        assert_eq!(reduction.rows.len(), 2);
        assert!(reduction.is_accurate());
        for (row, (_, column)) in reduction.rows.iter().zip(&reduction.pivots) {
            assert_eq!(row[*column], 1.0);
            assert_eq!(row.iter().sum::<f64>(), 0.0);
        }
    }
}
