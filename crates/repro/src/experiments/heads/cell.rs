//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::{
    ClassMargins, ClassTokens, Dataset, Loss, MultiClassRisk, MultiHeadRisk, Planted, Risk, Seed,
    SphereTokens, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, TrainingState, train};
use serde::{Deserialize, Serialize};

use crate::shared::certified::{att_svm, optimality};
use crate::shared::head::{EXPONENTS, STEP, selection};
use crate::shared::held_selection::log_spaced;

/// The settings.
pub const SETTINGS: [Setting; 3] = [Setting::Each, Setting::Stack, Setting::Classes];

const SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

/// How far the token that stands out does so.
const DECISIVE_BOOST: f64 = 3.0;

/// How far a head moves in one step at most: without this, at `$p < 2$`, steps zigzag in the end, those of the head
/// with the larger margin first, and sizes are no longer equal (`stability`).
const REACH: f64 = 2.0;

/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;

/// What is trained, by which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Two heads, each step normalized for each.
    Each,
    /// Two heads, each step normalized for their stack.
    Stack,
    /// One head over three classes.
    Classes,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Each => "two heads, each normalized",
            Self::Stack => "two heads, normalized together",
            Self::Classes => "three classes",
        })
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadsConfig {
    /// What is trained.
    pub setting: Setting,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The seed of data and start.
    pub seed: u64,
    /// The number of steps.
    pub iterations: u64,
}

/// The heads of a run, or the hypothesis that failed.
pub type HeadsOutcome = Result<Vec<HeadPath>, String>;

/// The convergence of one head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadPath {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// At each, the divergence to the AttSVM of each of the exponents, for the head's selection.
    pub divergences: Vec<Vec<f64>>,
    /// The size `$\lVert W\rVert_p$` at the end.
    pub size: f64,
    /// The norm of the solution of the head's own AttSVM.
    pub svm_norm: f64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &HeadsConfig) -> Result<HeadsOutcome, CellError> {
    if config.setting == Setting::Classes { classes(config) } else { two_heads(config) }
}

fn two_heads(config: &HeadsConfig) -> Result<HeadsOutcome, CellError> {
    let seed = Seed(config.seed);
    let tokens = ClassTokens { sizes: SIZES, n_classes: 2, boost: DECISIVE_BOOST };
    let planted = tokens.sample(seed).and_then(|planted| planted.as_signs());
    let Planted { data, decoder } = planted?;
    let random = gaussian_matrix(SIZES.dim, 1, Seed(100_000 + config.seed));
    let decoders = [decoder, random];
    let columns = Matrix::from_fn(SIZES.dim, 2, |i, h| decoders[h][(i, 0)]);
    let risk = MultiHeadRisk::new(&data, &columns, Loss::Logistic)?;
    let starts = [200_000, 300_000]
        .map(|stream| gaussian_matrix(SIZES.dim, SIZES.dim, Seed(stream + config.seed)));
    let taken = iterates(config, &risk, starts.into())?;
    let scores = decoders.each_ref().map(|decoder| TokenScores::of(&data, decoder));
    let mut convergences = Vec::new();
    for (h, scores) in scores.into_iter().enumerate() {
        let scores = scores?;
        match convergence(config, &data, &path_of(&taken, h), |_| Ok(scores.clone()))? {
            Ok(convergence) => convergences.push(convergence),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(convergences))
}

fn classes(config: &HeadsConfig) -> Result<HeadsOutcome, CellError> {
    let tokens = ClassTokens { sizes: SIZES, n_classes: 3, boost: DECISIVE_BOOST };
    let planted = tokens.sample(Seed(config.seed))?;
    let (data, classes) = (&planted.data, &planted.classes);
    let margins = ClassMargins::of(data, classes, &planted.decoders)?;
    if margins.dominant().is_none() {
        return Ok(Err("no token dominates in some sequence".into()));
    }
    let risk = MultiClassRisk::new(data, classes, &planted.decoders)?;
    let taken = iterates(config, &risk, vec![Matrix::zeros(SIZES.dim, SIZES.dim)])?;
    let scores = |selection: &TokenSelection| margins.scores_at(selection).map_err(CellError::from);
    Ok(convergence(config, data, &path_of(&taken, 0), scores)?.map(|convergence| vec![convergence]))
}

/// Iterations with the tensors there.
type Taken = Vec<(u64, Vec<Matrix>)>;

/// The iterates of a run.
fn iterates<R: Risk>(
    config: &HeadsConfig,
    risk: &R,
    start: Vec<Matrix>,
) -> Result<Taken, CellError> {
    let step = match config.setting {
        Setting::Each | Setting::Classes => {
            StepSize::DualNormalizedWithin { length: STEP, reach: REACH }
        }
        Setting::Stack => StepSize::GloballyNormalized(STEP),
    };
    let norm = LpNorm::new(config.p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), step);
    let mut state = TrainingState::new(risk, &method, start)?;
    let stopping = StoppingRule::after(config.iterations);
    let mut snapshots = Snapshots::new(Schedule::At(log_spaced(config.iterations, PER_DECADE)));
    train(risk, &method, &mut state, &stopping, &mut snapshots)?;
    Ok(snapshots.taken().to_vec())
}

/// The iterates of one tensor.
fn path_of(taken: &Taken, tensor: usize) -> Vec<(u64, &Matrix)> {
    taken.iter().map(|(k, tensors)| (*k, &tensors[tensor])).collect()
}

/// The convergence of a head against the AttSVMs of its selection, once that is certified locally optimal.
fn convergence(
    config: &HeadsConfig,
    data: &Dataset,
    path: &[(u64, &Matrix)],
    scores: impl Fn(&TokenSelection) -> Result<TokenScores, CellError>,
) -> Result<Result<HeadPath, String>, CellError> {
    let norm = LpNorm::new(config.p)?;
    let (_, last) = path[path.len() - 1];
    let Ok(selection) = selection(last, data)? else {
        return Ok(Err("attention is not saturated at the end".into()));
    };
    let own = match att_svm(data, &selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let found = optimality(data, &selection, &scores(&selection)?, norm, &own)?.optimality;
    if !found.is_locally_optimal() {
        return Ok(Err("a selection is not proven locally optimal".into()));
    }
    let mut divergences = Vec::new();
    for p in EXPONENTS {
        let svm = match att_svm(data, &selection, LpNorm::new(p)?)? {
            Ok(svm) => svm,
            Err(reason) => return Ok(Err(reason)),
        };
        // At W = 0 there is no direction: such an iterate is orthogonal to everything.
        let divergence = |w: &Matrix| match norm.of(w.as_slice()) {
            0.0 => 1.0,
            _ => directional_bregman(norm, svm.direction(), w.as_slice()),
        };
        divergences.push(path.iter().map(|(_, w)| divergence(w)).collect());
    }
    let iterations = path.iter().map(|(k, _)| *k).collect();
    let (size, svm_norm) = (norm.of(last.as_slice()), own.norm());
    Ok(Ok(HeadPath { iterations, divergences, size, svm_norm }))
}
