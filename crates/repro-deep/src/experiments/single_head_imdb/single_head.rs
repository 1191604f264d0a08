//! A single head on reviews: a run of normalized ℓp-AttGD, and the AttSVMs of what it selects.

use std::ops::ControlFlow;

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Loss, Seed, TokenScores, TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::{CellContext, CellError};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    DualState, LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman,
};
use mirrorhead_repro::certified::{self, Certified};
use mirrorhead_svm::{MaxMargin, SvmSettings};
use mirrorhead_trainer::{
    Iteration, SATURATED, Schedule, Snapshots, StopReason, StoppingRule, TokenOptimality, Trace,
    Watch, max_margin_key_query, train_key_query,
};
use serde::{Deserialize, Serialize};

use crate::data::frozen_reviews::{FrozenReviews, FrozenSettings};
use crate::data::review_tokens::ReviewTokens;

/// The exponents of the paper's synthetic study.
pub const EXPONENTS: [f64; 3] = [1.75, 2.0, 3.0];

/// The number of intervals between two recorded iterations.
const INTERVALS: u64 = 50;
/// How many times over a run at a selection that is not locally optimal may go on until it is at one
/// that is. The others go on once.
const CONTINUATIONS: u64 = 10;
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
    /// The seed of the draw of reviews, and of `$W(0)$`.
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
    /// What becomes of the selection when the run is continued.
    pub continued: Continued,
    /// In how many reviews the token of the highest score is selected.
    pub optimal_tokens: usize,
    /// The certified relative gap of the AttSVM of each exponent.
    pub relative_gaps: Vec<f64>,
    /// The directional Bregman divergence to the AttSVM of each exponent, along the run.
    pub divergences: Vec<Vec<f64>>,
    /// Where these divergences must end if W reaches the AttSVM of its own exponent.
    pub limits: Vec<f64>,
}

/// The continuation of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continued {
    /// The number of further steps.
    pub iterations: u64,
    /// Where they lead.
    pub end: End,
}

/// Where a continuation leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// To the selection that was there before.
    Kept,
    /// To another one, of this quality.
    Left(TokenOptimality),
    /// To none: attention is not saturated.
    Unsettled,
}

