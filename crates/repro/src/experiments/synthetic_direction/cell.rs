//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{Dataset, Planted, Seed, SphereTokens, TokenSelection, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{LpNorm, directional_bregman};
use mirrorhead_trainer::TokenOptimality;
use serde::{Deserialize, Serialize};

use crate::shared::certified::{att_svm, certified};
use crate::shared::head::{EXPONENTS, TrainedHead, selection, train};

/// The number of intervals between two points of a figure.
const INTERVALS: u64 = 50;

/// How many times over a run at a selection that isn't proven locally optimal may go on until it leaves.
/// The others go on once.
const CONTINUATIONS: u64 = 50;

/// The number of other selections that a run's own is compared with.
const CONTROL_SELECTIONS: usize = 3;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectionConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// The seed of data and start.
    pub seed: u64,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectionOutcome {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The risk at each.
    pub risks: Vec<f64>,
    /// The norm of W at each, in the run's own geometry.
    pub norms: Vec<f64>,
    /// The comparison with the AttSVMs, or the hypothesis that failed.
    pub comparison: Result<Comparison, String>,
}

/// A run whose hypotheses hold, against the AttSVM of every exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The selection the run settled on.
    pub selection: Vec<usize>,
    /// Position, among the iterations recorded, from which on the run kept to it.
    pub settled_at: usize,
    /// How good it is.
    pub optimality: TokenOptimality,
    /// What becomes of the selection when the run is continued.
    pub continued: Continued,
    /// How good other selections are, drawn at random.
    pub controls: Vec<TokenOptimality>,
    /// The certified relative gap of the AttSVM of each exponent.
    pub relative_gaps: Vec<f64>,
    /// The directional Bregman divergence to the AttSVM of each exponent, along the run.
    pub divergences: Vec<Vec<f64>>,
    /// Where these divergences must end if W reaches the AttSVM of its own exponent.
    pub limits: Vec<f64>,
}

/// The continuation of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Continued {
    /// The number of further steps.
    pub iterations: u64,
    /// How good the other selection is that the run had settled on after them; none if it kept to
    /// its selection.
    pub left_for: Option<TokenOptimality>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &DirectionConfig) -> Result<DirectionOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let norm = LpNorm::new(config.p)?;
    let start = gaussian_matrix(config.data.dim, config.data.dim, Seed(config.seed));
    let every = (config.iterations / INTERVALS).max(1);
    let head = train(&planted, start, norm, config.iterations, every)?;
    let comparison = match selection(head.key_query(), &planted.data)? {
        Err(reason) => Err(reason),
        Ok(selection) => compare(config, &planted, &selection, norm, &head)?,
    };
    Ok(DirectionOutcome {
        iterations: head.path.iter().map(|(k, _)| *k).collect(),
        risks: head.risks,
        norms: head.path.iter().map(|(_, w)| norm.of(w.as_slice())).collect(),
        comparison,
    })
}

/// Solves the AttSVM of every exponent for the selection, and measures the path against each.
fn compare(
    config: &DirectionConfig,
    planted: &Planted,
    selection: &TokenSelection,
    norm: LpNorm,
    head: &TrainedHead,
) -> Result<Result<Comparison, String>, CellError> {
    let data = &planted.data;
    let own = match certified(data, &planted.decoder, selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let optimality = own.evidence.optimality;
    let mut comparison = Comparison {
        selection: selection.tokens().to_vec(),
        settled_at: head.settled_at(selection, data)?,
        optimality,
        continued: go_on(config, planted, selection, optimality, head)?,
        controls: controls(planted, norm, config.seed)?,
        relative_gaps: Vec::new(),
        divergences: Vec::new(),
        limits: Vec::new(),
    };
    for p in EXPONENTS {
        let other = LpNorm::new(p)?;
        let solution = match att_svm(data, selection, other)? {
            Ok(solution) => solution,
            Err(reason) => return Ok(Err(reason)),
        };
        let divergence = |w: &[f64]| directional_bregman(norm, solution.direction(), w);
        comparison.relative_gaps.push(solution.relative_gap());
        let path = head.path.iter().map(|(_, w)| divergence(w.as_slice()));
        comparison.divergences.push(path.collect());
        comparison.limits.push(divergence(own.svm.direction()));
    }
    Ok(Ok(comparison))
}

/// Continues a run until it has settled on another selection, or long enough to see that it won't.
fn go_on(
    config: &DirectionConfig,
    planted: &Planted,
    kept: &TokenSelection,
    optimality: TokenOptimality,
    head: &TrainedHead,
) -> Result<Continued, CellError> {
    let norm = LpNorm::new(config.p)?;
    let rounds = if optimality.is_locally_optimal() { 1 } else { CONTINUATIONS };
    let mut key_query = head.key_query().clone();
    for round in 1..=rounds {
        let more = train(planted, key_query, norm, config.iterations, config.iterations)?;
        key_query = more.key_query().clone();
        let Ok(now) = selection(&key_query, &planted.data)? else { continue };
        if now == *kept {
            continue;
        }
        if let Ok(found) = certified(&planted.data, &planted.decoder, &now, norm)? {
            let left_for = Some(found.evidence.optimality);
            return Ok(Continued { iterations: round * config.iterations, left_for });
        }
    }
    Ok(Continued { iterations: rounds * config.iterations, left_for: None })
}

/// How good a few selections are that are drawn from the seed alone.
pub fn controls(
    planted: &Planted,
    norm: LpNorm,
    seed: u64,
) -> Result<Vec<TokenOptimality>, CellError> {
    let Planted { data, decoder } = planted;
    let mut controls = Vec::new();
    for control in other_selections(data, seed)? {
        if let Ok(found) = certified(data, decoder, &control, norm)? {
            controls.push(found.evidence.optimality);
        }
    }
    Ok(controls)
}

fn other_selections(data: &Dataset, seed: u64) -> Result<Vec<TokenSelection>, CellError> {
    let draws = gaussian_matrix(data.len(), CONTROL_SELECTIONS, Seed(seed ^ 0x5eed_c0de));
    (0..CONTROL_SELECTIONS)
        .map(|control| {
            let token = |i: usize| {
                let bits = draws[(i, control)].to_bits() >> 8;
                usize::try_from(bits % data.tokens().sequence_len(i) as u64).unwrap_or(0)
            };
            let tokens = (0..data.len()).map(token).collect();
            TokenSelection::new(tokens, data).map_err(CellError::from)
        })
        .collect()
}
