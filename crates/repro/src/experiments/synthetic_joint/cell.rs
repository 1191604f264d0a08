//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{AttentionWeights, Dataset, JointRisk, Loss, TokenSelection, toy_pair};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, dot, elementary, position_of_max};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, train_joint};
use serde::{Deserialize, Serialize};

use crate::shared::certified::{ACTIVE, att_svm, decoder_svm};
use crate::shared::head::{EXPONENTS, STEP, selection};
use crate::shared::held_selection::{log_spaced, with_next};

/// Recorded iterations in each decade: the probabilities saturate within a few dozen steps.
const PER_DECADE: u32 = 60;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointConfig {
    /// The exponent of mirror descent.
    pub p: f64,
    /// The number of steps.
    pub iterations: u64,
    /// The selection that the paper's run settles on.
    pub paper_selection: Vec<usize>,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointOutcome {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The mean of the largest softmax probabilities at each, as in the paper's figure.
    pub selected: Vec<f64>,
    /// The mean logistic probability `$\sigma(y_i x_{it}^\top v(k+1))$` of the right label by the token `$t$` of largest weight, as in
    /// the paper's figure.
    pub logistic: Vec<f64>,
    /// The entries of W at each, row by row.
    pub key_query: Vec<[f64; 4]>,
    /// The entries of v at each.
    pub decoder: Vec<[f64; 2]>,
    /// The SVMs of the run, or the hypothesis that failed.
    pub limits: Result<JointLimits, String>,
}

/// The two SVMs of a run's selection, and how far from their solutions the run ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointLimits {
    /// The selection.
    pub selection: Vec<usize>,
    /// The sequences whose selected token supports the decoder's SVM.
    pub decoder_support: Vec<usize>,
    /// The AttSVM's solution, row by row.
    pub key_query: [f64; 4],
    /// The solution of the decoder's SVM.
    pub decoder: [f64; 2],
    /// The final directional Bregman divergence of W to the AttSVM of each exponent.
    pub key_query_divergences: Vec<f64>,
    /// The final directional Bregman divergence of v to the decoder's SVM of each exponent.
    pub decoder_divergences: Vec<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &JointConfig) -> Result<JointOutcome, CellError> {
    let data = toy_pair();
    let norm = LpNorm::new(config.p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(STEP));
    let recorded = log_spaced(config.iterations, PER_DECADE);
    let mut snapshots = Snapshots::new(Schedule::At(with_next(&recorded)));
    train_joint(
        &JointRisk::new(&data, Loss::Logistic),
        (Matrix::zeros(2, 2), Matrix::zeros(2, 1)),
        &method,
        &StoppingRule::after(config.iterations + 1),
        &mut snapshots,
    )?;
    let at = |k: u64| {
        let position = snapshots.taken().partition_point(|(taken, _)| *taken < k);
        &snapshots.taken()[position].1
    };
    let last = at(config.iterations);
    let settled = selection(&last[0], &data)?;

    let mut outcome = JointOutcome {
        iterations: Vec::new(),
        selected: Vec::new(),
        logistic: Vec::new(),
        key_query: Vec::new(),
        decoder: Vec::new(),
        limits: match &settled {
            Err(reason) => Err(reason.clone()),
            Ok(settled) => limits(&data, settled, norm, &last[0], &last[1])?,
        },
    };
    let n = data.len() as f64;
    for iteration in recorded {
        let (tensors, next) = (at(iteration), at(iteration + 1));
        let weights = AttentionWeights::of(&tensors[0], &data)?;
        let favoured: Vec<usize> =
            (0..data.len()).map(|i| position_of_max(weights.sequence(i))).collect();
        let largest = favoured.iter().enumerate().map(|(i, t)| weights.sequence(i)[*t]);
        let output = |(i, t): (usize, &usize)| {
            data.labels()[i] * dot(data.tokens().token(i, *t), next[1].as_slice())
        };
        let right =
            favoured.iter().enumerate().map(output).map(|f| 1.0 / (1.0 + elementary::exp(-f)));
        outcome.iterations.push(iteration);
        outcome.selected.push(largest.sum::<f64>() / n);
        outcome.logistic.push(right.sum::<f64>() / n);
        outcome.key_query.push(entries(&tensors[0]));
        outcome.decoder.push([tensors[1][(0, 0)], tensors[1][(1, 0)]]);
    }
    Ok(outcome)
}

/// The entries of a 2 x 2 matrix, row by row.
fn entries(w: &Matrix) -> [f64; 4] {
    [(0, 0), (0, 1), (1, 0), (1, 1)].map(|entry| w[entry])
}

/// Solves both SVMs of the selection for every exponent, and compares the last iterate with them.
pub fn limits(
    data: &Dataset,
    selection: &TokenSelection,
    norm: LpNorm,
    key_query: &Matrix,
    decoder: &Matrix,
) -> Result<Result<JointLimits, String>, CellError> {
    let (own_w, own_v) =
        match (att_svm(data, selection, norm)?, decoder_svm(data, selection, norm)?) {
            (Ok(w), Ok(v)) => (w, v),
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        };
    let w = own_w.direction();
    let mut limits = JointLimits {
        selection: selection.tokens().to_vec(),
        decoder_support: own_v.support(ACTIVE),
        key_query: [w[0], w[2], w[1], w[3]],
        decoder: [own_v.direction()[0], own_v.direction()[1]],
        key_query_divergences: Vec::new(),
        decoder_divergences: Vec::new(),
    };
    for p in EXPONENTS {
        let other = LpNorm::new(p)?;
        let solutions = (att_svm(data, selection, other)?, decoder_svm(data, selection, other)?);
        let (Ok(w), Ok(v)) = solutions else {
            return Ok(Err(format!("an SVM of p = {p} is not solved")));
        };
        let to = |target: &[f64], iterate: &Matrix| {
            directional_bregman(norm, target, iterate.as_slice())
        };
        limits.key_query_divergences.push(to(w.direction(), key_query));
        limits.decoder_divergences.push(to(v.direction(), decoder));
    }
    Ok(Ok(limits))
}
