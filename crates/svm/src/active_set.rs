//! The active set at `$p = 2$`, found by exchanging rows in blocks.
//!
//! There the curve that ties primal and dual is a line, and the active rows `$S$` determine everything:
//! `$A_S A_S^\top\lambda_S = b_S$`, `$w = A_S^\top\lambda_S$`. What is wrong with the solution for a guess at `$S$` tells the
//! next one: rows of negative multipliers leave, rows that are violated join (Portugal, Júdice and Vicente, Math. Comp.
//! 63, 1994). A few exchanges do for most data. They may go round in circles, and then the interior-point method takes over;
//! what is proven doesn't depend on how it was found.

use faer::Mat;
use mirrorhead_kernels::dot;

use crate::active_system::{ActiveSystem, GramBlock, Reached};
use crate::best::Best;
use crate::coordinate_descent::multipliers_by_sweeps;
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::outcome::StallReason;
use crate::projected_gradient::multipliers_nearby;
use crate::rows::{EquilibratedRows, tightest};
use crate::{MarginInterval, Norm, WorkCounters};

/// Up to this many rows their matrix is assembled once, for the first guess and for all systems.
const FEW: usize = 200;

/// Most exchanges, and most of them without fewer rows on the wrong side than ever before.
const MOST_EXCHANGES: usize = 40;
const PATIENCE: usize = 3;

/// How accurately, next to their bounds, active rows are met by products while exchanges go on; then as the gap asks for.
const ACCURACIES: [f64; 2] = [1e-2, 1e-6];

/// Share of the relative gap by which active rows may miss their bounds at the end.
const SHARE: f64 = 0.05;

/// How a search for the active set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// No row is on the wrong side.
    Settled,
    /// Exchanges lead nowhere.
    Circling,
    /// A limit was reached.
    Stopped(StallReason),
}

/// The search for the active set.
pub(crate) struct ActiveSet {
    /// The best pair so far.
    pub best: Best,
    reached: Reached,
    member: Vec<bool>,
    /// The lower triangle of `$A A^\top$`, where rows are few.
    gram: Option<Mat<f64>>,
    /// Most rows that are factored.
    most_factored: usize,
}

/// Whether this is a problem for active sets: Euclidean in the units of the rows, with more unknowns than can be
/// factored at no cost, and no row whose margin must be zero to the last digit.
pub(crate) fn is_fit(rows: &EquilibratedRows<'_>, norm: Norm) -> bool {
    norm.p() == 2.0
        && rows.units.get().is_none()
        && !rows.is_little_work()
        && rows.bounds.iter().all(|b| *b > 0.0)
}

/// The lower triangle of `$A A^\top$`, if rows are few.
fn gram_of_few(rows: &EquilibratedRows<'_>, most_factored: usize) -> Option<Mat<f64>> {
    (rows.len() <= FEW.min(most_factored)).then(|| {
        let mut gram = Mat::zeros(rows.len(), rows.len());
        rows.weighted_gram(&mut vec![1.0; rows.ncols()], &mut gram);
        gram
    })
}

impl ActiveSet {
    /// The first guess: the rows that some steps of descent on the multipliers leave.
    pub fn first(
        rows: &mut EquilibratedRows<'_>,
        start: &Iterate,
        most_factored: usize,
        limits: &Limits<'_>,
    ) -> Self {
        let gram = gram_of_few(rows, most_factored);
        let multipliers = if let Some(gram) = &gram {
            multipliers_by_sweeps(gram, &rows.bounds)
        } else {
            let margins = start.margins();
            let scale = dot(margins, &rows.bounds) / dot(margins, margins);
            // Every row pulls alike, and w is what they pull.
            let pull = (scale / start.rho).max(f64::MIN_POSITIVE);
            let pulls: Vec<f64> = start.multipliers.iter().map(|l| l * pull).collect();
            multipliers_nearby(rows, &pulls, limits)
        };
        let member = multipliers.iter().map(|l| *l > 0.0).collect();
        Self::new(rows, start, multipliers, member, (gram, most_factored))
    }

