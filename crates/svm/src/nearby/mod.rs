//! From multipliers that cancel to rounding to some next to which exact ones are.

mod basis_system;
mod entropy_projection;
mod reduced_columns;
mod support;
mod support_matrix;

use faer::Par;
use mirrorhead_kernels::LinearOperator;

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

/// Where a correction is as large as this share of a multiplier, exact ones aren't near.
const LARGEST_CHANGE: f64 = 0.5;

/// Multipliers `$\lambda \ge 0$` of which `$A^\top\lambda$` vanishes as nearly as doubles can say, from given ones, and the
/// [`Basis`] of those that were solved for; in another way if the first won't do. A proof that exact multipliers are near is the
/// caller's business.
///
/// What cancels to rounding cancels in all columns that do not depend on each other up to rounding. Of those that do, temperatures in two units, shares
/// that add up to one, not even the signs of what is left are known from doubles: the second way takes a column less its combination
/// of others for a column, in twice the digits and a unit of its own, and all multipliers change for it as little as they can.
pub(crate) fn nearby_multipliers<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    multipliers: &[f64],
    go_on: &dyn Fn() -> bool,
) -> impl Iterator<Item = (Vec<f64>, Basis)> {
    let total: f64 = multipliers.iter().sum();
    let multipliers: Vec<f64> = multipliers.iter().map(|l| l / total).collect();
    let given = multipliers.clone();
    let as_they_are = std::iter::once_with(move || solved(problem, given, Vec::new(), go_on));
    let projected = std::iter::once_with(move || projected(problem, multipliers, go_on));
    as_they_are.chain(projected).flatten()
}

/// The nearest multipliers that cancel in columns that don't depend on each other.
fn projected<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    mut multipliers: Vec<f64>,
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    for _ in 0..ROUNDS {
        let support = Support::of(problem, &multipliers)?;
        let reduced_columns = reduced_columns(problem, &support, go_on)?;
        match entropy_projection(problem, &support, &multipliers, &reduced_columns, go_on)? {
            Projected::Cancelling(multipliers) => {
                return solved(problem, multipliers, reduced_columns, go_on);
            }
            // Columns may depend on each other in these.
            Projected::Fewer(left) => multipliers = without_one_sided(problem, &left)?,
        }
    }
    None
}

/// Multipliers of which those of a basis solve for the others. None if there is no basis, or they would change by too much, or
/// `go_on` says so.
fn solved<A: LinearOperator + ?Sized>(
    problem: &HardMarginProblem<'_, A>,
    mut multipliers: Vec<f64>,
    reduced_columns: Vec<ReducedColumn>,
    go_on: &dyn Fn() -> bool,
) -> Option<(Vec<f64>, Basis)> {
    let support = Support::of(problem, &multipliers)?;
    let pulls =
        SupportMatrix::of(problem, &support, support.candidates(), &reduced_columns, &|j| {
            multipliers[j]
        })?;
    let system = BasisSystem::of(&pulls)?;
    let weights = multipliers.clone();
    for _ in 0..CORRECTIONS {
        if !go_on() {
            return None;
        }
        let mut changes =
            pulls.dual_point(problem.operator(), &support, &multipliers, &reduced_columns)?;
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

/// Columns from which factors are shared among threads.
const PARALLEL_COLUMNS: usize = 512;

fn parallelism(size: usize) -> Par {
    if size >= PARALLEL_COLUMNS { Par::rayon(0) } else { Par::Seq }
}
