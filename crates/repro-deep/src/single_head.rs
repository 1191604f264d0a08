//! A single head on reviews: a run of normalized lp-AttGD, and the AttSVMs of what it selects.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Loss, Seed, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::{Matrix, position_of_max};
use mirrorhead_mirror::{
    DualState, LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman,
};
use mirrorhead_repro::{CellError, Workbench};
use mirrorhead_svm::{MaxMargin, Outcome, SvmSettings};
use mirrorhead_trainer::{
    Iteration, Schedule, Snapshots, StopReason, StoppingRule, TokenOptimality, Trace, Watch,
    max_margin_key_query, support_tokens, train_key_query,
};
use serde::{Deserialize, Serialize};

use crate::frozen_reviews::{FrozenReviews, FrozenSettings};
use crate::review_tokens::ReviewTokens;

/// The exponents of the paper's synthetic study.
pub const EXPONENTS: [f64; 3] = [1.75, 2.0, 3.0];

/// The number of intervals between two recorded iterations.
const INTERVALS: u64 = 50;
/// The attention weight from which a token counts as selected.
const SATURATED: f64 = 0.99;
/// A constraint is active when its slack is below this part of the margin.
const ACTIVE: f64 = 1e-6;
/// How many words of a class are kept.
const NAMED: usize = 30;
/// Steps between two looks at whether the run shall end.
const LOOK_EVERY: u64 = 1_000;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleHead {
    /// Word vectors and decoder.
    pub frozen: FrozenSettings,
    /// The number of reviews.
    pub n: usize,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The length of a normalized step.
    pub step: f64,
    /// The number of steps.
    pub iterations: u64,
    /// The seed of the draw of reviews, and of $W(0)$.
    pub seed: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadOutcome {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The risk at each.
    pub risks: Vec<f64>,
    /// The norm of W at each, in the run's own geometry.
    pub norms: Vec<f64>,
    /// The part of the training reviews that the trained head classifies correctly.
    pub training_accuracy: f64,
    /// The part of the test reviews that it does.
    pub test_accuracy: f64,
    /// The part of the test reviews that the same decoder classifies correctly under uniform attention.
    pub uniform_accuracy: f64,
    /// The words most attended to in the test reviews that are classified negative, and in those
    /// classified positive, each with the number of reviews.
    pub attended: [Vec<(String, usize)>; 2],
    /// The comparison with the AttSVMs, or the hypothesis that failed.
    pub comparison: Result<Comparison, String>,
}

/// A run that has selected, against the AttSVM of every exponent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The selection's quality.
    pub optimality: TokenOptimality,
    /// In how many reviews the token of the highest score is selected.
    pub optimal_tokens: usize,
    /// The certified relative gap of the AttSVM of each exponent.
    pub relative_gaps: Vec<f64>,
    /// The directional Bregman divergence to the AttSVM of each exponent, along the run.
    pub divergences: Vec<Vec<f64>>,
    /// Where these divergences must end if W reaches the AttSVM of its own exponent.
    pub limits: Vec<f64>,
}

/// The recorded part of a run.
struct Path {
    iterates: Vec<(u64, Matrix)>,
    risks: Vec<f64>,
}

impl SingleHead {
    /// Runs the cell.
    ///
    /// # Errors
    /// Data that can't be read or are too few; numbers that the trainer refuses.
    pub fn run(&self, bench: &Workbench<'_>) -> Result<HeadOutcome, CellError> {
        let frozen = FrozenReviews::of(&self.frozen, bench.data_dir())?;
        let norm = LpNorm::new(self.p).map_err(CellError::new)?;
        let reviews = frozen.draw(self.n, self.seed)?;
        let path = self.train(&reviews, &frozen.decoder, norm, bench)?;
        let last = &path.iterates[path.iterates.len() - 1].1;
        let uniform = Matrix::zeros(frozen.dim(), frozen.dim());
        Ok(HeadOutcome {
            iterations: path.iterates.iter().map(|(k, _)| *k).collect(),
            norms: path.iterates.iter().map(|(_, w)| norm.of(w.as_slice())).collect(),
            training_accuracy: frozen.accuracy(last, &reviews.data)?,
            test_accuracy: frozen.accuracy(last, &frozen.test.data)?,
            uniform_accuracy: frozen.accuracy(&uniform, &frozen.test.data)?,
            attended: attended(last, &frozen)?,
            comparison: compare(&path, &reviews, &frozen.decoder, norm)?,
            risks: path.risks,
        })
    }

