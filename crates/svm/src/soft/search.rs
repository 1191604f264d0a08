//! Attempts at a problem, each for what the last may have failed by.

use crate::limits::Limits;
use crate::soft::curve::Curve;
use crate::soft::high_prices::high_prices;
use crate::soft::interior_point::{ATTEMPTS, Caution, InteriorPoint};
use crate::soft::iterate::Iterate;
use crate::soft::units::Units;
use crate::soft::{SoftMargin, SoftMarginProblem, SoftOutcome};
use crate::{StallReason, WatchedSettings, WorkCounters, barrier};

/// Objectives below this are too close to the end of the range to be known to many digits: `$2^{-960}$`.
const LEAST: f64 = f64::from_bits((1023 - 960) << 52);

/// The attempts at a problem, and the best that came of them.
pub(crate) struct Search<'s, 'p> {
    problem: &'s SoftMarginProblem<'p>,
    settings: &'s WatchedSettings<'s>,
    goal: f64,
    limits: Limits<'s>,
    work: WorkCounters,
    best: Option<SoftMargin>,
    /// Whether the method in many digits is one of them.
    many_digits: bool,
}

impl<'s, 'p> Search<'s, 'p> {
    pub fn new(
        problem: &'s SoftMarginProblem<'p>,
        settings: &'s WatchedSettings<'s>,
        many_digits: bool,
    ) -> Self {
        Self {
            problem,
            settings,
            goal: settings.relative_gap,
            limits: Limits::start(settings),
            work: WorkCounters::default(),
            best: None,
            many_digits,
        }
    }

    /// What it came to, where it ended for this reason.
    pub fn outcome(self, reason: StallReason) -> SoftOutcome {
        let mut found = self.best.unwrap_or_else(|| {
            let nothing =
                (vec![0.0; self.problem.operator().ncols()], vec![0.0; self.problem.costs().len()]);
            SoftMargin::certified(self.problem, nothing.0, 0.0, &nothing.1, self.work)
        });
        found.work = self.work;
        if found.objective.relative_gap() > self.goal {
            SoftOutcome::Inconclusive(found, reason)
        } else {
            SoftOutcome::Certified(found)
        }
    }

    /// Attempts until one is certified, or none is left: then says why.
    pub fn run(&mut self) -> StallReason {
        self.attempts().err().unwrap_or(StallReason::Precision)
    }

    fn attempts(&mut self) -> Result<(), StallReason> {
        let [quick, careful] = ATTEMPTS;
        let first = Units::first(self.problem);
        let is_small = self.many_digits && barrier::is_fit_for_soft(self.problem);
        let goes_on = is_small && self.settings.limits_doubles_alone();
        if let Some(units) = &first {
            for caution in [quick, careful] {
                match self.is_certified_by(units, caution) {
                    Ok(true) => return Ok(()),
                    Err(StallReason::IterationLimit) if goes_on => break,
                    ended => ended?,
                };
            }
        }
        if (first.is_none() || is_small)
            && let Some(units) = self.of_hard_margins()?
        {
            // What is left of the limit on iterations may be too little for this, and none is needed below.
            match self.is_certified_by(&units, quick) {
                Ok(true) => return Ok(()),
                Ok(false) | Err(StallReason::IterationLimit) => {}
                Err(reason) => return Err(reason),
            }
        }
        if self.best.as_ref().is_some_and(|best| best.objective.upper < LEAST) {
            return Err(StallReason::OutOfRange);
        }
        if is_small {
            let found =
                barrier::soft_solution(self.problem, self.goal, &self.limits, &mut self.work);
            self.limits.check()?;
            if let Some(found) = found {
                self.keep(found);
            }
        }
        Ok(())
    }

    /// The units of hard margins, where they are wide enough for these prices.
    fn of_hard_margins(&mut self) -> Result<Option<Units>, StallReason> {
        let problem = self.problem;
        let (norm, bounds, signs) = (problem.norm(), problem.bounds(), problem.signs());
        let high = high_prices(problem.operator(), norm, bounds, signs, self.settings);
        self.limits.check()?;
        let Ok(Ok(high)) = high else { return Ok(None) };
        self.work += high.work;
        Ok(Units::of_hard_margins(problem, high))
    }

    /// Whether the interior-point method in these units leads to a certificate; any other limit than that of digits is an error.
    fn is_certified_by(&mut self, units: &Units, caution: Caution) -> Result<bool, StallReason> {
        let operator = units.operator(self.problem.operator());
        let Ok(problem) = units.problem(self.problem, &operator) else { return Ok(false) };
        self.work.rounds += 1;
        let (start, kappa) = Iterate::start(&problem);
        let mut method = InteriorPoint::new(&problem, start, Curve::line(kappa), caution);
        let (found, reason) = method.run(self.goal, &self.limits, &mut self.work);
        let found = units.restored(self.problem, found, self.work);
        let is_certified = found.objective.relative_gap() <= self.goal;
        self.keep(found);
        match reason {
            Some(reason) if !is_certified && reason != StallReason::Precision => Err(reason),
            _ => Ok(is_certified),
        }
    }

    fn keep(&mut self, found: SoftMargin) {
        let gap = found.objective.relative_gap();
        if self.best.as_ref().is_none_or(|best| gap <= best.objective.relative_gap()) {
            self.best = Some(found);
        }
    }
}
