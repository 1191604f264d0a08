//! Rounds without equalities, each proven with them.

use dashu_int::IBig;
use mirrorhead_kernels::{LinearOperator, max_abs};

use super::best::Best;
use super::certificate::{lower_bound, proven_scale};
use super::exact_point::ExactPoint;
use super::farkas::EqualityFarkas;
use super::fraction::{Rounded, WholeVector};
use super::multipliers::Multipliers;
use super::null_space::{Feasibility, NullSpace};
use super::pivot_system::PivotSystem;
use super::reduction::Reduction;
use super::rounds::Rounds;
use super::solution::EqualityOutcome;
use crate::certificate::upper_bound;
use crate::exact_rows::{ExactRows, parts};
use crate::limits::Limits;
use crate::outcome::{Outcome, StallReason};
use crate::remainder::Expansion;
use crate::{
    FarkasCertificate, HardMarginProblem, SvmError, SvmSettings, WatchedSettings, WorkCounters,
};

/// Most rounds.
const MOST_ROUNDS: usize = 8;

/// Share of the relative gap that a round may leave.
const ROUND_GAP: f64 = 0.1;

/// How far the scale may be from one.
const SCALE_ERROR: f64 = 1e-12;

/// A solve in progress.
pub(super) struct Search<'p> {
    pub(super) problem: &'p HardMarginProblem<'p>,
    equalities: &'p dyn LinearOperator,
    /// `$(A; E; -E)$` with bounds `$(b, 0, 0)$`.
    all: HardMarginProblem<'p>,
    pub(super) settings: WatchedSettings<'p>,
    pub(super) limits: &'p Limits<'p>,
    /// The rows that are zero wherever the equalities hold: combinations of those.
    pub(super) vanishing: Vec<bool>,
    pub(super) best: Best,
    pub(super) work: WorkCounters,
}

impl<'p> Search<'p> {
    /// A search for the solution of a problem with these equalities, that is given a third time as one of inequalities.
    pub fn new(
        (problem, equalities, all): (
            &'p HardMarginProblem<'p>,
            &'p dyn LinearOperator,
            HardMarginProblem<'p>,
        ),
        (settings, limits): (WatchedSettings<'p>, &'p Limits<'p>),
    ) -> Self {
        let best = Best::nothing(problem.bounds().len(), equalities.nrows());
        let vanishing = vec![false; problem.bounds().len()];
        let work = WorkCounters::default();
        Self { problem, equalities, all, settings, limits, vanishing, best, work }
    }

    /// The outcome.
    ///
    /// # Errors
    /// Settings outside their range.
    pub fn run(mut self) -> Result<EqualityOutcome, SvmError> {
        let go_on = self.go_on();
        let reduction = Reduction::of(self.equalities);
        let Some(system) = PivotSystem::of(self.equalities, &reduction.pivots, &go_on) else {
            return Ok(self.stopped(StallReason::Undecided));
        };
        let Some(rows) = reduced_rows(reduction, &system, &go_on) else {
            return Ok(self.stopped(StallReason::Precision));
        };
        let space = NullSpace::new(&rows, &system, self.problem.operator().ncols());
        let restricted = space.restricted_rows(self.problem.operator(), &go_on);
        self.vanishing = self.rows_that_vanish(&system, &restricted);
        let bounds = self.problem.bounds().to_vec();
        let inequalities = (restricted.as_slice(), bounds.as_slice());
        let settings = self.settings;
        let typical = match space.feasibility(inequalities, &settings, &mut self.work)? {
            Feasibility::Contradicts(multipliers) => {
                if let Some(proof) = self.contradiction(&system, &multipliers) {
                    return Ok(EqualityOutcome::NotSeparable(proof));
                }
                self.unit_vector()
            }
            Feasibility::Holds(w) => {
                self.offer_point(&system, &w);
                w
            }
            Feasibility::Unknown => self.unit_vector(),
        };
        let rounds = Rounds::new(inequalities, &rows, &typical);
        if let Some(proof) = self.narrow(&system, rounds)? {
            return Ok(EqualityOutcome::NotSeparable(proof));
        }
        // First, for the other tries many digits in vain: rows of both signs leave no room.
        if let Some(proof) = self.in_many_digits(&system) {
            return Ok(EqualityOutcome::NotSeparable(proof));
        }
        if self.best.interval.lower <= 0.0
            && let Some(proof) = self.plain_contradiction()?
        {
            return Ok(EqualityOutcome::NotSeparable(proof));
        }
        self.scale(&system);
        Ok(self.stopped(StallReason::Precision))
    }

    /// Which of the rows that are `restricted` to nothing are nothing exactly.
    fn rows_that_vanish(&self, system: &PivotSystem, restricted: &[Vec<f64>]) -> Vec<bool> {
        let (operator, go_on) = (self.problem.operator(), self.go_on());
        let vanishes = |(j, row): (usize, &Vec<f64>)| {
            max_abs(row) == 0.0
                && system
                    .restricted_row(operator, j, |sum, _, _| sum.is_zero(), &go_on)
                    .is_some_and(|row| row.into_iter().all(|is_zero| is_zero))
        };
        restricted.iter().enumerate().map(vanishes).collect()
    }

    /// Goes through `rounds` until the interval is as narrow as asked for, or a contradiction is proven.
    fn narrow(
        &mut self,
        system: &PivotSystem,
        mut rounds: Rounds<'_>,
    ) -> Result<Option<EqualityFarkas>, SvmError> {
        let norm = self.problem.norm();
        for _ in 0..MOST_ROUNDS {
            let Some(settings) = self.settings_of_round() else { break };
            let Some(pair) = rounds.next(norm, &settings, &mut self.work)? else { break };
            if pair.is_contradiction {
                return Ok(self.contradiction(system, &pair.multipliers));
            }
            self.offer_point(system, &pair.w);
            self.offer_multipliers(system, vec![pair.multipliers], &[pair.forces]);
            if self.best.interval.relative_gap() <= self.settings.relative_gap {
                break;
            }
        }
        Ok(None)
    }

    /// A proof from rows and equalities as they stand: where they cancel in whole numbers, restricted rows may do so only up to
    /// rounding.
    ///
    /// # Errors
    /// Settings outside their range.
    fn plain_contradiction(&self) -> Result<Option<EqualityFarkas>, SvmError> {
        let (m, n_equalities) = (self.problem.bounds().len(), self.equalities.nrows());
        let settings = self.settings;
        Ok(match crate::solve(&self.all, &settings)? {
            Outcome::NotSeparable(found) => {
                let whole = match found.basis() {
                    None => Some(found),
                    Some(_) => FarkasCertificate::proven_whole(
                        &self.all,
                        &found.multipliers,
                        &self.go_on(),
                    ),
                };
                whole.map(|whole| EqualityFarkas::of_stacked(&whole, m, n_equalities))
            }
            _ => None,
        })
    }

    pub(super) fn go_on(&self) -> impl Fn() -> bool + use<'p> {
        let limits = self.limits;
        move || limits.check().is_ok()
    }

