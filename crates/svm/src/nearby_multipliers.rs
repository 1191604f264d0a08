//! From multipliers that cancel to rounding to some next to which exact ones are.

use std::collections::BTreeSet;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor::{
    PartialPivLuParams, lu_in_place, lu_in_place_scratch,
};
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_unit_upper_triangular_in_place,
};
use faer::{Mat, MatMut, Par, Spec};
use mirrorhead_kernels::{LinearOperator, max_abs};

use crate::HardMarginProblem;
use crate::basis::Basis;
use crate::dependent_columns::{DependentColumn, dependent_columns};
use crate::rows::inverse_power_of_two;
use crate::two_fold::TwoFold;

/// Most columns that a combination may have an entry in: their matrix, its factors and its inverse are held.
const MOST_COLUMNS: usize = 8_000;

/// So many rows a column are candidates for the basis, those that pull most.
const CANDIDATES: usize = 4;

/// A pivot smaller than this, of rows of size one, tells a matrix that is singular to rounding.
const LEAST_PIVOT: f64 = 1e-13;

/// Corrections: the first has all to do, the others are for its rounding.
const CORRECTIONS: usize = 3;

/// Where a correction is as large as this share of a multiplier, exact ones aren't near.
const LARGEST_CHANGE: f64 = 0.5;

/// Columns from which factors are shared among threads.
const PARALLEL_COLUMNS: usize = 512;

/// Multipliers `$\lambda \ge 0$` of which `$A^\top\lambda$` vanishes as nearly as doubles can say, from given ones, and the
/// [`Basis`] of those that were solved for. A proof that exact multipliers are near is the caller's business.
///
/// None if there is no basis, or the `multipliers` would have to change by too much, or `go_on` says so.
pub(crate) fn nearby_multipliers<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    multipliers: &[f64],
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    let total: f64 = multipliers.iter().sum();
    let mut multipliers: Vec<f64> = multipliers.iter().map(|l| l / total).collect();
    let mut pulls = Pulls::of(problem, &multipliers)?;
    let (system, dependent_columns) = if let Some(system) = System::of(&pulls) {
        (system, Vec::new())
    } else {
        let dependent = dependent_columns(pulls.matrix.as_ref(), &pulls.columns)?;
        pulls = pulls.without(&dependent);
        (System::of(&pulls)?, dependent)
    };
    for _ in 0..CORRECTIONS {
        if !go_on() {
            return None;
        }
        let mut changes = pulls.dual_point(problem.operator(), &multipliers)?;
        system.solve(&mut changes);
        for (&place, change) in system.places.iter().zip(&changes) {
            let row = pulls.rows[place];
            let change = change * pulls.weights[place];
            // Written so that what is no number is too much.
            let is_small = change.abs() < LARGEST_CHANGE * multipliers[row];
            if !is_small {
                return None;
            }
            multipliers[row] -= change;
        }
    }
    let rows = system.places.iter().map(|&place| pulls.rows[place]).collect();
    Some((multipliers, Basis { rows, dependent_columns }))
}

/// The rows that pull most, weighted by their multipliers, over the columns in which a row with a multiplier has an entry.
struct Pulls {
    rows: Vec<usize>,
    /// What each of these rows is multiplied by.
    weights: Vec<f64>,
    /// The columns, and the power of two that each is multiplied by.
    columns: Vec<(usize, f64)>,
    /// Rows by columns.
    matrix: Mat<f64>,
}

