//! A run of normalized steps on difficult data: where it leads, or which hypothesis fails.

use std::fmt;

use mirrorhead_attention::{Dataset, Loss, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_harness::statistics::last;
use mirrorhead_kernels::{Matrix, elementary};
use mirrorhead_mirror::{
    LpNorm, MirrorDescent, MirrorError, PowerPotential, StepSize, directional_bregman,
};
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, TokenOptimality, TrainError, TrainingState,
    constraint_norms, constraint_weights, sharpness, train,
};
use serde::{Deserialize, Serialize};

use super::difficult_data::Drawn;
use crate::shared::certified::{att_svm, optimality};
use crate::shared::forbidding_tokens::{forbidding, slack, widening};
use crate::shared::head::{ZIGZAGS, selection};
use crate::shared::held_selection::{log_spaced, mirrored};
use crate::shared::rest::at_rest;

/// The exponents.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];
/// A run whose dual point grows by a smaller part of its steps may be at rest.
const RESTING: f64 = 0.1;
/// Recorded iterations a decade.
const PER_DECADE: u32 = 3;

/// Normalized steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Their length.
    pub length: f64,
    /// Their number, doubled as long as a hypothesis fails.
    pub number: u64,
    /// How often at most.
    pub doublings: u32,
}

impl Steps {
    /// The most there may be.
    fn most(self) -> u64 {
        self.number << self.doublings
    }
}

/// A hypothesis that fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCounted {
    /// Some sequence has no token with nearly all the weight.
    NotSaturated,
    /// The selection is another than after half of the steps.
    Unsettled,
    /// The selection is not locally optimal.
    NotOptimal {
        /// See [`widening`].
        widening: Option<f64>,
        /// See [`slack`]: after half of the steps, and in the end.
        slack: [Option<[f64; 2]>; 2],
        /// The sharpness of a further step.
        sharpness: f64,
        /// By what part of its steps the dual point has grown over the second half of the run.
        growth: f64,
    },
    /// It is not, but the loss of an input has its minimum between the selected token and one that forbids it.
    FiniteMinimum,
    /// A token that supports it scores the same, so that the difference of their scores is rounding: where it is nearer than the others,
    /// that has more weight than they have.
    Tied,
    /// It is not, but the risk has a stationary point there: see [`at_rest`].
    Rests,
    /// It is not, but the steps zigzag, so that the run has not gone as far as they are long.
    Zigzags,
    /// Whether the selection is locally optimal is undecided.
    Undecided,
    /// A step left the range of numbers.
    OutOfRange,
    /// The solver has no solution of the own AttSVM, for this reason.
    Unsolved(String),
    /// It has none of the AttSVM of any other p.
    NothingToCompare,
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSaturated => "attention is not saturated at the end",
            Self::Unsettled => "the selection changed in the second half of the run",
            Self::NotOptimal { .. } => "the selection is not locally optimal",
            Self::FiniteMinimum => {
                "the loss of an input has its minimum between the selected token and one that forbids it"
            }
            Self::Tied => "a token that supports the selection scores the same as the selected one",
            Self::Rests => "the risk has a stationary point at a finite matrix",
            Self::Zigzags => "the selection is not locally optimal, and the steps zigzag",
            Self::Undecided => "whether the selection is locally optimal is undecided",
            Self::OutOfRange => "a step left the range of f64",
            Self::Unsolved(_) => "the solver is inconclusive about the own AttSVM",
            Self::NothingToCompare => "the solver is inconclusive about those of all other p",
        })
    }
}

/// A run whose hypotheses hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettledRun {
    /// The iterations recorded; half and a quarter of the last are among them.
    pub iterations: Vec<u64>,
    /// At each, the divergence to the AttSVM of each of the exponents, for the selection at the end; none where
    /// the solver is inconclusive.
    pub divergences: Vec<Option<Vec<f64>>>,
    /// The dual norm `$\lVert\nabla\psi(W)\rVert_q$` at each.
    pub dual_norms: Vec<f64>,
    /// The largest margin of the selection in the norm of p.
    pub margin: f64,
    /// The largest dual norm of a row, `$\max_{it} \lVert x_{i\alpha_i} - x_{it}\rVert_q \lVert z_i\rVert_q$`.
    pub row_norm: f64,
    /// The divergence to a planted solution, if the run selects its tokens.
    pub to_planted: Option<f64>,
}

