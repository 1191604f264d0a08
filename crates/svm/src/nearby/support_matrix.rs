//! Rows with a multiplier as a dense matrix, in units of its own.

use faer::Mat;
use mirrorhead_kernels::{LinearOperator, max_abs};

use super::support::Support;
use crate::HardMarginProblem;
use crate::basis::ReducedColumn;
use crate::rows::inverse_power_of_two;
use crate::two_fold::TwoFold;

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
    pub fn of<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        support: &Support,
        rows: &[usize],
        reduced_columns: &[ReducedColumn],
        weight: &dyn Fn(usize) -> f64,
    ) -> Option<Self> {
        let size = support.columns.len();
        let mut matrix = Mat::<f64>::zeros(rows.len(), size);
        let mut sizes = vec![0.0f64; size];
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
            reduce(&mut row, support, reduced_columns);
            let weight = weight(j);
            for (place, sum) in row.into_iter().enumerate() {
                let entry = sum.rounded() * weight;
                matrix[(i, place)] = entry;
                sizes[place] = sizes[place].max(entry.abs());
            }
        }
        let left: Vec<usize> = (0..size).filter(|&place| sizes[place] > 0.0).collect();
        let columns: Vec<(usize, f64)> = left
            .iter()
            .map(|&place| (support.columns[place], inverse_power_of_two(sizes[place])))
            .collect();
        let entry = |i, k: usize| matrix[(i, left[k])] * columns[k].1;
        let matrix = Mat::from_fn(rows.len(), left.len(), entry);
        Some(Self { rows: rows.to_vec(), columns, matrix })
    }

    /// `$A^\top\lambda$` over the columns, each in its scale, rounded once.
    pub fn dual_point<A: LinearOperator + ?Sized>(
        &self,
        operator: &A,
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
        reduce(&mut sums, support, reduced_columns);
        let entry = |(k, scale): &(usize, f64)| sums[support.places[*k]].rounded() * scale;
        let dual_point: Vec<f64> = self.columns.iter().map(entry).collect();
        max_abs(&dual_point).is_finite().then_some(dual_point)
    }
}

/// Takes from the entries of a row what others say of them.
fn reduce(row: &mut [TwoFold], support: &Support, reduced_columns: &[ReducedColumn]) {
    for ReducedColumn { column, factor, terms } in reduced_columns {
        let mut left = TwoFold::default();
        left.subtract_multiple(row[support.places[*column]], -factor);
        for (k, c) in terms {
            left.subtract_multiple(row[support.places[*k]], *c);
        }
        row[support.places[*column]] = left.normalized();
    }
}