impl Pulls {
    fn of<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        multipliers: &[f64],
    ) -> Option<Self> {
        let operator = problem.operator();
        let pull = |j: usize| multipliers[j] * problem.row_sizes()[j];
        let mut sizes = vec![0.0; operator.ncols()];
        operator.apply_adjoint_abs(multipliers, &mut sizes);
        let with_entry = sizes.iter().enumerate().filter(|(_, size)| **size > 0.0);
        let columns: Vec<(usize, f64)> =
            with_entry.map(|(k, size)| (k, inverse_power_of_two(*size))).collect();
        let mut rows: Vec<usize> = (0..multipliers.len()).filter(|&j| pull(j) > 0.0).collect();
        if rows.len() <= columns.len() || columns.len() > MOST_COLUMNS {
            return None;
        }
        rows.sort_by(|&i, &j| pull(j).total_cmp(&pull(i)).then(i.cmp(&j)));
        rows.truncate(CANDIDATES * columns.len());
        let weights: Vec<f64> = rows.iter().map(|&j| multipliers[j]).collect();
        let mut places = vec![usize::MAX; operator.ncols()];
        for (place, (k, _)) in columns.iter().enumerate() {
            places[*k] = place;
        }
        let mut matrix = Mat::zeros(rows.len(), columns.len());
        for (i, (&j, weight)) in rows.iter().zip(&weights).enumerate() {
            let known = operator.exact_row(j, &mut |k, a| {
                if let Some((_, scale)) = columns.get(places[k]) {
                    matrix[(i, places[k])] += a * weight * scale;
                }
            });
            if !known {
                return None;
            }
        }
        Some(Self { rows, weights, columns, matrix })
    }

    /// The same without some columns.
    fn without(self, dependent: &[DependentColumn]) -> Self {
        let is_dependent: BTreeSet<usize> = dependent.iter().map(|each| each.column).collect();
        let left: Vec<usize> = (0..self.columns.len())
            .filter(|&place| !is_dependent.contains(&self.columns[place].0))
            .collect();
        let matrix =
            Mat::from_fn(self.rows.len(), left.len(), |i, place| self.matrix[(i, left[place])]);
        let columns = left.iter().map(|&place| self.columns[place]).collect();
        Self { columns, matrix, ..self }
    }

    /// `$A^\top\lambda$` over the columns, each in its scale, rounded once.
    fn dual_point<A: LinearOperator + ?Sized>(
        &self,
        operator: &A,
        multipliers: &[f64],
    ) -> Option<Vec<f64>> {
        let mut sums = vec![TwoFold::default(); operator.ncols()];
        for (j, l) in multipliers.iter().enumerate().filter(|(_, l)| **l > 0.0) {
            if !operator.exact_row(j, &mut |k, a| sums[k].add_product(a, *l)) {
                return None;
            }
        }
        let entry = |(k, scale): &(usize, f64)| sums[*k].rounded() * scale;
        let dual_point: Vec<f64> = self.columns.iter().map(entry).collect();
        max_abs(&dual_point).is_finite().then_some(dual_point)
    }
}

/// Rows of [`Pulls`] that are independent, and the factors of their matrix.
struct System {
    /// In the order of the pivots.
    places: Vec<usize>,
    /// `$B = L U$`, both in one.
    factors: Mat<f64>,
}

impl System {
    /// The rows with the largest pivots.
    fn of(pulls: &Pulls) -> Option<Self> {
        let (nrows, size) = (pulls.matrix.nrows(), pulls.matrix.ncols());
        let par = parallelism(size);
        let parameters = Spec::<PartialPivLuParams, f64>::default();
        let scratch = lu_in_place_scratch::<usize, f64>(nrows, size, par, parameters);
        let mut memory = MemBuffer::new(scratch);
        let (mut forth, mut back) = (vec![0usize; nrows], vec![0; nrows]);
        let mut factors = pulls.matrix.clone();
        lu_in_place(
            factors.as_mut(),
            &mut forth,
            &mut back,
            par,
            MemStack::new(&mut memory),
            parameters,
        );
        forth.truncate(size);
        let factors = factors.as_ref().get(..size, ..).to_owned();
        let largest = (0..size).fold(0.0f64, |most, k| most.max(factors[(k, k)].abs()));
        let is_regular = (0..size).all(|k| factors[(k, k)].abs() > LEAST_PIVOT * largest);
        is_regular.then_some(Self { places: forth, factors })
    }

    /// Solves `$B^\top x = r$`.
    fn solve(&self, r: &mut [f64]) {
        let size = r.len();
        let mut x = MatMut::from_column_major_slice_mut(r, size, 1);
        let par = parallelism(size);
        solve_lower_triangular_in_place(self.factors.transpose(), x.as_mut(), par);
        solve_unit_upper_triangular_in_place(self.factors.transpose(), x.as_mut(), par);
    }
}

fn parallelism(size: usize) -> Par {
    if size >= PARALLEL_COLUMNS { Par::rayon(0) } else { Par::Seq }
}
