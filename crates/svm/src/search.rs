//! The search: rounds of the interior-point method over a growing set of rows.

mod digits;
mod guesses;
mod proof_attempts;

use self::proof_attempts::ProofAttempts;
use crate::active_set::{self, ActiveSet};
use crate::best::Best;
use crate::continuation::{Caution, Stage};
use crate::farkas;
use crate::interior_point::{Ending, InteriorPoint};
use crate::iterate::Iterate;
use crate::limits::Limits;
use crate::newton::Form;
use crate::opposed_rows::opposed_rows;
use crate::outcome::{MaxMargin, Outcome, StallReason};
use crate::rows::EquilibratedRows;
use crate::working_set::WorkingSet;
use crate::{FarkasCertificate, HardMarginProblem, MarginInterval, WatchedSettings, WorkCounters};

/// The share of the gap asked for that the method aims at: the rest is for rounding, which widens what is
/// proven.
pub(crate) const AIM: f64 = 0.9;

/// An interval as narrow as this is limited by rounding, and another attempt would not help.
pub(crate) const NEARLY: f64 = 1e-6;

/// Share of the gap over all rows that a round narrows the gap over its own rows to.
const ROUND_GAP: f64 = 0.1;

/// For conjugate exponents beyond this the mirror image of changed multipliers is far from `$w$`, and
/// a round after a wide gap does better to start over.
const STEEP_EXPONENT: f64 = 4.0;

/// Up to this many rows are taken on at once where rounds have led nowhere.
const MOST_AT_ONCE: usize = 3_000;

/// Up to so many entries rows that are each other's negatives are looked for before another proof is.
const FEW_ENTRIES: usize = 1 << 20;

/// Rows of a matrix of the other form that another attempt may use whatever it costs.
const MOST_OTHER: usize = 1_000;

/// A search in progress: all rows, those in play, and the best pair so far.
pub(crate) struct Search<'p, 'a> {
    problem: &'p HardMarginProblem<'a>,
    /// The gap that the method aims at, that asked for, and the one that will do where rounding lets it no further.
    goal: f64,
    asked: f64,
    sufficient: f64,
    limits_doubles_alone: bool,
    max_factor_rows: usize,
    /// The way that the last round from the start took to where it was asked to go.
    way: usize,
    pub looked_for_opposed_rows: bool,
    limits: Limits<'p>,
    work: WorkCounters,
    /// In equilibrated units, as everything until the outcome.
    all: EquilibratedRows<'p>,
    best_w: Vec<f64>,
    best_multipliers: Vec<f64>,
    interval: MarginInterval,
}

/// What a round over some of the rows came to.
enum Round {
    /// Its own gap is as narrow as asked.
    Narrowed,
    Contradiction(FarkasCertificate),
    Stalled(StallReason),
}

impl<'p, 'a> Search<'p, 'a> {
    pub fn new(problem: &'p HardMarginProblem<'a>, settings: &'p WatchedSettings<'p>) -> Self {
        let all = EquilibratedRows::new(problem);
        Self {
            problem,
            goal: AIM * settings.relative_gap,
            asked: settings.relative_gap,
            sufficient: AIM * settings.widest_gap(),
            limits_doubles_alone: settings.limits_doubles_alone(),
            max_factor_rows: settings.max_factor_rows,
            way: 0,
            looked_for_opposed_rows: false,
            limits: Limits::start(settings),
            work: WorkCounters::default(),
            best_w: vec![0.0; all.ncols()],
            best_multipliers: vec![0.0; all.len()],
            interval: MarginInterval { lower: f64::NEG_INFINITY, upper: f64::INFINITY },
            all,
        }
    }

    /// The best `$w$` and multipliers found, in the units of the problem, and the work done.
    pub fn into_best(self) -> (Vec<f64>, Vec<f64>, WorkCounters) {
        let multipliers = self.all.unscaled(&self.best_multipliers);
        (self.all.outer(&self.best_w), multipliers, self.work)
    }

    /// Searches for a solution or a Farkas certificate; otherwise says why it stopped.
    pub fn run(&mut self) -> Result<Outcome, StallReason> {
        let ended = self.in_doubles();
        let goes_on = match ended {
            Err(StallReason::Precision) => true,
            Err(StallReason::IterationLimit) => self.limits_doubles_alone,
            _ => false,
        };
        if !goes_on || !self.is_for_many_digits() {
            return ended;
        }
        match self.in_many_digits() {
            // More digits didn't help: what stopped the method in doubles is the reason.
            Err(StallReason::Precision) => ended,
            found => found,
        }
    }