impl SettledRun {
    /// By what part of its steps the dual point has grown over the second half of the run.
    pub fn growth(&self, step: f64) -> f64 {
        let (end, half) = (self.iterations.len() - 1, self.at(2));
        let steps = (self.iterations[end] - self.iterations[half]) as f64;
        (self.dual_norms[end] - self.dual_norms[half]) / (step * steps)
    }

    /// By what part it has to.
    pub fn least_growth(&self) -> f64 {
        self.margin / self.row_norm
    }

    /// The position of the last iteration up to a part of the run.
    pub fn at(&self, part: u64) -> usize {
        let end = self.iterations.last().copied().unwrap_or(0);
        self.iterations.iter().rposition(|k| part * k <= end).unwrap_or(0)
    }

    /// The divergence to the own AttSVM along the run.
    pub fn own(&self, own: usize) -> &[f64] {
        self.divergences[own].as_deref().unwrap_or(&[])
    }

    /// How much that divergence falls over the last three quarters.
    pub fn fall(&self, own: usize) -> f64 {
        self.own(own)[self.at(4)] / last(self.own(own))
    }

    /// The divergence at the end to the nearest AttSVM of another p, as far as they are solved.
    pub fn nearest_other(&self, own: usize) -> f64 {
        let others = self.divergences.iter().enumerate().filter(|(other, _)| *other != own);
        others.filter_map(|(_, to)| to.as_ref()?.last().copied()).fold(f64::INFINITY, f64::min)
    }
}

/// Normalized steps until attention has settled on a locally optimal selection, or as many as there may be.
pub fn normalized_steps(
    steps: Steps,
    drawn: &Drawn,
    norm: LpNorm,
    start: Matrix,
) -> Result<(u64, Result<SettledRun, NotCounted>), CellError> {
    let risk = drawn.risk()?;
    let method =
        MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(steps.length));
    let mut state = TrainingState::new(&risk, &method, vec![start])?;
    let mut snapshots = Snapshots::new(Schedule::At(recorded(steps)));
    let mut iterations = steps.number;
    loop {
        let stopping = StoppingRule::after(iterations);
        match train(&risk, &method, &mut state, &stopping, &mut snapshots) {
            Ok(_) => {}
            Err(TrainError::Mirror(MirrorError::Overflow { .. })) => {
                return Ok((state.iteration, Err(NotCounted::OutOfRange)));
            }
            Err(error) => return Err(error.into()),
        }
        let path: Vec<_> = snapshots.taken().iter().map(|(k, w)| (*k, &w[0])).collect();
        let course = settled(drawn, norm, steps.length, &path)?;
        let unfinished = matches!(
            course,
            Err(NotCounted::NotSaturated
                | NotCounted::Unsettled
                | NotCounted::NotOptimal { .. }
                | NotCounted::Tied
                | NotCounted::Zigzags)
        );
        if !unfinished || iterations >= steps.most() {
            return Ok((iterations, course));
        }
        iterations *= 2;
    }
}

/// Iterations evenly spaced on a logarithmic axis, with those at which a run may end, a half and a quarter of them.
fn recorded(steps: Steps) -> Vec<u64> {
    let last = steps.most();
    let mut iterations = log_spaced(last, PER_DECADE);
    iterations.extend((0..steps.doublings + 2).map(|halved| last >> (halved + 1)));
    iterations.sort_unstable();
    iterations.dedup();
    iterations
}