    /// Trains from `W(0) ~ N(0, 1)` by the paper's normalized steps.
    fn train(
        &self,
        reviews: &ReviewTokens,
        decoder: &Matrix,
        norm: LpNorm,
        bench: &Workbench<'_>,
    ) -> Result<Path, CellError> {
        let risk = KeyQueryRisk::new(&reviews.data, decoder, Loss::Logistic);
        let risk = risk.map_err(CellError::new)?;
        let method =
            MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(self.step));
        let dim = reviews.data.dim();
        let start = gaussian_matrix(dim, dim, Seed(self.seed));
        let every = (self.iterations / INTERVALS).max(1);
        let (mut snapshots, mut trace) =
            (Snapshots::new(Schedule::Every(every)), Trace::every(every));
        let mut watch = Watch(|at: &Iteration<'_, DualState>| {
            if !at.number().is_multiple_of(LOOK_EVERY) {
                return ControlFlow::Continue(());
            }
            let done = at.number() as f64 / self.iterations.max(1) as f64;
            bench.report(done, &format!("risk {:.4}", at.risk));
            if bench.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let mut records = (&mut snapshots, &mut trace);
        let mut observer = (&mut watch, &mut records);
        let stopping = StoppingRule::after(self.iterations);
        let trained = train_key_query(&risk, start, &method, &stopping, &mut observer);
        if trained.map_err(CellError::new)?.reason == StopReason::Interrupted {
            return Err(CellError::Interrupted);
        }
        let iterates = snapshots.taken().iter().map(|(k, w)| (*k, w[0].clone())).collect();
        Ok(Path { iterates, risks: trace.points().iter().map(|point| point.risk).collect() })
    }
}

/// Solves the AttSVM of every exponent for the selection that the run has settled on, and measures the
/// path against each.
fn compare(
    path: &Path,
    reviews: &ReviewTokens,
    decoder: &Matrix,
    norm: LpNorm,
) -> Result<Result<Comparison, String>, CellError> {
    let data = &reviews.data;
    let last = &path.iterates[path.iterates.len() - 1].1;
    let weights = AttentionWeights::of(last, data).map_err(CellError::new)?;
    let Ok(selection) = TokenSelection::from_saturated(&weights, SATURATED) else {
        return Ok(Err("attention is not saturated at the end".into()));
    };
    let scores = TokenScores::of(data, decoder).map_err(CellError::new)?;
    let own = match att_svm(reviews, &selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let support = support_tokens(data, &selection, &own, ACTIVE);
    let best = TokenSelection::optimal(&scores);
    let mut comparison = Comparison {
        optimality: TokenOptimality::of(&selection, &scores, &support),
        optimal_tokens: selection
            .tokens()
            .iter()
            .zip(best.tokens())
            .filter(|(a, b)| a == b)
            .count(),
        relative_gaps: Vec::new(),
        divergences: Vec::new(),
        limits: Vec::new(),
    };
    for p in EXPONENTS {
        let other = LpNorm::new(p).map_err(CellError::new)?;
        let solution = match att_svm(reviews, &selection, other)? {
            Ok(solution) => solution,
            Err(reason) => return Ok(Err(reason)),
        };
        let divergence = |w: &[f64]| directional_bregman(norm, solution.direction(), w);
        comparison.relative_gaps.push(solution.relative_gap());
        let divergences = path.iterates.iter().map(|(_, w)| divergence(w.as_slice()));
        comparison.divergences.push(divergences.collect());
        comparison.limits.push(divergence(own.direction()));
    }
    Ok(Ok(comparison))
}

fn att_svm(
    reviews: &ReviewTokens,
    selection: &TokenSelection,
    norm: LpNorm,
) -> Result<Result<MaxMargin, String>, CellError> {
    let outcome = max_margin_key_query(&reviews.data, selection, norm, &SvmSettings::default());
    let finding = match outcome.map_err(CellError::new)? {
        Outcome::MaxMargin(solution) => return Ok(Ok(solution)),
        Outcome::NotSeparable(farkas) => farkas.to_string(),
        Outcome::Inconclusive(stalled) => stalled.to_string(),
    };
    Ok(Err(format!("the AttSVM of p = {} is not solved: {finding}", norm.p())))
}

/// The words most attended to in the test reviews, by the class that the head gives the review.
fn attended(
    key_query: &Matrix,
    frozen: &FrozenReviews,
) -> Result<[Vec<(String, usize)>; 2], CellError> {
    let data = &frozen.test.data;
    let weights = AttentionWeights::of(key_query, data).map_err(CellError::new)?;
    let scores = TokenScores::of(data, &frozen.decoder).map_err(CellError::new)?;
    let mut counts = [BTreeMap::new(), BTreeMap::new()];
    for (i, words) in frozen.test.words.iter().enumerate() {
        let (weights, scores) = (weights.sequence(i), scores.sequence(i));
        let margin: f64 = weights.iter().zip(scores).map(|(s, gamma)| s * gamma).sum();
        let class = usize::from(margin * data.labels()[i] > 0.0);
        *counts[class].entry(words[position_of_max(weights)]).or_insert(0) += 1;
    }
    Ok(counts.map(|counts: BTreeMap<u32, usize>| {
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
        words.truncate(NAMED);
        words.into_iter().map(|(word, n)| (frozen.spelled(word).to_owned(), n)).collect()
    }))
}
