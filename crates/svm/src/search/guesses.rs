//! Searches from a guess: at the active set, or a pair that is close.

use mirrorhead_kernels::dot;

use super::{Round, Search};
use crate::active_set::{self, ActiveSet, Exchanged};
use crate::continuation::Stage;
use crate::iterate::{Digits, Iterate};
use crate::outcome::{Outcome, StallReason};
use crate::working_set::WorkingSet;

/// A head start is taken to be within this relative gap of the solution.
const HEAD_START_GAP: f64 = 0.1;

impl Search<'_, '_> {
    /// Searches from a pair that is close: the solution of a similar problem. The multipliers are
    /// those of the problem's own rows.
    pub fn run_from(&mut self, w: &[f64], multipliers: &[f64]) -> Result<Outcome, StallReason> {
        let multipliers = self.all.scaled(multipliers);
        let weight = dot(&self.all.bounds, &multipliers);
        if weight.is_nan() || weight <= 0.0 {
            return Err(StallReason::Precision);
        }
        let multipliers: Vec<f64> = multipliers.iter().map(|l| l / weight).collect();
        let size = self.problem.norm().of(w);
        let w: Vec<f64> = self.all.inner(w).iter().map(|x| x / size).collect();
        let slacks = vec![0.0; self.all.len()];
        let mut last = Iterate::new(&mut self.all, w, multipliers, slacks, 0.0);
        let Some(interval) = last.interval(&mut self.all, self.problem.norm(), Digits::Plain)
        else {
            return Err(StallReason::Precision);
        };
        // Where the data have changed w may violate a row by far, but the multipliers still tell
        // how large a margin to expect.
        last.rho = interval.upper;
        let gap = interval.relative_gap().min(HEAD_START_GAP);
        let margins = self.all_margins(&last.w);
        if active_set::is_fit(&self.all, self.problem.norm()) {
            let guess = ActiveSet::near(&self.all, &last, self.max_factor_rows);
            if let Some(ended) = self.exchanged(guess) {
                return ended;
            }
        }
        let everything = WorkingSet::everything(self.all.len());
        let set = everything.near(&self.all, &margins, interval.upper);
        let iterate = set.warm_start(&mut self.all, &everything, &last, &margins, gap);
        self.rounds(set, Some((iterate, Stage::last(self.problem.norm()))))
    }

    /// What exchanges from this guess at the active set come to; none if they lead nowhere.
    pub(super) fn exchanged(
        &mut self,
        mut guess: ActiveSet,
    ) -> Option<Result<Outcome, StallReason>> {
        self.work.rounds += 1;
        let ended = guess.exchange(&mut self.all, self.goal, &self.limits, &mut self.work);
        self.keep(&WorkingSet::everything(self.all.len()), &guess.best);
        match ended {
            Exchanged::Stopped(reason) => Some(Err(reason)),
            _ if self.interval.relative_gap() <= self.goal => {
                self.concluded(Round::Narrowed).ok().map(Ok)
            }
            Exchanged::Settled | Exchanged::Circling => None,
        }
    }
}
