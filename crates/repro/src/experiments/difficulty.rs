//! Difficulty: the claims on data made hard in several ways, up to 512 tokens in 512 dimensions.

use std::fmt;
use std::ops::ControlFlow;

use mirrorhead_attention::{
    Dataset, KeyQueryRisk, Loss, Risk, Seed, SphereTokens, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    DualState, LpNorm, MirrorDescent, MirrorError, PowerPotential, StepSize, directional_bregman,
};
use mirrorhead_trainer::{
    Iteration, Schedule, Snapshots, StoppingRule, TokenOptimality, TrainError, TrainingState,
    Watch, train, train_key_query,
};
use serde::{Deserialize, Serialize};

use super::certified::{att_svm, optimality};
use super::difficult_data::{Drawn, FAMILIES, Family};
use super::difficulty_findings;
use super::drops::Drops;
use super::head::{STEP, selection};
use super::held_selection::log_spaced;
use crate::claim::Claim;
use crate::error::CellError;
use crate::experiment::{About, Experiment, Profile, Scope, Summary};

/// The exponents.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];
/// The sizes, from the paper's to 262,144 unknowns.
pub const SIZES: [SphereTokens; 4] = [
    SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 },
    SphereTokens { n_sequences: 8, n_tokens: 64, dim: 32 },
    SphereTokens { n_sequences: 4, n_tokens: 128, dim: 128 },
    SphereTokens { n_sequences: 2, n_tokens: 512, dim: 512 },
];

/// Recorded iterations a decade.
const PER_DECADE: u32 = 3;
/// How often the number of steps is doubled at most.
const DOUBLINGS: u32 = 4;
/// Steps of the run with a constant step size.
const SMALL_STEPS: u64 = 200;
/// Its first step, as a part of the dual point it starts from.
const SMALL_STEP: f64 = 0.01;

/// Runs on every family of data, at every size, for every p.
pub struct Difficulty;

/// The runs on one data set with one exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifficultyConfig {
    /// How the data are made difficult.
    pub family: Family,
    /// Their size.
    pub data: SphereTokens,
    /// The exponent.
    pub p: f64,
    /// The seed of data and start.
    pub seed: u64,
    /// The number of normalized steps, doubled as long as a hypothesis fails.
    pub iterations: u64,
    /// How often at most.
    pub doublings: u32,
}

/// What the two runs of a cell show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifficultyOutcome {
    /// What small constant steps did to the risk.
    pub drops: Drops,
    /// What the solver says of a planted solution, or why it has none.
    pub planted: Option<Result<Solved, String>>,
    /// The number of normalized steps.
    pub iterations: u64,
    /// Where they led, or what kept them from leading anywhere.
    pub course: Result<Course, Obstacle>,
}

/// What the solver finds where the solution is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Solved {
    /// The certified margin over the planted one.
    pub margin_ratio: f64,
    /// The divergence of the direction to the planted one.
    pub divergence: f64,
}

/// A hypothesis that fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Some sequence has no token with nearly all the weight.
    NotSaturated,
    /// The selection is another than after half of the steps.
    Unsettled,
    /// The selection is not locally optimal.
    NotOptimal,
    /// A step left the range of numbers.
    OutOfRange,
    /// The solver has no solution of the own AttSVM, for this reason.
    Unsolved(String),
    /// It has none of the AttSVM of any other p.
    NothingToCompare,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSaturated => "attention is not saturated at the end",
            Self::Unsettled => "the selection changed in the second half of the run",
            Self::NotOptimal => "the selection is not locally optimal",
            Self::OutOfRange => "a step left the range of f64",
            Self::Unsolved(_) => "the solver is inconclusive about the own AttSVM",
            Self::NothingToCompare => "the solver is inconclusive about those of all other p",
        })
    }
}

/// A run whose hypotheses hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// The iterations recorded; half and a quarter of the last are among them.
    pub iterations: Vec<u64>,
    /// At each, the divergence to the AttSVM of each of the exponents, for the selection at the end; none where
    /// the solver is inconclusive.
    pub divergences: Vec<Option<Vec<f64>>>,
    /// The dual norm $\lVert\nabla\psi(W)\rVert_q$ at each.
    pub dual_norms: Vec<f64>,
    /// The largest margin of the selection in the norm of p.
    pub margin: f64,
    /// The largest dual norm of a row, $\max_{it} \lVert x_{i\alpha_i} - x_{it}\rVert_q \lVert z_i\rVert_q$.
    pub row_norm: f64,
    /// The divergence to a planted solution, if the run selects its tokens.
    pub to_planted: Option<f64>,
}

impl Experiment for Difficulty {
    type Config = DifficultyConfig;
    type Outcome = DifficultyOutcome;

