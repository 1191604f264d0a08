//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    AttSvmOperator, NextTokenData, NextTokenRisk, RankedTokens, Seed, TokenGraph, Triple,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{LinearOperator, Matrix, max_abs};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::{
    EqualityOutcome, HardMarginProblem, MarginInterval, SvmSettings, solve, solve_with_equalities,
};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, TrainingState, train};
use serde::{Deserialize, Serialize};

use super::choice_model::finite_differences;
use crate::shared::certified::judge;
use crate::shared::held_selection::log_spaced;

/// The exponents; the direction of each is compared with the Graph-SVM of every one.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

/// Recorded iterations a decade.
const PER_DECADE: u32 = 8;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphConfig {
    /// The size of the data, and how many of the ranks of tokens are tied.
    pub data: RankedTokens,
    /// Their seed.
    pub seed: u64,
    /// The exponent.
    pub p: f64,
    /// The step size.
    pub step: f64,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or what was not certified.
pub type GraphOutcome = Result<Approach, String>;

/// A run beside its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The norm of W at each.
    pub norms: Vec<f64>,
    /// The divergence of its direction to the Graph-SVM of the same p at each, where the graph has orders.
    pub divergences: Option<Vec<f64>>,
    /// How far the logits of tied tokens are at most from their finite differences at each, where the graph has ties.
    pub deviations: Option<Vec<f64>>,
    /// What the last decade of steps adds to W, where the graph has orders.
    pub growth: Option<Growth>,
}

/// An increase of W beside what it could go to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Its divergences to the Graph-SVM of each of [`EXPONENTS`].
    pub to_each: Vec<f64>,
    /// What tied logits differ by in it, as a share of what they do in the SVM of the same p without the ties, at one norm;
    /// none where that is the Graph-SVM.
    pub violation: Option<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &GraphConfig) -> Result<GraphOutcome, CellError> {
    let data = config.data.sample(Seed(config.seed))?;
    let constraints = Constraints::of(&data)?;
    let Some(finite) = finite_differences(&data, constraints.graph.ties()) else {
        return Ok(Err("the finite logits did not settle".into()));
    };
    let iterations = recorded(config.iterations);
    let path = train_on(&data, config, &iterations)?;
    let norm = LpNorm::new(config.p)?;
    let towards = match constraints.towards(norm, &path, &iterations)? {
        Ok(towards) => towards,
        Err(reason) => return Ok(Err(reason)),
    };
    let (divergences, growth) = towards.unzip();
    Ok(Ok(Approach {
        norms: path.iter().map(|w| norm.of(w.as_slice())).collect(),
        iterations,
        divergences,
        deviations: constraints.deviations(&finite, &path),
        growth,
    }))
}

/// Not the start, which is zero and has no direction.
fn recorded(last: u64) -> Vec<u64> {
    let mut iterations = log_spaced(last, PER_DECADE);
    iterations.retain(|k| *k > 0);
    iterations
}

/// The position of the first record of the last decade of steps.
pub fn decade_before(iterations: &[u64], end: usize) -> usize {
    iterations.partition_point(|k| 10 * k < iterations[end])
}

/// From zero. Where nothing moves any more, the last matrix stands for all later ones.
fn train_on(
    data: &NextTokenData,
    config: &GraphConfig,
    iterations: &[u64],
) -> Result<Vec<Matrix>, CellError> {
    let potential = PowerPotential::new(LpNorm::new(config.p)?);
    let method = MirrorDescent::new(potential, StepSize::Constant(config.step));
    let risk = NextTokenRisk::new(data);
    let mut snapshots = Snapshots::new(Schedule::At(iterations.to_vec()));
    let start = vec![Matrix::zeros(data.dim(), data.dim())];
    let mut state = TrainingState::new(&risk, &method, start)?;
    let stopping = StoppingRule::after(config.iterations);
    train(&risk, &method, &mut state, &stopping, &mut snapshots)?;
    let mut path: Vec<_> = snapshots.taken().iter().map(|(_, w)| w[0].clone()).collect();
    path.resize(iterations.len(), state.parameters.swap_remove(0));
    Ok(path)
}

