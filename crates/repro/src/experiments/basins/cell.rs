//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    KeyQueryRisk, Loss, Planted, Seed, SphereTokens, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, dot};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{
    EnumeratedSelection, Enumeration, EnumerationSettings, StoppingRule, TokenOptimality,
    TrainingState, enumerate_selections, train,
};
use serde::{Deserialize, Serialize};

use crate::shared::certified::optimality;
use crate::shared::forbidding_tokens::{forbidding, slack};
use crate::shared::head::{STEP, selection};
use crate::shared::rest::at_rest;

/// The exponents.
pub const EXPONENTS: [f64; 4] = [1.1, 1.5, 2.0, 3.0];

/// The sizes of the data: with more queries than dimensions, not every selection is separable.
pub const SIZES: [SphereTokens; 5] = [
    SphereTokens { n_sequences: 2, n_tokens: 3, dim: 2 },
    SphereTokens { n_sequences: 3, n_tokens: 3, dim: 2 },
    SphereTokens { n_sequences: 4, n_tokens: 3, dim: 2 },
    SphereTokens { n_sequences: 3, n_tokens: 3, dim: 3 },
    SphereTokens { n_sequences: 4, n_tokens: 3, dim: 4 },
];

/// The data of the slices: a seed of the smallest size with several local optima at every exponent.
pub const SLICED_DATA: (SphereTokens, u64) = (SIZES[0], 1);

/// The most rounds of a run: two at least, and as many as it takes for attention to saturate.
pub const ROUNDS: u64 = 10;

/// The most rounds of a run that is saturated at a selection that is not locally optimal. Where the constraint
/// that forbids it hardly narrows the margin, a run comes near before it leaves.
const MOST_ROUNDS: u64 = 400;
/// From this round on, and after twice as many each time, it is asked whether such a run rests.
const FIRST_REST: u64 = 8;

/// Half the width of a slice, in the Euclidean norm of W.
const HALF_WIDTH: f64 = 8.0;

/// Where runs start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// So many draws of `$\mathcal N(0, 1)$` entries.
    Gaussian(u64),
    /// A square grid with so many points a side, in the plane of two locally optimal directions.
    Slice(u32),
}

/// All runs on one data set with one exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BasinsConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The exponent.
    pub p: f64,
    /// The starts.
    pub starts: Starts,
    /// The number of steps of one round.
    pub iterations: u64,
}

/// The list and the runs, or the hypothesis that failed.
pub type BasinsOutcome = Result<Basin, String>;

/// The selections of a data set, and where runs ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Basin {
    /// The number of selections; those not among the separable are proven not to be.
    pub total: usize,
    /// The separable ones.
    pub separable: Vec<Separable>,
    /// Positions of the two directions of a slice, and how they lie in it.
    pub rays: Vec<(usize, [f64; 2])>,
    /// Where each start led.
    pub ends: Vec<End>,
}

/// A separable selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Separable {
    /// One token of each sequence.
    pub tokens: Vec<usize>,
    /// How good it is.
    pub optimality: TokenOptimality,
    /// Certified bounds on its margin.
    pub margin: [f64; 2],
}

/// Where a run ended; selections by their position among the separable, none if not saturated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The selection after the first round.
    pub first: Option<usize>,
    /// The selection in the end.
    pub last: Option<usize>,
    /// The locally optimal selection whose AttSVM is nearest in direction.
    pub nearest: Option<usize>,
    /// The number of steps.
    pub iterations: u64,
    /// Of a run that is saturated in the end, at a selection that is not locally optimal.
    pub stays: Option<Stay>,
}

/// How a run stays at a selection that is not locally optimal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stay {
    /// The risk has a stationary point there: see [`at_rest`].
    Rests,
    /// It moves, and its rounds are used up: the [`slack`] of the tokens that forbid the selection after half of the rounds,
    /// and in the end.
    Moves([Option<[f64; 2]>; 2]),
}