    fn about(&self) -> About {
        About {
            name: "difficulty",
            group: "algorithms",
            title: "Difficult data",
            setting: "Five families of data: the paper's; a planted solution with margins below the scatter of \
                      tokens; tokens near the one before (cosine 0.9); entries of Student's distribution \
                      without variance; inputs labelled three times, each label wrong with probability 0.2. \
                      Each at (n, T, d) from (6, 8, 10) to (2, 512, 512), from a Gaussian start of norm \
                      one: 200 steps of a small constant size, and normalized steps of 0.1.",
            expectation: "The theorems ask for separable tokens and a loss that decreases in every sample, and for \
                          nothing else about the data: what holds on the sphere should hold here.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        difficulty_findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<DifficultyConfig> {
        let quick = scope.profile == Profile::Quick;
        let sizes = if quick { &SIZES[..2] } else { &SIZES[..] };
        let mut cells = Vec::new();
        for data in sizes {
            for family in FAMILIES {
                for p in EXPONENTS {
                    let seeds = scope.seeds(3, seeds(*data));
                    cells.extend(seeds.map(|seed| DifficultyConfig {
                        family,
                        data: *data,
                        p,
                        seed,
                        iterations: iterations(p, *data),
                        doublings: DOUBLINGS,
                    }));
                }
            }
        }
        cells
    }

    fn label(&self, config: &DifficultyConfig) -> String {
        let SphereTokens { n_sequences, n_tokens, dim } = config.data;
        let DifficultyConfig { family, p, seed, .. } = config;
        format!("{family}, (n, T, d) = ({n_sequences}, {n_tokens}, {dim}), p = {p}, seed {seed}")
    }

    fn cost_seconds(&self, config: &DifficultyConfig) -> f64 {
        let SphereTokens { n_sequences, n_tokens, dim } = config.data;
        let entries = (dim * dim + n_sequences * n_tokens * dim) as f64;
        let steps = 2e-9 * entries * (2 * config.iterations + SMALL_STEPS) as f64;
        steps + 5e-9 * ((n_sequences * n_tokens) as f64).powi(3)
    }

    fn run_cell(&self, config: &DifficultyConfig) -> Result<DifficultyOutcome, CellError> {
        let norm = LpNorm::new(config.p).map_err(CellError::new)?;
        let drawn = config.family.sample(config.data, norm, Seed(config.seed))?;
        let mut start = gaussian_matrix(config.data.dim, config.data.dim, Seed(config.seed));
        let size = norm.of(start.as_slice());
        start.as_mut_slice().iter_mut().for_each(|w| *w /= size);
        let drops = small_steps(&drawn, norm, start.clone())?;
        let planted = solved(&drawn, norm)?;
        let (iterations, course) = normalized_steps(config, &drawn, norm, start)?;
        Ok(DifficultyOutcome { drops, planted, iterations, course })
    }

    fn summarise(&self, cells: &[(DifficultyConfig, DifficultyOutcome)]) -> Summary {
        difficulty_findings::summarise(cells, &|config| self.label(config))
    }
}

/// The paper's iterations, about: for p > 2 the same dual point is a smaller W. In more dimensions fewer queries
/// share W, margins are larger, and attention settles sooner.
fn iterations(p: f64, data: SphereTokens) -> u64 {
    let small = if p > 2.0 { 16_000 } else { 4_000 };
    match data.dim {
        0..100 => small,
        100..500 => small / 2,
        _ => small / 4,
    }
}

/// Seeds of the paper profile: fewer of the larger.
fn seeds(data: SphereTokens) -> u64 {
    if data.dim < 100 { 10 } else { 3 }
}

fn risk(drawn: &Drawn) -> Result<KeyQueryRisk<'_>, CellError> {
    let (data, decoder) = (&drawn.planted.data, &drawn.planted.decoder);
    KeyQueryRisk::new(data, decoder, Loss::Logistic).map_err(CellError::new)
}

/// Steps of one size, the first of which is a small part of the dual point of the start.
fn small_steps(drawn: &Drawn, norm: LpNorm, start: Matrix) -> Result<Drops, CellError> {
    let risk = risk(drawn)?;
    let (mut gradients, mut workspace) = (risk.zero_gradients(), risk.workspace());
    let at_start = [start.clone()];
    risk.value_and_gradient(&at_start, &mut gradients, &mut workspace);
    let gradient = gradients[0].log_scale.exp() * norm.dual_of(gradients[0].value.as_slice());
    // The start has norm one, and so has its dual point.
    let step = SMALL_STEP / gradient;
    let (mut drops, mut before) = (Drops::default(), None);
    let mut watch = Watch(|at: &Iteration<'_, DualState>| {
        drops.count(step, &mut before, at);
        ControlFlow::Continue(())
    });
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(step));
    let stopping = StoppingRule::after(SMALL_STEPS);
    train_key_query(&risk, start, &method, &stopping, &mut watch).map_err(CellError::new)?;
    Ok(drops)
}

/// What the solver says of a planted solution, if there is one.
fn solved(drawn: &Drawn, norm: LpNorm) -> Result<Option<Result<Solved, String>>, CellError> {
    let Some(known) = &drawn.solution else { return Ok(None) };
    let svm = att_svm(&drawn.planted.data, &known.selection, norm)?;
    Ok(Some(svm.map(|svm| Solved {
        margin_ratio: svm.interval.lower / known.margin,
        divergence: directional_bregman(norm, known.key_query.as_slice(), svm.direction()),
    })))
}

