//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::{
    FactoredRisk, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenScores,
    TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, dot, elementary, product, singular_values};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, ScheduledStep, StepSize};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, TrainingState, least_margin, train};
use serde::{Deserialize, Serialize};

use crate::shared::certified::optimality;
use crate::shared::geometry::Geometry;
use crate::shared::growing_steps::steps;
use crate::shared::head::{self, selection};

/// The exponents of mirror descent on the factors.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

/// The size at which everything is compared: the paper's.
pub const PAPER_SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

/// The numbers of sequences, at the paper's dimension.
pub const SEQUENCES: [usize; 4] = [2, 4, 6, 8];

/// The dimensions, at the paper's number of sequences.
pub const DIMS: [usize; 3] = [10, 14, 20];

/// The deviation of the entries of `$K(0)$` and `$Q(0)$`.
const START_DEVIATION: f64 = 0.1;

/// Those of `$K(0)$` and of `$Q(0)$` in the authors' script.
const AUTHORS_DEVIATIONS: [f64; 2] = [0.01, 1.0];

/// The seed of `$Q(0)$` is that of `$K(0)$` and this.
const QUERY_SEED: u64 = 1000;

/// The length of the steps of gradient descent.
const STEP: f64 = 0.2;

/// A singular value of an SVM solution counts from this part of the largest one on.
const NEGLIGIBLE: f64 = 1e-6;

/// Recorded iterations a decade.
const PER_DECADE: u32 = 4;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parametrisation {
    /// `$W$`, by gradient descent.
    Whole,
    /// `$K$` and `$Q$`, by mirror descent.
    Factors {
        /// The exponent.
        p: f64,
    },
    /// `$K$` and `$Q$` as the authors' script does it: `$Q(0) \sim \mathcal N(0, 1)$`, `$K(0) \sim \mathcal N(0, 0.01^2)$`, and
    /// steps of 0.1, normalized for each factor.
    AsTheAuthors {
        /// The exponent.
        p: f64,
    },
}

impl fmt::Display for Parametrisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => write!(f, "W"),
            Self::Factors { p } => write!(f, "K and Q, p = {p}"),
            Self::AsTheAuthors { p } => write!(f, "K and Q as the authors' script, p = {p}"),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactoredConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// The seed of data and start.
    pub seed: u64,
    /// What is trained.
    pub parametrisation: Parametrisation,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type FactoredOutcome = Result<Direction, String>;

/// The direction of `$W$` along a run, beside the two AttSVMs of the selection at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// The selected tokens.
    pub selection: Vec<usize>,
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The solution in the nuclear norm.
    pub nuclear: Nearness,
    /// The solution in the Frobenius norm.
    pub frobenius: Nearness,
    /// The cosine of the angle between the two solutions.
    pub between: f64,
    /// The singular values at the end, as parts of the largest one.
    pub singular_values: Vec<f64>,
    /// The least margin over `$(\tfrac12(\lVert K\rVert_p^p + \lVert Q\rVert_p^p))^{2/p}$` at the end, for
    /// each of the [`EXPONENTS`]; nothing if `$W$` is trained.
    pub factor_margins: Vec<f64>,
}

/// How near a run comes to an AttSVM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nearness {
    /// The cosine of the angle to the solution, at every recorded iteration.
    pub cosines: Vec<f64>,
    /// The margin at the end, as a share of the certified maximum.
    pub share: f64,
    /// The certified relative gap of the solution.
    pub relative_gap: f64,
    /// The rank of the solution.
    pub rank: usize,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &FactoredConfig) -> Result<FactoredOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let path = path(config, &planted)?;
    let Some((_, last)) = path.last() else { return Ok(Err("nothing is recorded".into())) };
    let Ok(found) = selection(&key_query(last), &planted.data)? else {
        return Ok(Err("attention is not saturated".into()));
    };
    measure(&planted, &found, &path)
}

pub fn sizes() -> Vec<SphereTokens> {
    let by_sequences = SEQUENCES.map(|n_sequences| SphereTokens { n_sequences, ..PAPER_SIZES });
    let by_dim = DIMS.into_iter().skip(1).map(|dim| SphereTokens { dim, ..PAPER_SIZES });
    by_sequences.into_iter().chain(by_dim).collect()
}

/// The recorded tensors of a run, with their iterations.
type Path = Vec<(u64, Vec<Matrix>)>;

