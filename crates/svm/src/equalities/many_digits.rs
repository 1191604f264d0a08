//! Small problems with equalities in many digits.

use dashu_int::IBig;

use super::certificate::lower_bound;
use super::exact_point::ExactPoint;
use super::farkas::EqualityFarkas;
use super::pivot_system::PivotSystem;
use super::search::Search;
use crate::barrier::{self, Instead, MOST_WORK, WideSolution, quotient, split, wide};
use crate::outcome::StallReason;

/// Doubles that a number is written down with: as few of these as prove the gap.
const PARTS: [usize; 6] = [1, 2, 3, 4, 6, 8];

/// Most multiplications of a Newton step where no `$w$` is known to have a margin.
const MOST_IN_VAIN: usize = 20_000;

impl Search<'_> {
    /// Offers the solution in many digits, if there are few enough numbers in the problem and doubles had too few digits. Some if
    /// instead of one there is a proof that there is none.
    pub(super) fn in_many_digits(&mut self, system: &PivotSystem) -> Option<EqualityFarkas> {
        let is_done = self.best.interval.relative_gap() <= self.settings.widest_gap();
        let is_over = match self.limits.exceeded(&self.work) {
            Some(StallReason::IterationLimit) => !self.settings.limits_doubles_alone(),
            other => other.is_some(),
        };
        if is_done || is_over {
            return None;
        }
        match self.solution_in_many_digits(system) {
            Ok(solution) => {
                self.offer_roundings(system, &solution);
                None
            }
            Err(instead) => self.contradiction(system, &instead?),
        }
    }

    fn solution_in_many_digits(&mut self, system: &PivotSystem) -> Result<WideSolution, Instead> {
        let (m, n) = (self.problem.bounds().len(), self.problem.operator().ncols());
        let free = n - system.columns().len();
        let work = (free.saturating_mul(free) / 2).saturating_mul(m + n);
        let most = if self.best.interval.lower > 0.0 { MOST_WORK } else { MOST_IN_VAIN };
        if work > most || !system.has_time_for(m + n) {
            return Err(None);
        }
        let go_on = self.go_on();
        let operator = self.problem.operator();
        let row = |j| system.restricted_row(operator, j, quotient, &go_on);
        let rows: Option<Vec<_>> = (0..m).map(row).collect();
        let rows = rows.ok_or(None)?;
        let written = |x: &IBig, d: &_| -quotient(x, d, 0);
        let forms = system.reduced_rows((wide(0.0), wide(0.0)), written, &go_on).ok_or(None)?;
        let gap = self.settings.relative_gap;
        barrier::restricted(self.problem, (&rows, &forms), gap, self.limits, &mut self.work)
    }

    fn offer_roundings(&mut self, system: &PivotSystem, solution: &WideSolution) {
        for count in PARTS {
            let w = split(&solution.w, count);
            if let Some(point) = ExactPoint::near_sum(system, &w, &self.go_on()) {
                let lower = lower_bound(self.problem, &point, &self.vanishing);
                self.best.keep_point(point, lower);
            }
            let multipliers = split(&solution.multipliers, count);
            self.offer_multipliers(system, multipliers, &split(&solution.forces, count));
            let is_done = self.best.interval.relative_gap() <= self.settings.relative_gap;
            if is_done || self.limits.check().is_err() {
                return;
            }
        }
    }
}
