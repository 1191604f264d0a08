//! Rows with a multiplier as a dense matrix, in units of its own.

use faer::Mat;
use mirrorhead_kernels::{LinearOperator, max_abs};

use super::support::Support;
use crate::HardMarginProblem;
use crate::basis::ReducedColumn;
use crate::rows::inverse_power_of_two;
use crate::two_fold::{TwoFold, TwoFoldVector};

/// Some rows, each multiplied by a weight, over the columns in which one of them has an entry.
pub(super) struct SupportMatrix {
    pub rows: Vec<usize>,
    /// The columns, and the power of two that each is multiplied by.
    pub columns: Vec<(usize, f64)>,
    /// Rows by columns.
    pub matrix: Mat<f64>,
}

impl SupportMatrix {
    /// These `rows` of a `support`, after columns are reduced. None if they aren't known exactly.
    pub fn of(
        problem: &HardMarginProblem<'_>,
        support: &Support,
        rows: &[usize],
        reduced_columns: &[ReducedColumn],
        weight: &dyn Fn(usize) -> f64,
    ) -> Option<Self> {
        let size = support.columns.len();
        let mut entries = vec![TwoFoldVector::zeros(rows.len()); size];
        for (i, &j) in rows.iter().enumerate() {
            let mut row = vec![TwoFold::default(); size];
            let entry = &mut |k: usize, a: f64| {
                if let Some(sum) = row.get_mut(support.places[k]) {
                    sum.add(a);
                }
            };
            if !problem.operator().exact_row(j, entry) {
                return None;
            }
            for (column, sum) in entries.iter_mut().zip(row) {
                column.set(i, sum);
            }
        }
        reduce(&mut entries, support, reduced_columns);
        let weights: Vec<f64> = rows.iter().map(|&j| weight(j)).collect();
        let (mut columns, mut kept) = (Vec::new(), Vec::new());
        for (k, column) in support.columns.iter().zip(entries) {
            let mut column = column.rounded();
            column.iter_mut().zip(&weights).for_each(|(a, weight)| *a *= weight);
            let largest = max_abs(&column);
            if largest > 0.0 {
                columns.push((*k, inverse_power_of_two(largest)));
                kept.push(column);
            }
        }
        let matrix = Mat::from_fn(rows.len(), kept.len(), |i, k| kept[k][i] * columns[k].1);
        Some(Self { rows: rows.to_vec(), columns, matrix })
    }

    /// `$A^\top\lambda$` over the columns, each in its scale, rounded once.
    pub fn dual_point(
        &self,
        operator: &dyn LinearOperator,
        support: &Support,
        multipliers: &[f64],
        reduced_columns: &[ReducedColumn],
    ) -> Option<Vec<f64>> {
        let mut sums = vec![TwoFold::default(); support.columns.len()];
        for (j, l) in multipliers.iter().enumerate().filter(|(_, l)| **l > 0.0) {
            let entry = &mut |k: usize, a: f64| {
                if let Some(sum) = sums.get_mut(support.places[k]) {
                    sum.add_product(a, *l);
                }
            };
            if !operator.exact_row(j, entry) {
                return None;
            }
        }
        let mut sums: Vec<TwoFoldVector> = sums.into_iter().map(TwoFoldVector::of_one).collect();
        reduce(&mut sums, support, reduced_columns);
        let entry = |(k, scale): &(usize, f64)| sums[support.places[*k]].rounded()[0] * scale;
        let dual_point: Vec<f64> = self.columns.iter().map(entry).collect();
        max_abs(&dual_point).is_finite().then_some(dual_point)
    }
}

/// Takes from the columns what others say of them.
fn reduce(columns: &mut [TwoFoldVector], support: &Support, reduced_columns: &[ReducedColumn]) {
    for ReducedColumn { column, factor, terms } in reduced_columns {
        let place = support.places[*column];
        let mut left = TwoFoldVector::zeros(columns[place].len());
        left.add_multiple(*factor, &columns[place]);
        for (k, c) in terms {
            left.add_multiple(-c, &columns[support.places[*k]]);
        }
        columns[place] = left;
    }
}
