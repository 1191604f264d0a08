//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    Dataset, KeyQueryRisk, Loss, Planted, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{LpNorm, directional_bregman};
use mirrorhead_trainer::{PathPoint, as_key_query};
use serde::{Deserialize, Serialize};

use crate::shared::branches::lowest;
use crate::shared::certified::att_svm;

/// The exponents; each is also compared with the AttSVM of another.
pub const EXPONENTS: [f64; 5] = [1.1, 1.5, 2.0, 3.0, 5.0];

/// The radii.
pub const RADII: [u64; 16] =
    [1, 2, 4, 8, 16, 32, 56, 100, 178, 316, 562, 1_000, 3_162, 10_000, 31_623, 100_000];

/// Position in the radii from which the rate is fitted: R = 1,000.
pub const FITTED_FROM: usize = 11;

/// A final divergence below this counts as aligned: an angle of a quarter of a degree at p = 2.
pub const ALIGNED: f64 = 1e-5;

/// How far a risk may be above that of perfect attention to count as a global minimum.
const GLOBAL: f64 = 1e-9;

/// The largest optimality residual of a point that counts as solved.
pub const SOLVED: f64 = 1e-9;

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathConfig {
    pub data: SphereTokens,
    pub seed: u64,
    pub p: f64,
    pub radii: Vec<u64>,
}

/// What one path shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathOutcome {
    /// The comparison with the AttSVM, or the hypothesis that failed.
    pub comparison: Result<PathComparison, String>,
}

/// A path whose hypotheses hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathComparison {
    /// The directional Bregman divergence of the lowest point found to the AttSVM of the globally
    /// optimal selection, at every radius.
    pub divergences: Vec<f64>,
    /// The same to the AttSVM of another p.
    pub to_other: Vec<f64>,
    /// The largest optimality residual of these points.
    pub residual: f64,
    /// How far the last risk is above the lowest that any attention can have.
    pub excess: f64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &PathConfig) -> Result<PathOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    Ok(PathOutcome { comparison: compare(config, &planted)? })
}

/// Solves both AttSVMs, follows the branches, and measures the lowest points.
fn compare(
    config: &PathConfig,
    planted: &Planted,
) -> Result<Result<PathComparison, String>, CellError> {
    let data = &planted.data;
    let norm = LpNorm::new(config.p)?;
    let scores = TokenScores::of(data, &planted.decoder)?;
    let optimal = TokenSelection::optimal(&scores);
    let other = if config.p < 2.0 { config.p + 0.4 } else { config.p / 1.5 };
    let other = LpNorm::new(other)?;
    let (own, other) = match (att_svm(data, &optimal, norm)?, att_svm(data, &optimal, other)?) {
        (Ok(own), Ok(other)) => (own, other),
        (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
    };
    let risk = KeyQueryRisk::new(data, &planted.decoder, Loss::Logistic)?;
    let radii: Vec<Vec<f64>> = config.radii.iter().map(|radius| vec![*radius as f64]).collect();
    let outside = [as_key_query(data, &own)];
    let points = lowest(&risk, norm, &radii, &outside, config.seed, |point| point.risk)?;
    let Some(points) = points.into_iter().collect::<Option<Vec<PathPoint>>>() else {
        return Ok(Err("no branch reaches some radius".into()));
    };
    let divergences = |target: &[f64]| {
        let to =
            |point: &PathPoint| directional_bregman(norm, target, point.parameters[0].as_slice());
        points.iter().map(to).collect()
    };
    let last = points.last().map_or(f64::NAN, |point| point.risk);
    let excess = last - lower_bound(data, &scores);
    if excess.is_nan() || excess > GLOBAL {
        return Ok(Err("no branch found ends at the global minimum".into()));
    }
    Ok(Ok(PathComparison {
        divergences: divergences(own.direction()),
        to_other: divergences(other.direction()),
        residual: points.iter().map(|point| point.residuals[0]).fold(0.0, f64::max),
        excess,
    }))
}

/// The risk of attention that selects the best token of every sequence: no attention has less.
fn lower_bound(data: &Dataset, scores: &TokenScores) -> f64 {
    let best = |i: usize| scores.sequence(i).iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (0..data.len()).map(|i| Loss::Logistic.value(best(i))).sum::<f64>() / data.len() as f64
}