    /// The same by the method in doubles.
    fn in_doubles(&mut self) -> Result<Outcome, StallReason> {
        let start = match Iterate::start(&mut self.all) {
            Ok(start) => start,
            Err(multipliers) => {
                let mut all = self.all.clone();
                let found = farkas::polished(
                    self.problem,
                    &mut all,
                    &multipliers,
                    self.max_factor_rows,
                    &self.limits,
                    &mut self.work,
                );
                self.best_multipliers = multipliers;
                return found.map(Outcome::NotSeparable).ok_or(StallReason::Precision);
            }
        };
        if active_set::is_fit(&self.all, self.problem.norm()) {
            let guess = ActiveSet::first(&mut self.all, &start, self.max_factor_rows, &self.limits);
            if let Some(ended) = self.exchanged(guess) {
                return ended;
            }
        }
        let set = WorkingSet::first(&self.all, &start);
        if set.is_everything() {
            return self.everything();
        }
        match self.rounds(set, None) {
            // Rounds that lead nowhere may have had too few rows to tell.
            Err(StallReason::Precision) if self.all.len() <= MOST_AT_ONCE => self.everything(),
            ended => ended,
        }
    }

    /// One round over all rows.
    fn everything(&mut self) -> Result<Outcome, StallReason> {
        self.work.rounds += 1;
        let set = WorkingSet::everything(self.all.len());
        let mut rows = self.all.clone();
        let (_, round) = self.start_over(&mut rows, &set, self.goal);
        self.concluded(round)
    }

    /// Rounds over growing sets of rows, the first from scratch or from an iterate over `set`. A head
    /// start that leads nowhere is given up at once: the caller does better to start over.
    fn rounds(
        &mut self,
        mut set: WorkingSet,
        mut warm: Option<(Iterate, Stage)>,
    ) -> Result<Outcome, StallReason> {
        let headstart = warm.is_some().then_some(self.work.rounds);
        loop {
            self.work.rounds += 1;
            let mut rows = self.all.subset(set.positions());
            let mut target = (ROUND_GAP * self.interval.relative_gap().min(0.1)).max(self.goal);
            let (mut method, mut round) = match warm.take() {
                None => self.start_over(&mut rows, &set, target),
                Some((iterate, stage)) => {
                    let caution = Caution::attempts(self.problem.norm())[self.way];
                    let at = (stage, self.interval.relative_gap());
                    let matrix = (Form::of(&rows), self.max_factor_rows);
                    let mut method = InteriorPoint::new(&rows, iterate, at, caution, matrix);
                    let round = self.narrow(&mut rows, &set, &mut method, target);
                    (method, round)
                }
            };
            if matches!(round, Round::Stalled(StallReason::Precision)) {
                if headstart.is_some_and(|rounds| self.work.rounds == rounds + 1) {
                    return Err(StallReason::Precision);
                }
                (method, round) = self.start_over(&mut rows, &set, self.goal);
                target = self.goal;
            }
            // As long as no other row matters the same method goes on.
            loop {
                match round {
                    Round::Narrowed => {}
                    // A method that went on may have got stuck where a new one does not.
                    Round::Stalled(StallReason::Precision) if target > self.goal => {
                        target = self.goal;
                        (method, round) = self.start_over(&mut rows, &set, target);
                        continue;
                    }
                    other => return self.concluded(other),
                }
                let margins = self.all_margins(&method.best.w);
                if self.interval.relative_gap() <= self.goal {
                    return self.concluded(Round::Narrowed);
                }
                let gap = self.interval.relative_gap().min(0.5);
                // The interval is of a $w$ of norm one, which this one needn't have.
                let size = self.all.units.norm(self.problem.norm(), &method.best.w);
                let rho = size * method.best.interval.lower;
                if let Some(next) = set.grown(&self.all, &margins, rho, gap) {
                    let margins = self.all_margins(&method.iterate.w);
                    let iterate =
                        next.warm_start(&mut self.all, &set, &method.iterate, &margins, gap);
                    warm = (gap <= self.warm_gap()).then(|| (iterate, method.reached()));
                    set = next;
                    break;
                }
                let closer = (ROUND_GAP * gap).max(self.goal);
                // With no row left out the gap is that over the own rows, unless digits are short.
                if method.best.interval.relative_gap() > target || closer >= target {
                    return Err(StallReason::Precision);
                }
                target = closer;
                round = self.narrow(&mut rows, &set, &mut method, target);
            }
        }
    }

    /// The widest gap over all rows from which a round continues the last one.
    fn warm_gap(&self) -> f64 {
        if self.problem.norm().conjugate_exponent() > STEEP_EXPONENT { 0.4 } else { 1.0 }
    }