/// The constraints of the Graph-SVM.
struct Constraints {
    graph: TokenGraph,
    orders: AttSvmOperator,
    ties: AttSvmOperator,
}

/// The direction of largest margin, and what is proven of that.
struct Target {
    direction: Vec<f64>,
    margin: MarginInterval,
}

/// Divergences along a run, and of what its last decade adds; none without orders.
type Towards = Option<(Vec<f64>, Growth)>;

impl Constraints {
    fn of(data: &NextTokenData) -> Result<Self, CellError> {
        let graph = TokenGraph::of(data);
        let rows = |triples: &[Triple]| {
            AttSvmOperator::of_triples(data.vocabulary(), data.embeddings(), triples)
        };
        let (orders, ties) = (rows(graph.orders())?, rows(graph.ties())?);
        Ok(Self { graph, orders, ties })
    }

    fn deviations(&self, finite: &[f64], path: &[Matrix]) -> Option<Vec<f64>> {
        let mut found = vec![0.0; finite.len()];
        let mut deviation = |w: &Matrix| {
            self.ties.apply(w.as_slice(), &mut found);
            let apart = found.iter().zip(finite).map(|(found, finite)| (found - finite).abs());
            apart.fold(0.0, f64::max)
        };
        (!finite.is_empty()).then(|| path.iter().map(&mut deviation).collect())
    }

    fn towards(
        &self,
        norm: LpNorm,
        path: &[Matrix],
        iterations: &[u64],
    ) -> Result<Result<Towards, String>, CellError> {
        if self.graph.orders().is_empty() {
            return Ok(Ok(None));
        }
        let end = path.len() - 1;
        let (from, to) = (&path[decade_before(iterations, end)], &path[end]);
        let added: Vec<_> = to.as_slice().iter().zip(from.as_slice()).map(|(x, y)| x - y).collect();
        let mut to_each = Vec::new();
        for p in EXPONENTS {
            match self.graph_svm(LpNorm::new(p)?)? {
                Ok(target) => to_each.push(directional_bregman(norm, &target.direction, &added)),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let (own, free) = match (self.graph_svm(norm)?, self.without_ties(norm)?) {
            (Ok(own), Ok(free)) => (own, free),
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        };
        let divergence = |w: &Matrix| directional_bregman(norm, &own.direction, w.as_slice());
        let divergences = path.iter().map(divergence).collect();
        // Proven: the SVM without the ties is another one.
        let ties_cost = free.margin.lower > own.margin.upper;
        let violation =
            ties_cost.then(|| self.violation(norm, &added) / self.violation(norm, &free.direction));
        Ok(Ok(Some((divergences, Growth { to_each, violation }))))
    }

    /// What the logits of tied tokens differ by at most, for a matrix of norm one.
    fn violation(&self, norm: LpNorm, w: &[f64]) -> f64 {
        let mut differences = vec![0.0; self.ties.nrows()];
        self.ties.apply(w, &mut differences);
        max_abs(&differences) / norm.of(w)
    }

    /// The Graph-SVM, certified.
    fn graph_svm(&self, norm: LpNorm) -> Result<Result<Target, String>, CellError> {
        if self.graph.ties().is_empty() {
            return self.without_ties(norm);
        }
        let problem = HardMarginProblem::new(&self.orders, norm)?.with_equalities(&self.ties)?;
        Ok(match solve_with_equalities(&problem, &SvmSettings::default())? {
            EqualityOutcome::MaxMargin(solution) => {
                Ok(Target { margin: solution.interval, direction: solution.w })
            }
            other => Err(format!("the Graph-SVM of p = {} is not solved: {other}", norm.p())),
        })
    }

    fn without_ties(&self, norm: LpNorm) -> Result<Result<Target, String>, CellError> {
        let problem = HardMarginProblem::new(&self.orders, norm)?;
        let outcome = solve(&problem, &SvmSettings::default());
        let solution = judge("SVM of the orders", norm.into(), outcome)?;
        Ok(solution.map(|found| Target { margin: found.interval, direction: found.w }))
    }
}
