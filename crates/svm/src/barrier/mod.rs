//! A barrier method in numbers of 150 decimal digits, for small problems that doubles have too few for.
//!
//! Newton's method on a self-concordant barrier (Nesterov and Nemirovskii, 1994) knows no units, no condition and hardly `$p$`:
//! in exact arithmetic it takes some hundred steps for anything. It has the digits to be nearly exact here, and so
//! takes over where the faster method in doubles has stalled.

mod cholesky;
mod cone;
mod constraints;
pub(crate) mod fine_pair;
pub(crate) mod fine_plane;
mod line;
mod newton;
mod number;
mod path;
mod soft;

use self::cone::PowerCone;
use self::constraints::Constraints;
use self::fine_pair::FinePair;
use self::fine_plane::FinePlane;
use self::newton::{HardMargin, Point};
use self::number::double;
pub(crate) use self::number::{Wide, quotient, split, wide};
use self::path::{End, Step};
pub(crate) use self::soft::{is_fit_for_soft, soft_solution};
use crate::limits::Limits;
use crate::{HardMarginProblem, WorkCounters};

/// Most multiplications of a Newton step where there is something to find: a few of them take a microsecond.
pub(crate) const MOST_WORK: usize = 250_000;

/// Whether a Newton step for `problem` takes `most` multiplications, or fewer.
pub(crate) fn is_fit(problem: &HardMarginProblem<'_>, most: usize) -> bool {
    is_within(most, problem, 0)
}

/// Whether it is with an intercept, as far as soft margins go.
pub(crate) fn is_fit_for_intercept(problem: &HardMarginProblem<'_>) -> bool {
    is_within(soft::MOST_WORK, problem, 1)
}

fn is_within(most: usize, problem: &HardMarginProblem<'_>, n_more: usize) -> bool {
    let (m, n) = (problem.bounds().len(), problem.operator().ncols() + n_more);
    let triangle = n.saturating_mul(n) / 2;
    let asked = problem.bounds().iter().any(|b| *b > 0.0);
    asked && triangle.saturating_mul(m + n) <= most
}

/// What there is instead of a solution: multipliers of rows that seem to contradict each other, or none where a limit was reached.
pub(crate) type Instead = Option<Vec<f64>>;

