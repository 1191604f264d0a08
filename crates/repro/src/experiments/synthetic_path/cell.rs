//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{Dataset, Seed, SphereTokens, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, directional_bregman};
use serde::{Deserialize, Serialize};

use crate::shared::certified::att_svm;
use crate::shared::head::{EXPONENTS, selection, train};

/// The entries of W that are drawn: (1, 2) and (3, 4), counted from 0, as in the paper's figure.
const ENTRIES: [(usize, usize); 2] = [(1, 2), (3, 4)];

/// Points of a path.
const POINTS: u64 = 250;

/// A final divergence below this counts as aligned: an angle of 11 degrees at p = 2.
pub const ALIGNED: f64 = 0.02;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathConfig {
    pub data: SphereTokens,
    pub seed: u64,
    pub p: f64,
    pub iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathOutcome {
    /// The two entries along the run.
    pub path: Vec<[f64; 2]>,
    /// The run's limit, or the hypothesis that failed.
    pub limit: Result<PathLimit, String>,
}

/// The AttSVM of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathLimit {
    pub selection: Vec<usize>,
    /// The two entries of its solution.
    pub ray: [f64; 2],
    /// The directional Bregman divergence of the last W to the solution of each exponent.
    pub divergences: Vec<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &PathConfig) -> Result<PathOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let norm = LpNorm::new(config.p)?;
    let start = Matrix::zeros(config.data.dim, config.data.dim);
    let every = (config.iterations / POINTS).max(1);
    let head = train(&planted, start, norm, config.iterations, every)?;
    let limit = match selection(head.key_query(), &planted.data)? {
        Err(reason) => Err(reason),
        Ok(selection) => limit(config, &planted.data, &selection, head.key_query())?,
    };
    let path = head.path.iter().map(|(_, w)| ENTRIES.map(|entry| w[entry])).collect();
    Ok(PathOutcome { path, limit })
}

/// Solves the AttSVM of every exponent, and compares the last iterate with them.
pub fn limit(
    config: &PathConfig,
    data: &Dataset,
    selection: &TokenSelection,
    key_query: &Matrix,
) -> Result<Result<PathLimit, String>, CellError> {
    let norm = LpNorm::new(config.p)?;
    let own = match att_svm(data, selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut divergences = Vec::new();
    for p in EXPONENTS {
        let other = LpNorm::new(p)?;
        match att_svm(data, selection, other)? {
            Ok(solution) => divergences.push(directional_bregman(
                norm,
                solution.direction(),
                key_query.as_slice(),
            )),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(PathLimit {
        selection: selection.tokens().to_vec(),
        ray: ENTRIES.map(|(a, b)| own.direction()[b * config.data.dim + a]),
        divergences,
    }))
}