/// A run under way: all that its steps and its AttSVMs depend on.
struct Inputs<'a> {
    reviews: &'a ReviewTokens,
    decoder: &'a Matrix,
    scores: TokenScores,
    norm: LpNorm,
    context: &'a dyn CellContext,
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
    pub fn run(&self, context: &dyn CellContext) -> Result<HeadOutcome, CellError> {
        let frozen = FrozenReviews::of(&self.frozen, context.data_dir())?;
        let reviews = &frozen.draw(self.n, self.seed)?;
        let decoder = &frozen.decoder;
        let scores = TokenScores::of(&reviews.data, decoder)?;
        let norm = LpNorm::new(self.p)?;
        let inputs = Inputs { reviews, decoder, scores, norm, context };
        let start = gaussian_matrix(frozen.dim(), frozen.dim(), Seed(self.seed));
        let path = self.train(&inputs, start, [0.0, 0.5])?;
        let last = path.last();
        let uniform = Matrix::zeros(frozen.dim(), frozen.dim());
        Ok(HeadOutcome {
            iterations: path.iterates.iter().map(|(k, _)| *k).collect(),
            norms: path.iterates.iter().map(|(_, w)| norm.of(w.as_slice())).collect(),
            training_accuracy: frozen.accuracy(last, &reviews.data)?,
            test_accuracy: frozen.accuracy(last, &frozen.test.data)?,
            uniform_accuracy: frozen.accuracy(&uniform, &frozen.test.data)?,
            attended: frozen.attended(last)?,
            comparison: self.compare(&inputs, &path)?,
            risks: path.risks,
        })
    }

    /// Takes the run's number of normalized steps from `start`. They are the part `share` of the whole
    /// cell, from 0 to 1.
    fn train(
        &self,
        inputs: &Inputs<'_>,
        start: Matrix,
        share: [f64; 2],
    ) -> Result<Path, CellError> {
        let risk = KeyQueryRisk::new(&inputs.reviews.data, inputs.decoder, Loss::Logistic);
        let risk = risk?;
        let step = StepSize::DualNormalized(self.step);
        let method = MirrorDescent::new(PowerPotential::new(inputs.norm), step);
        let every = (self.iterations / INTERVALS).max(1);
        let (mut snapshots, mut trace) =
            (Snapshots::new(Schedule::Every(every)), Trace::every(every));
        let mut watch = Watch(|at: &Iteration<'_, DualState>| {
            if !at.number().is_multiple_of(LOOK_EVERY) {
                return ControlFlow::Continue(());
            }
            let done = at.number() as f64 / self.iterations.max(1) as f64;
            let done = share[0] + done * (share[1] - share[0]);
            inputs.context.report(done, &format!("risk {:.4}", at.risk));
            if inputs.context.interrupted() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let mut records = (&mut snapshots, &mut trace);
        let mut observer = (&mut watch, &mut records);
        let stopping = StoppingRule::after(self.iterations);
        let trained = train_key_query(&risk, start, &method, &stopping, &mut observer);
        if trained?.reason == StopReason::Interrupted {
            return Err(CellError::Interrupted);
        }
        let iterates = snapshots.taken().iter().map(|(k, w)| (*k, w[0].clone())).collect();
        Ok(Path { iterates, risks: trace.points().iter().map(|point| point.risk).collect() })
    }

    /// Solves the AttSVM of every exponent for the selection that the run has settled on, and measures
    /// the path against each.
    fn compare(
        &self,
        inputs: &Inputs<'_>,
        path: &Path,
    ) -> Result<Result<Comparison, String>, CellError> {
        let Some(selection) = inputs.selection(path.last())? else {
            return Ok(Err("attention is not saturated at the end".into()));
        };
        let own = match inputs.att_svm(&selection, inputs.norm)? {
            Ok(own) => own,
            Err(reason) => return Ok(Err(reason)),
        };
        let optimality = inputs.optimality(&selection, &own)?;
        let best = TokenSelection::optimal(&inputs.scores);
        let pairs = selection.tokens().iter().zip(best.tokens());
        let mut comparison = Comparison {
            optimality,
            continued: self.go_on(inputs, path.last(), &selection, optimality)?,
            optimal_tokens: pairs.filter(|(selected, best)| selected == best).count(),
            relative_gaps: Vec::new(),
            divergences: Vec::new(),
            limits: Vec::new(),
        };
        for p in EXPONENTS {
            let other = LpNorm::new(p)?;
            let solution = match inputs.att_svm(&selection, other)? {
                Ok(solution) => solution,
                Err(reason) => return Ok(Err(reason)),
            };
            let divergence = |w: &[f64]| directional_bregman(inputs.norm, solution.direction(), w);
            comparison.relative_gaps.push(solution.relative_gap());
            let divergences = path.iterates.iter().map(|(_, w)| divergence(w.as_slice()));
            comparison.divergences.push(divergences.collect());
            comparison.limits.push(divergence(own.direction()));
        }
        Ok(Ok(comparison))
    }

    /// Continues a run once, or, where its selection is not locally optimal, until it has settled on one
    /// that is.
    fn go_on(
        &self,
        inputs: &Inputs<'_>,
        from: &Matrix,
        before: &TokenSelection,
        optimality: TokenOptimality,
    ) -> Result<Continued, CellError> {
        let rounds = if optimality.is_locally_optimal() { 1 } else { CONTINUATIONS };
        let share = |round: u64| 0.5 + 0.5 * round as f64 / rounds as f64;
        let mut key_query = from.clone();
        let mut continued = Continued { iterations: 0, end: End::Kept };
        for round in 0..rounds {
            let path = self.train(inputs, key_query, [share(round), share(round + 1)])?;
            key_query = path.last().clone();
            continued.iterations += self.iterations;
            continued.end = match inputs.selection(&key_query)? {
                None => End::Unsettled,
                Some(now) if now == *before => End::Kept,
                Some(now) => match inputs.att_svm(&now, inputs.norm)? {
                    Ok(solution) => End::Left(inputs.optimality(&now, &solution)?),
                    Err(_) => End::Unsettled,
                },
            };
            if matches!(continued.end, End::Left(now) if now.is_locally_optimal()) {
                break;
            }
        }
        Ok(continued)
    }
}

impl Path {
    /// The last key-query matrix.
    fn last(&self) -> &Matrix {
        &self.iterates[self.iterates.len() - 1].1
    }
}

impl Inputs<'_> {
    /// The selection that attention has settled on, if it has.
    fn selection(&self, key_query: &Matrix) -> Result<Option<TokenSelection>, CellError> {
        let weights = AttentionWeights::of(key_query, &self.reviews.data);
        let weights = weights?;
        Ok(TokenSelection::from_saturated(&weights, SATURATED).ok())
    }

    /// The AttSVM of a selection, to a relative gap of 1e-9.
    fn att_svm(&self, selection: &TokenSelection, norm: LpNorm) -> Result<Certified, CellError> {
        let data = &self.reviews.data;
        let outcome = max_margin_key_query(data, selection, norm, &SvmSettings::default());
        certified::judge("AttSVM", norm.into(), outcome)
    }

    /// How good a selection is, given the solution of its AttSVM.
    fn optimality(
        &self,
        selection: &TokenSelection,
        solution: &MaxMargin,
    ) -> Result<TokenOptimality, CellError> {
        let data = &self.reviews.data;
        let found = certified::optimality(data, selection, &self.scores, self.norm, solution)?;
        Ok(found.optimality)
    }
}