fn path(config: &FactoredConfig, planted: &Planted) -> Result<Path, CellError> {
    let Planted { data, decoder } = planted;
    let dim = config.data.dim;
    let deviations = match config.parametrisation {
        Parametrisation::AsTheAuthors { .. } => AUTHORS_DEVIATIONS,
        Parametrisation::Whole | Parametrisation::Factors { .. } => [START_DEVIATION; 2],
    };
    let factors = [(0, deviations[0]), (QUERY_SEED, deviations[1])].map(|(stream, deviation)| {
        let noise = gaussian_matrix(dim, dim, Seed(config.seed + stream));
        Matrix::from_fn(dim, dim, |i, j| deviation * noise[(i, j)])
    });
    match config.parametrisation {
        Parametrisation::Whole => {
            let risk = KeyQueryRisk::new(data, decoder, Loss::Logistic)?;
            let step = gradient_step(2.0);
            descend(&risk, vec![key_query(&factors)], 2.0, step, config.iterations)
        }
        Parametrisation::Factors { p } => {
            let risk = FactoredRisk::new(data, decoder, Loss::Logistic, dim)?;
            descend(&risk, factors.into(), p, gradient_step(p), config.iterations)
        }
        Parametrisation::AsTheAuthors { p } => {
            let risk = FactoredRisk::new(data, decoder, Loss::Logistic, dim)?;
            let step = StepSize::DualNormalized(head::STEP).into();
            descend(&risk, factors.into(), p, step, config.iterations)
        }
    }
}

/// Constant steps come closest, but for p < 2 the factors would grow like a high power of k, and p > 2
/// could not grow as fast: those two are made to grow alike.
fn gradient_step(p: f64) -> ScheduledStep {
    if p == 2.0 { StepSize::GloballyNormalized(STEP).into() } else { steps(p) }
}

fn descend(
    risk: &impl Risk,
    start: Vec<Matrix>,
    p: f64,
    length: ScheduledStep,
    iterations: u64,
) -> Result<Path, CellError> {
    let norm = LpNorm::new(p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), length);
    let mut state = TrainingState::new(risk, &method, start)?;
    let mut snapshots = Snapshots::new(Schedule::log_spaced(iterations, PER_DECADE));
    train(risk, &method, &mut state, &StoppingRule::after(iterations), &mut snapshots)?;
    Ok(snapshots.taken().to_vec())
}

/// `$W$` itself, or `$K Q^\top$`.
fn key_query(tensors: &[Matrix]) -> Matrix {
    let [keys, queries] = tensors else { return tensors[0].clone() };
    let mut key_query = Matrix::zeros(keys.nrows(), queries.nrows());
    product(keys, queries.as_mat().transpose(), &mut key_query);
    key_query
}

fn measure(
    planted: &Planted,
    selection: &TokenSelection,
    path: &Path,
) -> Result<FactoredOutcome, CellError> {
    let data = &planted.data;
    let scores = TokenScores::of(data, &planted.decoder)?;
    let matrices: Vec<Matrix> = path.iter().map(|(_, tensors)| key_query(tensors)).collect();
    let last = &matrices[matrices.len() - 1];
    let margin = least_margin(data, selection, last);
    let mut solutions = Vec::new();
    for geometry in [Geometry::NUCLEAR, Geometry::Lp(2.0)] {
        let Ok(solution) = geometry.att_svm(data, selection)? else {
            return Ok(Err(format!("the AttSVM in the {geometry} is not solved")));
        };
        let norm = geometry.key_query_norm()?;
        if !optimality(data, selection, &scores, norm, &solution)?.optimality.is_locally_optimal() {
            return Ok(Err("the selection is not proven locally optimal in both norms".into()));
        }
        let share = margin / geometry.norm(last)? / solution.interval.upper;
        solutions.push((nearness(&matrices, &solution, share), solution));
    }
    let [(nuclear, nuclear_svm), (frobenius, frobenius_svm)] =
        solutions.try_into().expect("one solution for each norm");
    let tensors = &path[path.len() - 1].1;
    Ok(Ok(Direction {
        selection: selection.tokens().to_vec(),
        iterations: path.iter().map(|(k, _)| *k).collect(),
        between: cosine(nuclear_svm.direction(), frobenius_svm.direction()),
        nuclear,
        frobenius,
        singular_values: relative_singular_values(last.as_slice(), last.nrows()),
        factor_margins: if tensors.len() == 2 {
            EXPONENTS.map(|p| margin / factor_norm(tensors, p)).into()
        } else {
            Vec::new()
        },
    }))
}

fn nearness(path: &[Matrix], solution: &MaxMargin, share: f64) -> Nearness {
    let dim = path[0].nrows();
    let values = relative_singular_values(solution.direction(), dim);
    Nearness {
        cosines: path.iter().map(|w| cosine(w.as_slice(), solution.direction())).collect(),
        share,
        relative_gap: solution.relative_gap(),
        rank: values.iter().filter(|value| **value > NEGLIGIBLE).count(),
    }
}

/// `$(\tfrac12 \sum_b \lVert F_b\rVert_p^p)^{2/p}$`, of degree 2 in the factors as their product is.
fn factor_norm(factors: &[Matrix], p: f64) -> f64 {
    let entries = factors.iter().flat_map(Matrix::as_slice);
    elementary::powf(0.5 * entries.map(|x| elementary::powf(x.abs(), p)).sum::<f64>(), 2.0 / p)
}

fn relative_singular_values(w: &[f64], dim: usize) -> Vec<f64> {
    let values = singular_values(w, dim, dim).unwrap_or_default();
    values.iter().map(|value| value / values[0]).collect()
}

pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