    /// Any vector, for the sizes of terms.
    fn unit_vector(&self) -> Vec<f64> {
        let size = max_abs(self.problem.row_sizes()).max(f64::MIN_POSITIVE);
        vec![max_abs(self.problem.bounds()) / size; self.problem.operator().ncols()]
    }

    /// None if a limit is reached.
    fn settings_of_round(&self) -> Option<WatchedSettings<'p>> {
        let settings = *self.settings;
        let max_iterations = settings.max_iterations.checked_sub(self.work.iterations)?;
        let relative_gap = ROUND_GAP * settings.relative_gap;
        let sufficient_gap = Some(settings.relative_gap);
        let of_round = SvmSettings { relative_gap, sufficient_gap, max_iterations, ..settings };
        let may_go_on = max_iterations > 0 && self.limits.check().is_ok();
        may_go_on.then(|| self.settings.with_settings(of_round))
    }

    fn offer_point(&mut self, system: &PivotSystem, w: &[f64]) {
        if let Some(point) = ExactPoint::near(system, w, &self.go_on()) {
            let lower = lower_bound(self.problem, &point, &self.vanishing);
            self.best.keep_point(point, lower);
        }
    }

    /// Multipliers `$\lambda$` of the rows, as a sum, and the entries in the columns `$C$` that their dual point should have.
    pub(super) fn offer_multipliers(
        &mut self,
        system: &PivotSystem,
        of_rows: Vec<Vec<f64>>,
        forces: &[Vec<f64>],
    ) {
        let Some(multipliers) = self.with_equalities(system, of_rows, forces) else { return };
        let stacked = multipliers.stacked();
        let sum = Expansion { leading: &stacked[0], rest: &stacked[1..] };
        let upper = upper_bound(&self.all, &self.problem.norm(), sum);
        self.best.keep_multipliers(multipliers, upper);
    }

    /// `$\lambda$` with the `$\mu$` for which `$(A^\top\lambda + E^\top\mu)_C$` `= forces`.
    fn with_equalities(
        &self,
        system: &PivotSystem,
        of_rows: Vec<Vec<f64>>,
        forces: &[Vec<f64>],
    ) -> Option<Multipliers> {
        let count = of_rows.len() + 1;
        let forces = match forces {
            [forces] => WholeVector::near(forces),
            parts => WholeVector::of_parts(parts),
        };
        let wanted = forces.numbers.into_iter().enumerate();
        let mut terms: Vec<(usize, IBig, i64)> =
            wanted.map(|(at, m)| (at, m, forces.exponent)).collect();
        let named: Vec<usize> =
            (0..of_rows[0].len()).filter(|&j| of_rows.iter().any(|part| part[j] != 0.0)).collect();
        let rows = ExactRows::of(self.problem.operator(), &named)?;
        for ((row, exponent), &j) in rows.entries.iter().zip(&rows.exponents).zip(&named) {
            for (significand, own) in of_rows.iter().map(|part| parts(part[j])) {
                for (at, a) in row {
                    if let Some(place) = system.place(rows.columns[*at]) {
                        terms.push((place, -(a * IBig::from(significand)), own + exponent));
                    }
                }
            }
        }
        let sums = WholeVector::sums(system.columns().len(), &terms);
        let of_equalities = system.multipliers(&sums, count, &self.go_on())?;
        Some(Multipliers { of_rows, of_equalities })
    }

    /// The proof that these `multipliers` of the rows are, with the ones of the equalities that go with them.
    pub(super) fn contradiction(
        &self,
        system: &PivotSystem,
        multipliers: &[f64],
    ) -> Option<EqualityFarkas> {
        let nothing = vec![0.0; system.columns().len()];
        let found = self.with_equalities(system, vec![multipliers.to_vec()], &[nothing])?;
        let found = FarkasCertificate::proven_whole(&self.all, &found.stacked()[0], &self.go_on())?;
        let n_equalities = self.equalities.nrows();
        Some(EqualityFarkas::of_stacked(&found, multipliers.len(), n_equalities))
    }

    /// Scales the best vector such that it satisfies `$A w \ge b$` with equality somewhere: rounded, or exactly if rounding costs the
    /// proof.
    fn scale(&mut self, system: &PivotSystem) {
        let Some(point) = &self.best.point else { return };
        let Some(scale) = proven_scale(self.problem, point, &self.vanishing) else { return };
        let scaled: Vec<f64> = point.w.iter().map(|w| w / scale).collect();
        let goal = self.settings.widest_gap().max(self.best.interval.relative_gap());
        if let Some(rounded) = ExactPoint::near(system, &scaled, &self.go_on()) {
            let lower = lower_bound(self.problem, &rounded, &self.vanishing);
            let is_at_scale = proven_scale(self.problem, &rounded, &self.vanishing)
                .is_some_and(|scale| (scale - 1.0).abs() <= SCALE_ERROR);
            if is_at_scale && lower > 0.0 && 1.0 - lower / self.best.interval.upper <= goal {
                self.best.interval.lower = lower;
                self.best.point = Some(rounded);
                return;
            }
        }
        // An exact multiple proves the same.
        if let Some(exact) = point.over(scale) {
            self.best.point = Some(exact);
        }
    }

    /// The outcome if the search stops here, for `reason` or a limit that is reached.
    fn stopped(self, reason: StallReason) -> EqualityOutcome {
        let reason = self.limits.exceeded(&self.work).unwrap_or(reason);
        let goal = self.settings.widest_gap();
        let ncols = self.problem.operator().ncols();
        let found = self.best.into_margin(ncols, self.work);
        match reason {
            _ if found.relative_gap() <= goal => EqualityOutcome::MaxMargin(found),
            StallReason::Precision if found.interval.lower <= 0.0 => {
                EqualityOutcome::Inconclusive(found, StallReason::Undecided)
            }
            other => EqualityOutcome::Inconclusive(found, other),
        }
    }
}

/// The reduced rows to as many digits as a solution needs.
fn reduced_rows(
    reduction: Reduction,
    system: &PivotSystem,
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<Vec<f64>>> {
    let is_same = reduction.pivots.iter().map(|(_, k)| k).eq(system.columns());
    if is_same && reduction.is_accurate() {
        return Some(reduction.rows);
    }
    let exact = system.reduced_rows((0.0, 1.0), |x, d| Rounded::double((x, d), 0), go_on);
    let is_finite = |rows: &Vec<Vec<f64>>| rows.iter().flatten().all(|a| a.is_finite());
    exact.filter(is_finite).or_else(|| is_same.then_some(reduction.rows))
}