/// Normalized steps until attention has settled on a locally optimal selection, or as many as there may be.
fn normalized_steps(
    config: &DifficultyConfig,
    drawn: &Drawn,
    norm: LpNorm,
    start: Matrix,
) -> Result<(u64, Result<Course, Obstacle>), CellError> {
    let risk = risk(drawn)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(STEP));
    let mut state = TrainingState::new(&risk, &method, vec![start]).map_err(CellError::new)?;
    let mut snapshots = Snapshots::new(Schedule::At(recorded(config)));
    let mut iterations = config.iterations;
    loop {
        let stopping = StoppingRule::after(iterations);
        match train(&risk, &method, &mut state, &stopping, &mut snapshots) {
            Ok(_) => {}
            Err(TrainError::Mirror(MirrorError::Overflow { .. })) => {
                return Ok((state.iteration, Err(Obstacle::OutOfRange)));
            }
            Err(error) => return Err(CellError::new(error)),
        }
        let path: Vec<_> = snapshots.taken().iter().map(|(k, w)| (*k, &w[0])).collect();
        let course = settled(drawn, norm, &path)?;
        let unfinished = matches!(
            course,
            Err(Obstacle::NotSaturated | Obstacle::Unsettled | Obstacle::NotOptimal)
        );
        if !unfinished || iterations >= config.iterations << config.doublings {
            return Ok((iterations, course));
        }
        iterations *= 2;
    }
}

/// Iterations evenly spaced on a logarithmic axis, with those at which a run may end, a half and a quarter of them.
fn recorded(config: &DifficultyConfig) -> Vec<u64> {
    let last = config.iterations << config.doublings;
    let mut iterations = log_spaced(last, PER_DECADE);
    iterations.extend((0..config.doublings + 2).map(|halved| last >> (halved + 1)));
    iterations.sort_unstable();
    iterations.dedup();
    iterations
}

/// A run against the AttSVMs of the selection that it ends at, if its hypotheses hold.
fn settled(
    drawn: &Drawn,
    norm: LpNorm,
    path: &[(u64, &Matrix)],
) -> Result<Result<Course, Obstacle>, CellError> {
    let data = &drawn.planted.data;
    let (end, last) = path[path.len() - 1];
    let Ok(selected) = selection(last, data)? else { return Ok(Err(Obstacle::NotSaturated)) };
    let halfway = path.iter().rfind(|(k, _)| 2 * k <= end).map_or(last, |(_, w)| w);
    if selection(halfway, data)?.as_ref() != Ok(&selected) {
        return Ok(Err(Obstacle::Unsettled));
    }
    let merged = drawn.merged(&selected)?;
    let own = match att_svm(&merged.data, &merged.selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(Obstacle::Unsolved(reason))),
    };
    let found = optimality(&merged.data, &merged.selection, &merged.scores, &own);
    if found == TokenOptimality::NotOptimal {
        return Ok(Err(Obstacle::NotOptimal));
    }
    let mut divergences = Vec::new();
    for p in EXPONENTS {
        let p = LpNorm::new(p).map_err(CellError::new)?;
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
        return Ok(Err(Obstacle::NothingToCompare));
    }
    let known = drawn.solution.as_ref().filter(|known| known.selection == selected);
    let dual_norm = |w: &Matrix| norm.of(w.as_slice()).powf(norm.p() - 1.0);
    Ok(Ok(Course {
        iterations: path.iter().map(|(k, _)| *k).collect(),
        divergences,
        dual_norms: path.iter().map(|(_, w)| dual_norm(w)).collect(),
        margin: own.interval.lower,
        row_norm: row_norm(&merged.data, &merged.selection, norm),
        to_planted: known
            .map(|known| directional_bregman(norm, known.key_query.as_slice(), last.as_slice())),
    }))
}

/// The divergence of each iterate to a direction.
fn along(path: &[(u64, &Matrix)], norm: LpNorm, direction: &[f64]) -> Vec<f64> {
    path.iter().map(|(_, w)| directional_bregman(norm, direction, w.as_slice())).collect()
}

/// The largest dual norm of a row of the AttSVM.
fn row_norm(data: &Dataset, selection: &TokenSelection, norm: LpNorm) -> f64 {
    let tokens = data.tokens();
    let of_sequence = |(i, selected): (usize, &usize)| {
        let query = norm.dual_of(data.queries().col(i));
        let row = |t: usize| {
            let pairs = tokens.token(i, *selected).iter().zip(tokens.token(i, t));
            query * norm.dual_of(&pairs.map(|(a, b)| a - b).collect::<Vec<_>>())
        };
        (0..tokens.sequence_len(i)).map(row).fold(0.0, f64::max)
    };
    selection.tokens().iter().enumerate().map(of_sequence).fold(0.0, f64::max)
}
