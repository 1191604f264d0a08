//! From multipliers that cancel to rounding to some next to which exact ones are.

mod basis_system;
mod entropy_projection;
mod parallelism;
mod reduced_columns;
mod support;
mod support_matrix;

use self::basis_system::BasisSystem;
use self::entropy_projection::{Projected, entropy_projection};
use self::reduced_columns::reduced_columns;
use self::support::Support;
use self::support_matrix::SupportMatrix;
use crate::HardMarginProblem;
use crate::basis::{Basis, ReducedColumn};
use crate::one_sided::without_one_sided;

/// Corrections: the first has all to do, the others are for its rounding.
const CORRECTIONS: usize = 3;

/// How often multipliers are left out that no combination has.
const ROUNDS: usize = 8;

/// The pull of a row that had none, beside the mean of the others.
const TRACE: f64 = 1e-2;

/// Where a correction is as large as this share of a multiplier, exact ones aren't near.
const LARGEST_CHANGE: f64 = 0.5;

/// Multipliers `$\lambda \ge 0$` of which `$A^\top\lambda$` vanishes as nearly as doubles can say, from given ones, and the
/// [`Basis`] of those that were solved for. A proof that exact multipliers are near is the caller's business.
pub(crate) fn nearby_multipliers(
    problem: &HardMarginProblem<'_>,
    multipliers: &[f64],
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    let multipliers = of_sum_one(multipliers);
    let support = Support::of(problem, &multipliers)?;
    // So many rows are solved for as there are columns, and none is left to be solved for.
    if support.rows.len() <= support.columns.len() {
        return None;
    }
    solved(problem, &support, multipliers, Vec::new(), go_on)
}

/// The same in another way, where columns depend on each other up to rounding.
///
/// What cancels to rounding cancels in all columns that do not. Of those that do, temperatures in two units, shares that add up to one,
/// not even the signs of what is left are known from doubles: here a column less its combination of others stands for it, in
/// twice the digits and a unit of its own, and all multipliers change for it as little as they can.
pub(crate) fn projected_multipliers(
    problem: &HardMarginProblem<'_>,
    multipliers: &[f64],
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    let mut multipliers = of_sum_one(multipliers);
    let mut with_all = false;
    for _ in 0..ROUNDS {
        let support = Support::of(problem, &multipliers)?;
        let reduced_columns = reduced_columns(problem, &support, go_on)?;
        match entropy_projection(problem, &support, &multipliers, &reduced_columns, go_on)? {
            Projected::Cancelling(multipliers) => {
                let support = support.of_others(problem, &multipliers);
                return solved(problem, &support, multipliers, reduced_columns, go_on);
            }
            // Columns may depend on each other in these.
            Projected::Fewer(left) => multipliers = without_one_sided(problem, &left)?,
            Projected::FewRows if multipliers.contains(&0.0) && !with_all => {
                with_all = true;
                multipliers = without_one_sided(problem, &with_traces(problem, &multipliers))?;
            }
            Projected::FewRows => return None,
        }
    }
    None
}

fn of_sum_one(multipliers: &[f64]) -> Vec<f64> {
    let total: f64 = multipliers.iter().sum();
    multipliers.iter().map(|l| l / total).collect()
}

/// `multipliers` with a small one for every row without.
fn with_traces(problem: &HardMarginProblem<'_>, multipliers: &[f64]) -> Vec<f64> {
    let pairs = || multipliers.iter().zip(problem.row_sizes());
    let (pulls, rows) = pairs()
        .filter(|(l, _)| **l > 0.0)
        .fold((0.0, 0.0), |(pulls, rows), (l, size)| (pulls + l * size, rows + 1.0));
    let trace = TRACE * pulls / rows;
    pairs().map(|(l, size)| if *l > 0.0 || *size == 0.0 { *l } else { trace / size }).collect()
}

/// Multipliers of which those of a basis solve for the others. None if there is no basis, or they would change by too much, or
/// `go_on` says so.
fn solved(
    problem: &HardMarginProblem<'_>,
    support: &Support,
    mut multipliers: Vec<f64>,
    reduced_columns: Vec<ReducedColumn>,
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    let weight = |j: usize| multipliers[j];
    let candidates = support.candidates();
    let pulls = SupportMatrix::of(problem, support, candidates, &reduced_columns, &weight)?;
    let system = BasisSystem::of(&pulls)?;
    let weights = multipliers.clone();
    for _ in 0..CORRECTIONS {
        if !go_on() {
            return None;
        }
        let mut changes =
            pulls.dual_point(problem.operator(), support, &multipliers, &reduced_columns)?;
        system.solve(&mut changes);
        for (&row, change) in system.rows.iter().zip(&changes) {
            let change = change * weights[row];
            // Written so that what is no number is too much.
            let is_small = change.abs() < LARGEST_CHANGE * multipliers[row];
            if !is_small {
                return None;
            }
            multipliers[row] -= change;
        }
    }
    Some((multipliers, Basis { rows: system.rows, reduced_columns }))
}