/// A run against the AttSVMs of the selection that it ends at, if its hypotheses hold.
fn settled(
    drawn: &Drawn,
    norm: LpNorm,
    step: f64,
    path: &[(u64, &Matrix)],
) -> Result<Result<SettledRun, NotCounted>, CellError> {
    let data = &drawn.planted.data;
    let (end, last) = path[path.len() - 1];
    let Ok(selected) = selection(last, data)? else { return Ok(Err(NotCounted::NotSaturated)) };
    let (middle, halfway) =
        path.iter().rfind(|(k, _)| 2 * k <= end).map_or((end, last), |(k, w)| (*k, *w));
    if selection(halfway, data)?.as_ref() != Ok(&selected) {
        return Ok(Err(NotCounted::Unsettled));
    }
    let merged = drawn.merged(&selected)?;
    let own = match att_svm(&merged.data, &merged.selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(NotCounted::Unsolved(reason))),
    };
    let found = optimality(&merged.data, &merged.selection, &merged.scores, norm, &own)?;
    if found.optimality == TokenOptimality::Undecided {
        return Ok(Err(NotCounted::Undecided));
    }
    if found.optimality == TokenOptimality::Tied {
        return Ok(Err(NotCounted::Tied));
    }
    if !found.optimality.is_locally_optimal() {
        let forbidding = forbidding(&found);
        let chosen = |i: usize| merged.selection.tokens()[i];
        if forbidding.iter().any(|(i, t)| drawn.has_minimum_between(*i, chosen(*i), *t)) {
            return Ok(Err(NotCounted::FiniteMinimum));
        }
        let widening = widening(&merged.data, &merged.selection, &forbidding, norm, &own)?;
        let slack = [halfway, last].map(|w| slack(&merged.data, &merged.selection, &forbidding, w));
        let weights = constraint_weights(
            &merged.data,
            &drawn.planted.decoder,
            &merged.selection,
            last,
            Loss::Logistic,
        )?;
        let dual = mirrored(norm, last.as_slice());
        let sharpness = sharpness(&merged.data, &merged.selection, norm, &weights, &dual, step);
        let growth =
            (dual_norm(norm, last) - dual_norm(norm, halfway)) / (step * (end - middle) as f64);
        if norm.p() < 2.0 && growth <= ZIGZAGS {
            return Ok(Err(NotCounted::Zigzags));
        }
        if growth < RESTING && at_rest(&drawn.planted, &selected, norm, step, last)?.is_some() {
            return Ok(Err(NotCounted::Rests));
        }
        return Ok(Err(NotCounted::NotOptimal { widening, slack, sharpness, growth }));
    }
    let mut divergences = Vec::new();
    for p in EXPONENTS {
        let p = LpNorm::new(p)?;
        let other;
        let svm = if p == norm {
            Some(&own)
        } else {
            other = att_svm(&merged.data, &merged.selection, p)?;
            other.as_ref().ok()
        };
        divergences.push(svm.map(|svm| along(path, norm, svm.direction())));
    }
    if divergences.iter().flatten().count() < 2 {
        return Ok(Err(NotCounted::NothingToCompare));
    }
    let known = drawn.solution.as_ref().filter(|known| known.selection == selected);
    Ok(Ok(SettledRun {
        iterations: path.iter().map(|(k, _)| *k).collect(),
        divergences,
        dual_norms: path.iter().map(|(_, w)| dual_norm(norm, w)).collect(),
        margin: own.interval.lower,
        row_norm: longest_row(&merged.data, &merged.selection, norm),
        to_planted: known
            .map(|known| directional_bregman(norm, known.key_query.as_slice(), last.as_slice())),
    }))
}

/// The divergence of each iterate to a direction.
fn along(path: &[(u64, &Matrix)], norm: LpNorm, direction: &[f64]) -> Vec<f64> {
    path.iter().map(|(_, w)| directional_bregman(norm, direction, w.as_slice())).collect()
}

/// The dual norm of the dual point.
fn dual_norm(norm: LpNorm, w: &Matrix) -> f64 {
    elementary::powf(norm.of(w.as_slice()), norm.p() - 1.0)
}

/// The largest dual norm of a row of the AttSVM.
fn longest_row(data: &Dataset, selection: &TokenSelection, norm: LpNorm) -> f64 {
    constraint_norms(data, selection, norm).into_iter().fold(0.0, f64::max)
}
