//! More digits: for a pair that was found in doubles, or for all of a small problem.

use mirrorhead_kernels::{dot, max_abs};

use super::Search;
use crate::fine_multipliers::{self, PARTS, SHARES};
use crate::interior_point::InteriorPoint;
use crate::outcome::{MaxMargin, Outcome, StallReason};
use crate::rows::EquilibratedRows;
use crate::{FarkasCertificate, MarginInterval, barrier};

impl<'p> Search<'p, '_> {
    /// Whether there are few enough numbers in the problem to solve it in many digits, and no gap that will do.
    pub(super) fn is_for_many_digits(&self) -> bool {
        let will_do =
            self.sufficient > self.goal && self.interval.relative_gap() <= self.sufficient;
        // Where doubles know of no solution there may be none, and that takes as long to see.
        let most = if self.interval.lower > 0.0 { barrier::MOST_WORK } else { MOST_IN_VAIN };
        !will_do && barrier::is_fit(self.problem, most)
    }

    /// The solution in many digits.
    pub(super) fn in_many_digits(&mut self) -> Result<Outcome, StallReason> {
        let found = barrier::solved(self.problem, self.goal, &self.limits, &mut self.work);
        self.limits.check()?;
        let pair = match found {
            Ok(pair) => pair,
            Err(instead) => {
                let go_on = || self.limits.check().is_ok();
                let proof =
                    instead.and_then(|l| FarkasCertificate::proven(self.problem, &l, &go_on));
                return proof.map(Outcome::NotSeparable).ok_or(StallReason::Precision);
            }
        };
        MaxMargin::of_fine(self.problem, &self.problem.norm(), pair, self.asked, self.work)
            .map(Outcome::MaxMargin)
            .ok_or(StallReason::Precision)
    }

    /// Gives the pair more digits where a feasible `$w$` is known, in case that is what the gap needs. True if it has
    /// narrowed.
    pub(super) fn refine(
        &mut self,
        rows: &mut EquilibratedRows<'p>,
        method: &mut InteriorPoint,
    ) -> bool {
        if method.best.interval.lower <= 0.0 {
            return false;
        }
        rows.store();
        let before = method.best.interval;
        let norm = self.problem.norm();
        for w in trimmed(&method.best.w).into_iter().chain(trimmed(&method.iterate.w)) {
            let mut margins = vec![0.0; rows.len()];
            rows.apply_twofold(&w, &mut margins);
            let lower = rows.lower_bound(&w, &margins, norm);
            let multipliers = method.best.multipliers.clone();
            let upper = f64::INFINITY;
            method.best.keep(&w, &multipliers, MarginInterval { lower, upper });
        }
        let Some(stored) = rows.stored() else { return method.best.interval != before };
        let candidates = [method.best.multipliers.clone(), method.iterate.multipliers.clone()];
        let choices = PARTS.into_iter().flat_map(|part| SHARES.map(|share| (share, part)));
        for (candidate, choice) in
            candidates.iter().flat_map(|candidate| choices.clone().map(move |c| (candidate, c)))
        {
            let pair = (method.best.w.as_slice(), candidate.as_slice());
            let Some(multipliers) = fine_multipliers::refined(rows, pair, choice, &self.limits)
            else {
                continue;
            };
            let dual_point = fine_multipliers::dual_point(stored, &multipliers);
            let upper = rows.units.dual_norm(norm, &dual_point) / dot(&rows.bounds, &multipliers);
            let lower = f64::NEG_INFINITY;
            let w = method.best.w.clone();
            method.best.keep(&w, &multipliers, MarginInterval { lower, upper });
        }
        method.best.interval != before
    }
}

/// `$w$` with entries set to zero that are small beside the largest, more and more of them: of a column with an
/// expensive unit the rounding error of zero costs more than all others.
fn trimmed(w: &[f64]) -> Vec<Vec<f64>> {
    let largest = max_abs(w);
    TRACES
        .into_iter()
        .map(|share| w.iter().map(|x| if x.abs() < share * largest { 0.0 } else { *x }).collect())
        .collect()
}

/// Most multiplications of a Newton step in many digits where there may be nothing to find.
const MOST_IN_VAIN: usize = 10_000;

/// Shares of the largest entry below which entries of `$w$` may be zero.
const TRACES: [f64; 5] = [1e-15, 1e-14, 1e-13, 1e-12, 1e-10];
