//! Soft margins in many digits: `$\min \varphi(w) + \sum_j C_j\xi_j$` with a barrier for every constraint.
//!
//! There is always a point inside of all constraints, the bounds need not be positive, and prices and units may be
//! anything, as they may be for hard margins.

mod newton;
mod point;
mod rows;

use self::newton::Course;
use self::rows::SoftRows;
use super::fine_plane::{FinePlane, PARTS};
use super::number::wide;
use super::path;
use crate::WorkCounters;
use crate::limits::Limits;
use crate::soft::{SoftMargin, SoftMarginProblem};

/// Most multiplications of a Newton step, a few of which take a microsecond.
pub(super) const MOST_WORK: usize = 400_000;

/// Whether `problem` is small enough.
pub(crate) fn is_fit_for_soft(problem: &SoftMarginProblem<'_>) -> bool {
    let (m, n) = (problem.operator().nrows(), problem.operator().ncols() + 2);
    (n.saturating_mul(n) / 2).saturating_mul(m + n) <= MOST_WORK
}

/// The solution of a `problem` [that is fit](is_fit_for_soft), in as few doubles for each number as prove a relative gap
/// of `goal`. None if a limit was reached, or all the digits there are prove less.
pub(crate) fn soft_solution(
    problem: &SoftMarginProblem<'_>,
    goal: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Option<SoftMargin> {
    let rows = SoftRows::of(problem)?;
    let (mut course, tau) = Course::new(&rows, problem.norm(), goal)?;
    let multipliers = path::follow(&mut course, tau, limits, work).good()?.multipliers;
    let (w, intercept) = rows.outer(&course.at.x, problem.operator().ncols());
    let pairs = multipliers.into_iter().zip(problem.costs());
    let multipliers = pairs.map(|(l, c)| l.clamp(wide(0.0), wide(*c))).collect();
    let plane = FinePlane { w, intercept, multipliers };
    let signs = problem.signs();
    let roundings = PARTS.into_iter().filter_map(|parts| plane.rounded(signs, parts));
    let mut found = roundings.map(|parts| SoftMargin::of(problem, parts, *work));
    found.find(|found| found.objective.relative_gap() <= goal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SvmSettings, solve_soft};
    use mirrorhead_kernels::{DenseRows, Matrix};

    #[test]
    fn both_methods_agree() {
        let rows: Vec<Vec<f64>> = (0..14u32)
            .map(|j| (0..4).map(|k| f64::from((7 * j + 3 * k * k + j * k) % 11) - 5.0).collect())
            .collect();
        let rows = DenseRows::new(&Matrix::from_rows(&rows).unwrap());
        let signs: Vec<f64> = (0..14).map(|j| if j % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let settings = SvmSettings::default().into();
        for p in [1.0, 1.01, 1.5, 2.0, 3.0, 50.0, f64::INFINITY] {
            for cost in [1e-3, 0.3, 100.0] {
                let plain = SoftMarginProblem::new(&rows, p, cost).unwrap();
                let free = plain.clone().with_intercept(&signs).unwrap();
                for problem in [plain, free] {
                    let limits = Limits::start(&settings);
                    let work = &mut WorkCounters::default();
                    let fine = soft_solution(&problem, 1e-11, &limits, work).unwrap();
                    assert!(fine.objective.relative_gap() <= 1e-11, "{p} {cost}");
                    assert_eq!(fine.verify(&problem), Ok(()), "{p} {cost}");
                    let plain = solve_soft(&problem, &SvmSettings::default()).unwrap();
                    let other = plain.solution().objective;
                    let (lower, upper) = (fine.objective.lower, fine.objective.upper);
                    assert!(lower <= other.upper && other.lower <= upper, "{p} {cost}: {other}");
                }
            }
        }
    }
}