    /// The guess of a pair that is close: rows whose multiplier outweighs their slack.
    pub fn near(rows: &EquilibratedRows<'_>, start: &Iterate, most_factored: usize) -> Self {
        let (multipliers, margins) = (&start.multipliers, start.margins());
        // At the solution margins are those of the unit vector, and `$\lambda/\rho^2$` pulls w to `$A w \ge b$`.
        let rho = dot(margins, multipliers) / dot(&rows.bounds, multipliers);
        let multipliers: Vec<f64> = multipliers.iter().map(|l| l / (rho * rho)).collect();
        let slack = |j: usize| margins[j] / rho - rows.bounds[j];
        let member = (0..rows.len()).map(|j| multipliers[j] > slack(j)).collect();
        let matrix = (gram_of_few(rows, most_factored), most_factored);
        Self::new(rows, start, multipliers, member, matrix)
    }

    /// A guess that begins with what its start proves.
    fn new(
        rows: &EquilibratedRows<'_>,
        start: &Iterate,
        multipliers: Vec<f64>,
        member: Vec<bool>,
        (gram, most_factored): (Option<Mat<f64>>, usize),
    ) -> Self {
        let size = dot(&start.dual_point, &start.dual_point).sqrt();
        let lower = tightest(start.margins(), &rows.bounds) / dot(&start.w, &start.w).sqrt();
        let upper = size / dot(&rows.bounds, &start.multipliers);
        let best = Best {
            w: start.w.clone(),
            multipliers: start.multipliers.clone(),
            interval: MarginInterval { lower, upper },
        };
        let reached = Reached { multipliers, ..Reached::nothing(rows.len(), rows.ncols()) };
        Self { best, reached, member, gram, most_factored }
    }

    /// Exchanges rows until none is on the wrong side.
    pub fn exchange(
        &mut self,
        rows: &mut EquilibratedRows<'_>,
        gap: f64,
        limits: &Limits<'_>,
        work: &mut WorkCounters,
    ) -> Exchanged {
        let last = SHARE * gap;
        let mut accuracies = ACCURACIES.into_iter().filter(|a| *a > last);
        let mut accuracy = accuracies.next().unwrap_or(last);
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..MOST_EXCHANGES {
            if let Some(reason) = limits.exceeded(work) {
                return Exchanged::Stopped(reason);
            }
            work.iterations += 1;
            let positions: Vec<usize> = (0..rows.len()).filter(|&j| self.member[j]).collect();
            if positions.is_empty() || positions.len() > rows.ncols() {
                return Exchanged::Circling;
            }
            let mut system = ActiveSystem::new(rows, &positions, self.most_factored);
            if system.is_factored() {
                accuracy = last;
            }
            let gram = self.gram.as_ref();
            let block = gram.map(|of_all| GramBlock { of_all, positions: &positions });
            let guess: Vec<f64> = positions.iter().map(|&j| self.reached.multipliers[j]).collect();
            let reached = match system.solve(rows, block, &guess, accuracy, limits, work) {
                Ok(reached) => reached,
                Err(Some(reason)) => return Exchanged::Stopped(reason),
                Err(None) => return Exchanged::Circling,
            };
            self.reached = system.reached;
            self.judge(rows);
            limits.tell(work, self.best.interval.lower, self.best.interval.upper);
            if self.best.interval.relative_gap() <= gap {
                return Exchanged::Settled;
            }
            let wrong = self.swap(rows, 2.0 * accuracy.max(reached));
            if wrong == 0 && accuracy <= last {
                return Exchanged::Settled;
            } else if wrong == 0 {
                accuracy = accuracies.next().unwrap_or(last);
                (fewest, patience) = (usize::MAX, PATIENCE);
            } else if wrong < fewest {
                (fewest, patience) = (wrong, PATIENCE);
            } else if patience == 0 {
                return Exchanged::Circling;
            } else {
                patience -= 1;
            }
        }
        Exchanged::Circling
    }