    /// Runs from the start over `rows`, the more cautiously the harder they prove.
    fn start_over(
        &mut self,
        rows: &mut EquilibratedRows<'p>,
        set: &WorkingSet,
        target: f64,
    ) -> (InteriorPoint, Round) {
        let mut matrix = Form::of(rows);
        let attempts = Caution::attempts(self.problem.norm());
        let ways = (self.way..attempts.len()).chain(0..self.way);
        for (tried, way) in ways.enumerate() {
            let start = Iterate::start(rows);
            let start = start.unwrap_or_else(|multipliers| Iterate::stuck(rows, multipliers));
            let at = (Stage::first(), f64::INFINITY);
            let most = (matrix, self.max_factor_rows);
            let mut method = InteriorPoint::new(rows, start, at, attempts[way], most);
            // What couldn't be reached once is not asked for again where less will do.
            let target = if tried == 0 { target } else { target.max(self.sufficient) };
            let round = self.narrow(rows, set, &mut method, target);
            let retry = matches!(round, Round::Stalled(StallReason::Precision));
            if !retry {
                self.way = way;
            }
            if !retry || tried + 1 == attempts.len() {
                return (method, round);
            }
            // Each form keeps digits that the other loses.
            let (m, n) = (rows.len(), rows.ncols());
            let (size, other) = if matrix == Form::Rows { (m, n) } else { (n, m) };
            if other <= MOST_OTHER.max(2 * size) {
                rows.store();
                matrix = match matrix {
                    Form::Rows if rows.is_stored() => Form::Unknowns,
                    _ => Form::Rows,
                };
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Runs `method` until its gap over `rows` is at most `target`, looking for a Farkas
    /// certificate where the margin vanishes.
    fn narrow(
        &mut self,
        rows: &mut EquilibratedRows<'p>,
        set: &WorkingSet,
        method: &mut InteriorPoint,
        target: f64,
    ) -> Round {
        let mut proofs = ProofAttempts::over(rows.len().min(rows.ncols()));
        loop {
            let norm = self.problem.norm();
            let ending = method.run(rows, norm, target, &self.limits, &mut self.work);
            if rows.is_stored() {
                // Where digits were short, the whole of the rows is judged with as many.
                self.all.store();
            }
            self.keep(set, &method.best);
            if let Ending::Converged = ending {
                return Round::Narrowed;
            }
            if method.best.interval.lower <= 0.0 && proofs.is_next(ending) {
                if let Some(found) = self.opposed_rows() {
                    return Round::Contradiction(found);
                }
                let candidate = &method.best.multipliers;
                if let Some(found) = farkas::polished(
                    self.problem,
                    rows,
                    candidate,
                    self.max_factor_rows,
                    &self.limits,
                    &mut self.work,
                ) {
                    return Round::Contradiction(found);
                }
            }
            if let Ending::Stalled(StallReason::Precision | StallReason::IterationLimit) = ending
                && self.refine(rows, method)
            {
                self.keep(set, &method.best);
                if method.best.interval.relative_gap() <= target {
                    return Round::Narrowed;
                }
            }
            match ending {
                Ending::Stalled(StallReason::Precision)
                    if method.best.interval.relative_gap() <= self.sufficient =>
                {
                    return Round::Narrowed;
                }
                Ending::Stalled(reason) => return Round::Stalled(reason),
                // The bound itself is no larger than what double precision has room for.
                _ if method.vanishing < f64::MIN_POSITIVE => {
                    return Round::Stalled(StallReason::Precision);
                }
                _ => method.vanishing *= 1e-2,
            }
        }
    }

    /// The proof that two rows are each other's negatives, looked for once where that costs little.
    fn opposed_rows(&mut self) -> Option<FarkasCertificate> {
        let entries = self.problem.bounds().len() * self.problem.operator().ncols();
        if self.looked_for_opposed_rows || entries > FEW_ENTRIES {
            return None;
        }
        self.looked_for_opposed_rows = true;
        opposed_rows(self.problem, &|| self.limits.check().is_ok())
    }

    /// Keeps what was found over the rows of `set` if it is the best so far over all rows.
    fn keep(&mut self, set: &WorkingSet, found: &Best) {
        if found.interval.upper < self.interval.upper {
            self.interval.upper = found.interval.upper;
            self.best_multipliers = set.scattered(&found.multipliers, self.all.len());
        }
        self.all_margins(&found.w);
    }

    /// `$A w$` for all rows; `$w$` is kept if it is the best so far.
    fn all_margins(&mut self, w: &[f64]) -> Vec<f64> {
        let mut margins = vec![0.0; self.all.len()];
        self.all.apply_twofold(w, &mut margins);
        let lower = self.all.lower_bound(w, &margins, self.problem.norm());
        if lower > self.interval.lower {
            self.interval.lower = lower;
            self.best_w.copy_from_slice(w);
        }
        margins
    }

    /// The outcome of a last round.
    fn concluded(&self, round: Round) -> Result<Outcome, StallReason> {
        match round {
            Round::Contradiction(proof) => Ok(Outcome::NotSeparable(proof)),
            Round::Stalled(reason) => Err(reason),
            Round::Narrowed => {
                let multipliers = self.all.unscaled(&self.best_multipliers);
                let w = self.all.outer(&self.best_w);
                let pair = (w.as_slice(), multipliers.as_slice());
                MaxMargin::certified(
                    self.problem,
                    &self.problem.norm(),
                    pair,
                    self.asked,
                    self.work,
                )
                .map(Outcome::MaxMargin)
                .ok_or(StallReason::Precision)
            }
        }
    }
}