/// The solution of a `problem` [that is fit](is_fit), to a relative gap below `relative_gap`: `$w$` with
/// `$\min_j (A w)_j/b_j = 1$` or hardly more, and multipliers of size one.
pub(crate) fn solved(
    problem: &HardMarginProblem<'_>,
    relative_gap: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Result<FinePair, Instead> {
    let constraints = Constraints::of(problem, 0).ok_or(None)?;
    let found = WideSolution::of(&constraints, problem, relative_gap, limits, work)?;
    Ok(FinePair::new(found.w, found.multipliers))
}

/// The same with an intercept: `bordered` has its column last.
pub(crate) fn plane(
    bordered: &HardMarginProblem<'_>,
    relative_gap: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Result<FinePlane, Instead> {
    let constraints = Constraints::of(bordered, 1).ok_or(None)?;
    let WideSolution { mut w, multipliers, .. } =
        WideSolution::of(&constraints, bordered, relative_gap, limits, work)?;
    let intercept = w.pop().ok_or(None)?;
    let multipliers = multipliers.into_iter().map(|l| l.max(wide(0.0))).collect();
    Ok(FinePlane { w, intercept, multipliers })
}

/// The same where entries of `$w$` are determined by the others as these linear `forms` of them, and the `rows` of `problem`
/// have no entry there any more.
pub(crate) fn restricted(
    problem: &HardMarginProblem<'_>,
    (rows, forms): (&[Vec<Wide>], &[Vec<Wide>]),
    relative_gap: f64,
    limits: &Limits<'_>,
    work: &mut WorkCounters,
) -> Result<WideSolution, Instead> {
    let constraints = Constraints::restricted(rows, problem.bounds(), forms).ok_or(None)?;
    WideSolution::of(&constraints, problem, relative_gap, limits, work)
}

/// A solution in many digits.
pub(crate) struct WideSolution {
    /// `$w$`, zero where it is determined by its other entries.
    pub w: Vec<Wide>,
    /// `$\lambda$`.
    pub multipliers: Vec<Wide>,
    /// The entries of the dual point where entries of `$w$` are determined.
    pub forces: Vec<Wide>,
}

impl WideSolution {
    /// The solution under these `constraints`, which are those of `problem`.
    fn of(
        constraints: &Constraints,
        problem: &HardMarginProblem<'_>,
        relative_gap: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Result<Self, Instead> {
        let nrows = problem.bounds().len();
        let instead = |step: Step<Point>| {
            let mut multipliers = constraints.unscaled(&step.multipliers, nrows);
            let largest = multipliers.iter().max()?.clone();
            for l in &mut multipliers {
                *l /= &largest;
            }
            Some(multipliers.iter().map(|l| double(l).max(0.0)).collect())
        };
        let cone = PowerCone::new(problem.norm());
        let start = constraints.for_a_start();
        let (mut course, tau) = match &start {
            None => HardMargin::new(constraints, &cone, relative_gap).ok_or(None)?,
            Some(start) => {
                let (mut course, tau) = HardMargin::new(start, &cone, ANY_GAP).ok_or(None)?;
                match path::follow(&mut course, tau, limits, work) {
                    End::Good(_) => {}
                    End::Hopeless(step) => return Err(instead(step)),
                    End::Stopped => return Err(None),
                }
                course.started(constraints, relative_gap).ok_or(None)?
            }
        };
        let last = match path::follow(&mut course, tau, limits, work) {
            End::Good(step) => step,
            End::Hopeless(step) => return Err(instead(step)),
            End::Stopped => return Err(None),
        };
        let w = course.at.w;
        // Rounded towards zero in a few doubles it is not below one.
        let margin = constraints.margin(&w).ok_or(None)? * (wide(1.0) - wide(LITTLE_MORE));
        if margin <= wide(0.0) {
            return Err(None);
        }
        let w: Vec<Wide> = w.into_iter().map(|w| w / &margin).collect();
        let ncols = problem.operator().ncols();
        let (mut multipliers, mut forces) =
            (constraints.unscaled(&last.multipliers, nrows), last.forces);
        let largest = multipliers.iter().max().cloned().ok_or(None)?;
        for x in multipliers.iter_mut().chain(&mut forces) {
            *x /= &largest;
        }
        Ok(Self { w: constraints.outer(&w, ncols), multipliers, forces })
    }
}

/// So wide a gap that all that is asked for is a margin.
const ANY_GAP: f64 = 1e9;

/// By so much `$w$` is longer than to satisfy the tightest row: `$2^{-150}$`, which no gap and hardly a strip shows, and is more than
/// three doubles leave of a number.
const LITTLE_MORE: f64 = f64::from_bits((1023 - 150) << 52);

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;
    use crate::{SvmSettings, margin_interval, solve};

    #[test]
    fn a_solution_is_known_to_many_digits() {
        // Columns 1e24 apart: the large one does it all.
        let rows = Matrix::from_rows(&[[3e12, 1e-12], [1e12, -1e-12], [4e12, 0.0]]).unwrap();
        let rows = DenseRows::new(&rows);
        for p in [1.0, 1.01, 2.0, 50.0, f64::INFINITY] {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let (w, multipliers, _) = pair(&problem).unwrap().roundings().next().unwrap();
            assert!((w[0] * 1e12 - 1.0).abs() < 1e-11, "p = {p}: {w:?}");
            assert!(multipliers.iter().all(|l| *l >= 0.0) && multipliers[1] == 1.0, "p = {p}");
        }
    }

    fn pair(problem: &HardMarginProblem<'_>) -> Option<FinePair> {
        let settings = SvmSettings::default().into();
        solved(problem, 1e-11, &Limits::start(&settings), &mut WorkCounters::default()).ok()
    }

    #[test]
    fn both_methods_agree() {
        let rows: Vec<Vec<f64>> = (0..12u32)
            .map(|j| (0..5).map(|k| f64::from((7 * j + 3 * k * k + j * k) % 11) - 3.0).collect())
            .collect();
        let rows = DenseRows::new(&Matrix::from_rows(&rows).unwrap());
        for p in [1.0, 1.01, 1.5, 2.0, 3.0, 50.0, f64::INFINITY] {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let outcome = solve(&problem, SvmSettings::default().with_relative_gap(1e-10)).unwrap();
            let in_doubles = outcome.max_margin().unwrap();
            assert!(in_doubles.remainder.is_empty());
            let (w, multipliers, _) = pair(&problem).unwrap().roundings().next().unwrap();
            let interval = margin_interval(&problem, &w, &multipliers);
            assert!(interval.relative_gap() <= 1e-10, "p = {p}: {interval}");
            let (lower, upper) = (in_doubles.interval.lower, in_doubles.interval.upper);
            assert!(interval.lower <= upper && lower <= interval.upper, "p = {p}: {interval}");
        }
    }

    #[test]
    fn without_a_margin_there_is_no_pair() {
        for rows in [[[1.0, 2.0], [-1.0, -2.0]], [[1.0, 0.0], [-1.0, 1e-60]]] {
            let separable = rows[1][1] > 0.0;
            let rows = DenseRows::new(&Matrix::from_rows(&rows).unwrap());
            let problem = HardMarginProblem::new(&rows, 1.5).unwrap();
            assert_eq!(pair(&problem).is_some(), separable);
        }
    }
}
