//! Factored: training $K$ and $Q$ against training their product $W = K Q^\top$.

mod findings;

use std::fmt;

use mirrorhead_attention::{
    FactoredRisk, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenScores,
    TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::{
    About, CellError, Claim, Experiment, Profile, Scope, Summary, statistics,
};
use mirrorhead_kernels::{Matrix, dot, product, singular_values};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, TokenOptimality, TrainingState, least_margin, train,
};
use serde::{Deserialize, Serialize};

use super::margins::steps;
use crate::shared::certified::optimality;
use crate::shared::geometry::Geometry;
use crate::shared::head::selection;

/// The exponents of mirror descent on the factors.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];
/// The size at which everything is compared: the paper's.
pub const PAPER: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
/// The numbers of sequences, at the paper's dimension.
pub const SEQUENCES: [usize; 4] = [2, 4, 6, 8];
/// The dimensions, at the paper's number of sequences.
pub const DIMS: [usize; 3] = [10, 14, 20];

/// The deviation of the entries of $K(0)$ and $Q(0)$.
const START: f64 = 0.1;
/// The seed of $Q(0)$ is that of $K(0)$ and this.
const QUERY_SEED: u64 = 1000;
/// The length of the steps of gradient descent.
const STEP: f64 = 0.2;
/// A singular value of an SVM solution counts from this part of the largest one on.
const ZERO: f64 = 1e-6;
/// Recorded iterations a decade.
const PER_DECADE: u32 = 4;

/// The bias of the factored head against that of the whole one.
pub struct Factored;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parametrisation {
    /// $W$, by gradient descent.
    Whole,
    /// $K$ and $Q$, by mirror descent.
    Factors {
        /// The exponent.
        p: f64,
    },
}

impl fmt::Display for Parametrisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => write!(f, "W"),
            Self::Factors { p } => write!(f, "K and Q, p = {p}"),
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

/// The direction of $W$ along a run, beside the two AttSVMs of the selection at its end.
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
    /// The least margin over $(\tfrac12(\lVert K\rVert_p^p + \lVert Q\rVert_p^p))^{2/p}$ at the end, for
    /// each of the [`EXPONENTS`]; nothing if $W$ is trained.
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

impl Experiment for Factored {
    type Config = FactoredConfig;
    type Outcome = FactoredOutcome;