impl Separable {
    pub fn of(entry: &EnumeratedSelection) -> Self {
        let margin = [entry.svm.interval.lower, entry.svm.interval.upper];
        let tokens = entry.selection.tokens().to_vec();
        Self { tokens, optimality: entry.optimality, margin }
    }

    /// Whether it is proven to be locally optimal.
    pub fn is_locally_optimal(&self) -> bool {
        self.optimality.is_locally_optimal()
    }
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &BasinsConfig) -> Result<BasinsOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let norm = LpNorm::new(config.p)?;
    let settings = EnumerationSettings::default();
    let all = enumerate_selections(&planted.data, &planted.decoder, norm, &settings)?;
    if !all.inconclusive.is_empty() {
        return Ok(Err("the solver is inconclusive about some selections".into()));
    }
    if all.undecided().next().is_some() {
        return Ok(Err("whether some selection is locally optimal is undecided".into()));
    }
    let (starts, rays) = match config.starts {
        Starts::Gaussian(draws) => (gaussian(config, draws), Vec::new()),
        Starts::Slice(side) => match Slice::of(&all) {
            Some(slice) => (slice.starts(side, config.data.dim), slice.rays()),
            None => return Ok(Err("there is one locally optimal selection only".into())),
        },
    };
    let run = |start| settle(config, norm, &planted, &all, start);
    Ok(Ok(Basin {
        total: all.total,
        separable: all.separable.iter().map(Separable::of).collect(),
        rays,
        ends: starts.into_iter().map(run).collect::<Result<_, _>>()?,
    }))
}

/// The paper's step, but no longer than lets the entries of W, the (p-1)-st roots of what the step is added
/// to, change gradually.
fn step(p: f64) -> f64 {
    STEP * (2.0 * (p - 1.0)).min(1.0)
}

/// The number of steps of a round: for p > 2 the same dual point is a smaller W.
pub fn iterations(p: f64) -> u64 {
    if p > 2.0 { 8_000 } else { 2_000 }
}

pub fn gaussian(config: &BasinsConfig, draws: u64) -> Vec<Matrix> {
    let dim = config.data.dim;
    let seed = |draw| Seed(config.seed << 32 | draw);
    (0..draws).map(|draw| gaussian_matrix(dim, dim, seed(draw))).collect()
}

/// The plane of the two locally optimal directions of largest margin: an orthonormal basis, the first along the
/// first direction.
pub struct Slice {
    pub basis: [Vec<f64>; 2],
    pub positions: [usize; 2],
    /// The second direction in the plane.
    pub second: [f64; 2],
}

impl Slice {
    pub fn of(all: &Enumeration) -> Option<Self> {
        let margin = |position: usize| all.separable[position].svm.interval.lower;
        let mut positions: Vec<_> = attracting(all).collect();
        positions.sort_by(|a, b| margin(*b).total_cmp(&margin(*a)));
        let positions = [*positions.first()?, *positions.get(1)?];
        let [a, b] = positions.map(|position| unit(all.separable[position].svm.direction()));
        let along = dot(&a, &b);
        let rest: Vec<f64> = b.iter().zip(&a).map(|(b, a)| b - along * a).collect();
        let across = dot(&rest, &rest).sqrt();
        (across > 1e-6).then(|| Self {
            basis: [a, unit(&rest)],
            positions,
            second: [along, across],
        })
    }

    pub fn rays(&self) -> Vec<(usize, [f64; 2])> {
        vec![(self.positions[0], [1.0, 0.0]), (self.positions[1], self.second)]
    }

    pub fn starts(&self, side: u32, dim: usize) -> Vec<Matrix> {
        let at = |[x, y]: [f64; 2]| {
            let [a, b] = &self.basis;
            Matrix::from_fn(dim, dim, |i, j| x * a[j * dim + i] + y * b[j * dim + i])
        };
        grid(side).into_iter().map(at).collect()
    }
}