    /// Keeps what is better of the pair that was reached.
    fn judge(&mut self, rows: &EquilibratedRows<'_>) {
        let Reached { multipliers, dual_point, margins } = &self.reached;
        let size = dot(dual_point, dual_point).sqrt();
        let weight = dot(&rows.bounds, multipliers);
        let lower = tightest(margins, &rows.bounds) / size;
        let is_dual = weight > 0.0 && multipliers.iter().all(|l| *l >= 0.0);
        let upper = if is_dual { size / weight } else { f64::INFINITY };
        let w: Vec<f64> = dual_point.iter().map(|u| u / size).collect();
        let multipliers: Vec<f64> = multipliers.iter().map(|l| l / weight).collect();
        if size > 0.0 && size.is_finite() {
            self.best.keep(&w, &multipliers, MarginInterval { lower, upper });
        }
    }

    /// Exchanges the rows that are on the wrong side by more than `tolerance`. Returns their number.
    fn swap(&mut self, rows: &EquilibratedRows<'_>, tolerance: f64) -> usize {
        let mut wrong = 0;
        let Reached { multipliers, margins, .. } = &mut self.reached;
        for (((member, l), margin), b) in
            self.member.iter_mut().zip(multipliers).zip(margins).zip(&rows.bounds)
        {
            let leaves = *member && *l <= 0.0;
            let joins = !*member && *margin < (1.0 - tolerance) * b;
            if leaves || joins {
                *member = joins;
                wrong += 1;
            }
            *l = l.max(0.0);
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;
    use crate::{HardMarginProblem, SvmSettings};

    #[test]
    fn a_wrong_guess_is_exchanged() {
        // Only the first two rows are active.
        let rows =
            Matrix::from_rows(&[[1.0, 0.5, 0.0], [1.0, -0.5, 0.0], [1.5, 0.25, 0.2]]).unwrap();
        let rows = DenseRows::new(&rows);
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let mut rows = EquilibratedRows::new(&problem);
        let settings = SvmSettings::default().into();
        for member in [[true; 3], [false, false, true], [true, false, true]] {
            let start = Iterate::start(&mut rows).unwrap();
            let matrix = (gram_of_few(&rows, 100), 100);
            let mut set = ActiveSet::new(&rows, &start, vec![0.0; 3], member.to_vec(), matrix);
            let mut work = WorkCounters::default();
            let found = set.exchange(&mut rows, 1e-9, &Limits::start(&settings), &mut work);
            assert_eq!(found, Exchanged::Settled);
            assert!(set.best.interval.relative_gap() <= 1e-9, "{member:?}");
            assert_eq!(set.best.multipliers[2], 0.0);
            assert!(work.iterations <= 4, "{work:?}");
        }
    }

    #[test]
    fn contradictions_are_left_to_others() {
        let rows = Matrix::from_rows(&[[1.0, 0.5, 0.0], [-1.0, -0.5, 0.0]]).unwrap();
        let rows = DenseRows::new(&rows);
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let mut rows = EquilibratedRows::new(&problem);
        let settings = SvmSettings::default().into();
        // Their pulls cancel, so that there is no start; w may be anything.
        let start = Iterate::new(&mut rows, vec![1.0, 0.0, 0.0], vec![0.5; 2], vec![0.0; 2], 0.0);
        let matrix = (gram_of_few(&rows, 100), 100);
        let mut set = ActiveSet::new(&rows, &start, vec![0.0; 2], vec![true; 2], matrix);
        let limits = Limits::start(&settings);
        set.exchange(&mut rows, 1e-9, &limits, &mut WorkCounters::default());
        assert!(set.best.interval.lower <= 0.0);
    }
}