    fn about(&self) -> About {
        About {
            name: "factored",
            group: "algorithms",
            title: "Keys and queries against their product",
            setting: "The paper's synthetic data (n = 6, T = 8, d = 10; for ranks also n = 2, 4, 8 and \
                      d = 14, 20), logistic loss, head width d. K(0), Q(0) ~ N(0, 0.1^2), and \
                      W(0) = K(0) Q(0)^T. Gradient descent takes 200,000 steps of length 0.2 (quick \
                      profile: 20,000), over both factors together; mirror descent on the factors with \
                      p = 1.5 and 3 normalized steps by which they grow like 2 sqrt(k). The selection is \
                      the one each run settles on; its AttSVMs in the nuclear and in the Frobenius norm \
                      are certified, and it must be locally optimal in both.",
            expectation: "Not in the paper. Gradient descent on the factors goes to the AttSVM of the \
                          nuclear norm, on W to that of the Frobenius norm (Tarzanagh et al. 2023; Sheen \
                          et al. 2024, for small and balanced starts). For other p no theory is known to \
                          us; by analogy the margin over the sum of the p-th powers of the factors' \
                          entries should be the largest.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<FactoredConfig> {
        let iterations = if scope.profile == Profile::Quick { 20_000 } else { 200_000 };
        let mut cells = Vec::new();
        for seed in scope.seeds(4, 20) {
            for data in sizes() {
                let exponents = EXPONENTS.into_iter().filter(|p| data == PAPER || *p == 2.0);
                let factors = exponents.map(|p| Parametrisation::Factors { p });
                cells.extend(factors.chain([Parametrisation::Whole]).map(|parametrisation| {
                    FactoredConfig { data, seed, parametrisation, iterations }
                }));
            }
        }
        cells
    }

    fn label(&self, config: &FactoredConfig) -> String {
        let SphereTokens { n_sequences, dim, .. } = config.data;
        format!("{}, n = {n_sequences}, d = {dim}, seed {}", config.parametrisation, config.seed)
    }

    fn cost_seconds(&self, config: &FactoredConfig) -> f64 {
        let SphereTokens { n_sequences, dim, .. } = config.data;
        1e-9 * (n_sequences * dim * dim) as f64 * 7.0 * config.iterations as f64 + 0.05
    }

    fn run_cell(&self, config: &FactoredConfig) -> Result<FactoredOutcome, CellError> {
        let planted = config.data.sample(Seed(config.seed)).map_err(CellError::new)?;
        let path = path(config, &planted)?;
        let Some((_, last)) = path.last() else { return Ok(Err("nothing is recorded".into())) };
        let Ok(found) = selection(&key_query(last), &planted.data)? else {
            return Ok(Err("attention is not saturated".into()));
        };
        measure(&planted, &found, &path)
    }

    fn summarise(&self, cells: &[(FactoredConfig, FactoredOutcome)]) -> Summary {
        let mut summary = findings::summarise(cells);
        let failed = cells.iter().filter_map(|(config, outcome)| {
            outcome.as_ref().err().map(|reason| (reason.clone(), self.label(config)))
        });
        summary.excluded = statistics::excluded(failed);
        summary
    }
}

fn sizes() -> Vec<SphereTokens> {
    let by_sequences = SEQUENCES.map(|n_sequences| SphereTokens { n_sequences, ..PAPER });
    let by_dim = DIMS.into_iter().skip(1).map(|dim| SphereTokens { dim, ..PAPER });
    by_sequences.into_iter().chain(by_dim).collect()
}

/// The recorded tensors of a run, with their iterations.
type Path = Vec<(u64, Vec<Matrix>)>;

fn path(config: &FactoredConfig, planted: &Planted) -> Result<Path, CellError> {
    let Planted { data, decoder } = planted;
    let dim = config.data.dim;
    let factors = [config.seed, config.seed + QUERY_SEED].map(|seed| {
        let noise = gaussian_matrix(dim, dim, Seed(seed));
        Matrix::from_fn(dim, dim, |i, j| START * noise[(i, j)])
    });
    match config.parametrisation {
        Parametrisation::Whole => {
            let risk = KeyQueryRisk::new(data, decoder, Loss::Logistic).map_err(CellError::new)?;
            descend(&risk, vec![key_query(&factors)], 2.0, config.iterations)
        }
        Parametrisation::Factors { p } => {
            let risk =
                FactoredRisk::new(data, decoder, Loss::Logistic, dim).map_err(CellError::new)?;
            descend(&risk, factors.into(), p, config.iterations)
        }
    }
}

fn descend(
    risk: &impl Risk,
    start: Vec<Matrix>,
    p: f64,
    iterations: u64,
) -> Result<Path, CellError> {
    // Constant steps come closest, but for p < 2 the factors would grow like a high power of k, and p > 2
    // could not grow as fast: those two are made to grow alike.
    let length = if p == 2.0 { StepSize::GloballyNormalized(STEP) } else { steps(p) };
    let norm = LpNorm::new(p).map_err(CellError::new)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), length);
    let mut state = TrainingState::new(risk, &method, start).map_err(CellError::new)?;
    let mut snapshots = Snapshots::new(Schedule::log_spaced(iterations, PER_DECADE));
    train(risk, &method, &mut state, &StoppingRule::after(iterations), &mut snapshots)
        .map_err(CellError::new)?;
    Ok(snapshots.taken().to_vec())
}

/// $W$ itself, or $K Q^\top$.
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
    let scores = TokenScores::of(data, &planted.decoder).map_err(CellError::new)?;
    let matrices: Vec<Matrix> = path.iter().map(|(_, tensors)| key_query(tensors)).collect();
    let last = &matrices[matrices.len() - 1];
    let margin = least_margin(data, selection, last);
    let mut solutions = Vec::new();
    for geometry in [Geometry::NUCLEAR, Geometry::Lp(2.0)] {
        let Ok(solution) = geometry.att_svm(data, selection)? else {
            return Ok(Err(format!("the AttSVM in the {geometry} is not solved")));
        };
        if optimality(data, selection, &scores, &solution) == TokenOptimality::NotOptimal {
            return Ok(Err("the selection is not locally optimal in both norms".into()));
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
        rank: values.iter().filter(|value| **value > ZERO).count(),
    }
}

/// $(\tfrac12 \sum_b \lVert F_b\rVert_p^p)^{2/p}$, of degree 2 in the factors as their product is.
fn factor_norm(factors: &[Matrix], p: f64) -> f64 {
    let entries = factors.iter().flat_map(Matrix::as_slice);
    (0.5 * entries.map(|x| x.abs().powf(p)).sum::<f64>()).powf(2.0 / p)
}

fn relative_singular_values(w: &[f64], dim: usize) -> Vec<f64> {
    let values = singular_values(w, dim, dim).unwrap_or_default();
    values.iter().map(|value| value / values[0]).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