fn unit(w: &[f64]) -> Vec<f64> {
    let length = dot(w, w).sqrt();
    w.iter().map(|w| w / length).collect()
}

/// The centres of the squares of a slice, row after row.
pub fn grid(side: u32) -> Vec<[f64; 2]> {
    let at = move |k: u32| HALF_WIDTH * ((2.0 * f64::from(k) + 1.0) / f64::from(side) - 1.0);
    (0..side).flat_map(|y| (0..side).map(move |x| [at(x), at(y)])).collect()
}

/// Runs from a start until it stays at a locally optimal selection, rests at another, or as long as it may.
fn settle(
    config: &BasinsConfig,
    norm: LpNorm,
    planted: &Planted,
    all: &Enumeration,
    start: Matrix,
) -> Result<End, CellError> {
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let length = step(config.p);
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(length));
    let mut state = TrainingState::new(&risk, &method, vec![start])?;
    let (mut selections, mut halfway, mut stays) = (Vec::new(), Matrix::zeros(0, 0), None);
    for round in 1..=MOST_ROUNDS {
        let stopping = StoppingRule::after(round * config.iterations);
        train(&risk, &method, &mut state, &stopping, &mut ())?;
        let here = &state.parameters[0];
        let now = selection(here, &planted.data)?.ok();
        let position = now.as_ref().map(|now| position(all, now)).transpose()?;
        selections.push(position);
        if round == MOST_ROUNDS / 2 {
            halfway = here.clone();
        }
        let elsewhere = position.filter(|now| attracting(all).all(|k| *now != k));
        if let (Some(entry), Some(now)) = (elsewhere, &now)
            && round >= FIRST_REST
        {
            if round.is_power_of_two() && at_rest(planted, now, norm, length, here)?.is_some() {
                stays = Some(Stay::Rests);
                break;
            }
            if round == MOST_ROUNDS {
                stays = Some(moves(planted, norm, &all.separable[entry], [&halfway, here])?);
            }
        }
        let rounds = match (position, elsewhere) {
            (None, _) => ROUNDS,
            (Some(_), None) => 2,
            (Some(_), Some(_)) => MOST_ROUNDS,
        };
        if round >= rounds {
            break;
        }
    }
    let divergence = |k: &usize| {
        let direction = all.separable[*k].svm.direction();
        directional_bregman(norm, direction, state.parameters[0].as_slice())
    };
    Ok(End {
        first: selections[0],
        last: selections[selections.len() - 1],
        nearest: attracting(all).min_by(|a, b| divergence(a).total_cmp(&divergence(b))),
        iterations: state.iteration,
        stays,
    })
}

/// How the tokens that forbid a selection have come nearer between two matrices of a run.
fn moves(
    planted: &Planted,
    norm: LpNorm,
    at: &EnumeratedSelection,
    run: [&Matrix; 2],
) -> Result<Stay, CellError> {
    let (data, selection) = (&planted.data, &at.selection);
    let scores = TokenScores::of(data, &planted.decoder)?;
    let found = optimality(data, selection, &scores, norm, &at.svm)?;
    let forbidding = forbidding(&found);
    Ok(Stay::Moves(run.map(|w| slack(data, selection, &forbidding, w))))
}

/// The positions of the locally optimal selections.
pub fn attracting(all: &Enumeration) -> impl Iterator<Item = usize> {
    (0..all.separable.len()).filter(|k| all.separable[*k].optimality.is_locally_optimal())
}

/// The position of a selection in the list: one that attention saturates at is separated by W itself.
pub fn position(all: &Enumeration, selection: &TokenSelection) -> Result<usize, CellError> {
    let found = all.separable.iter().position(|entry| entry.selection == *selection);
    found.ok_or_else(|| {
        CellError::new(format!("{:?} was said not to be separable", selection.tokens()))
    })
}
