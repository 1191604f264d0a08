//! Regularization path: the least risk in balls of growing radius, against the AttSVM of the best tokens.

use mirrorhead_attention::{
    Dataset, KeyQueryRisk, Loss, Planted, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_harness::statistics::{band, confidence, excluded, last, range, slope};
use mirrorhead_harness::{
    About, Axis, CellError, Claim, Experiment, Figure, Finding, Measurement, Obtained, Scope,
    Series, Summary, Verdict,
};
use mirrorhead_mirror::{LpNorm, directional_bregman};
use mirrorhead_trainer::{PathPoint, as_key_query};
use serde::{Deserialize, Serialize};

use crate::shared::branches::lowest;
use crate::shared::certified::att_svm;

/// The exponents; each is also compared with the AttSVM of another.
const EXPONENTS: [f64; 5] = [1.1, 1.5, 2.0, 3.0, 5.0];
/// The radii.
const RADII: [u64; 16] =
    [1, 2, 4, 8, 16, 32, 56, 100, 178, 316, 562, 1_000, 3_162, 10_000, 31_623, 100_000];
/// Position in the radii from which the rate is fitted: R = 1,000.
const FITTED_FROM: usize = 11;
/// A final divergence below this counts as aligned: an angle of a quarter of a degree at p = 2.
const ALIGNED: f64 = 1e-5;
/// How far a risk may be above that of perfect attention to count as a global minimum.
const GLOBAL: f64 = 1e-9;
/// The largest optimality residual of a point that counts as solved.
const SOLVED: f64 = 1e-9;

/// Regularization paths of W.
pub struct RegularizationPath;

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathConfig {
    data: SphereTokens,
    seed: u64,
    p: f64,
    radii: Vec<u64>,
}

/// What one path shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathOutcome {
    /// The comparison with the AttSVM, or the hypothesis that failed.
    comparison: Result<PathComparison, String>,
}

/// A path whose hypotheses hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathComparison {
    /// The directional Bregman divergence of the lowest point found to the AttSVM of the globally
    /// optimal selection, at every radius.
    divergences: Vec<f64>,
    /// The same to the AttSVM of another p.
    to_other: Vec<f64>,
    /// The largest optimality residual of these points.
    residual: f64,
    /// How far the last risk is above the lowest that any attention can have.
    excess: f64,
}

impl Experiment for RegularizationPath {
    type Config = PathConfig;
    type Outcome = PathOutcome;

    fn about(&self) -> About {
        About {
            name: "regularization-path",
            group: "paths",
            title: "The regularization path",
            setting: "argmin of the logistic risk over the ball of radius R in the p-norm, R = 1 to \
                      10^5, on the paper's synthetic data (n = 6, T = 8, d = 10). At every radius the \
                      lowest of ten branches counts: from zero and five random starts outwards, \
                      from the AttSVM's direction inwards and outwards. Optimality residuals are recomputed from \
                      the risk.",
            expectation: "Theorem: W_R / R converges to the direction of the AttSVM of the globally \
                          optimal selection, of the same p.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim {
            key: "reg-path",
            statement: "the regularization path converges in direction to the AttSVM of the globally \
                        optimal selection",
            expected: "in every run a divergence below 1e-5 at R = 10^5, and at least 100 times larger \
                       to the AttSVM of another p; optimality residuals below 1e-9. A run counts if \
                       its risk at R = 10^5 is within 1e-9 of the lowest that any attention can have, \
                       which makes it the global minimum; the others are left out",
        }]
    }

    fn cells(&self, scope: &Scope) -> Vec<PathConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let seeds = scope.seeds(2, 20);
        let pairs = EXPONENTS.into_iter().flat_map(|p| seeds.clone().map(move |seed| (p, seed)));
        pairs.map(|(p, seed)| PathConfig { data, seed, p, radii: RADII.to_vec() }).collect()
    }

    fn label(&self, config: &PathConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, _: &PathConfig) -> f64 {
        1.0
    }

    fn run_cell(&self, config: &PathConfig) -> Result<PathOutcome, CellError> {
        let planted = config.data.sample(Seed(config.seed)).map_err(CellError::new)?;
        Ok(PathOutcome { comparison: compare(config, &planted)? })
    }

    fn summarise(&self, cells: &[(PathConfig, PathOutcome)]) -> Summary {
        let figures = EXPONENTS.iter().map(|p| figure(*p, cells)).collect();
        let reasons = cells.iter().filter_map(|(config, outcome)| {
            Some((outcome.comparison.as_ref().err()?.clone(), self.label(config)))
        });
        Summary { figures, findings: vec![finding(cells)], excluded: excluded(reasons) }
    }
}

/// Solves both AttSVMs, follows the branches, and measures the lowest points.
fn compare(
    config: &PathConfig,
    planted: &Planted,
) -> Result<Result<PathComparison, String>, CellError> {
    let data = &planted.data;
    let norm = LpNorm::new(config.p).map_err(CellError::new)?;
    let scores = TokenScores::of(data, &planted.decoder).map_err(CellError::new)?;
    let optimal = TokenSelection::optimal(&scores);
    let other = if config.p < 2.0 { config.p + 0.4 } else { config.p / 1.5 };
    let other = LpNorm::new(other).map_err(CellError::new)?;
    let (own, other) = match (att_svm(data, &optimal, norm)?, att_svm(data, &optimal, other)?) {
        (Ok(own), Ok(other)) => (own, other),
        (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
    };
    let risk = KeyQueryRisk::new(data, &planted.decoder, Loss::Logistic).map_err(CellError::new)?;
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

type Cells = [(PathConfig, PathOutcome)];

fn runs(cells: &Cells, p: f64) -> Vec<&PathComparison> {
    let own = cells.iter().filter(|(config, _)| config.p.total_cmp(&p).is_eq());
    own.filter_map(|(_, outcome)| outcome.comparison.as_ref().ok()).collect()
}

fn figure(p: f64, cells: &Cells) -> Figure {
    let runs = runs(cells, p);
    let own: Vec<&[f64]> = runs.iter().map(|run| &run.divergences[..]).collect();
    let other: Vec<&[f64]> = runs.iter().map(|run| &run.to_other[..]).collect();
    Figure {
        key: format!("path-{p}"),
        title: format!("The regularization path, p = {p}"),
        caption: format!(
            "Directional Bregman divergence of W_R to the AttSVM of the globally optimal selection: \
             mean and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::log("radius R"),
        y: Axis::log("directional Bregman divergence"),
        series: vec![
            Series::new("AttSVM of the same p", 0, band(&RADII, &own)),
            Series::new("AttSVM of another p", 1, band(&RADII, &other)),
        ],
    }
}

fn finding(cells: &Cells) -> Finding {
    let (mut aligned, mut n, mut measurements) = (0, 0, Vec::new());
    for p in EXPONENTS {
        let runs = runs(cells, p);
        let holds = |run: &&&PathComparison| {
            let end = last(&run.divergences);
            end < ALIGNED && last(&run.to_other) > 100.0 * end && run.residual < SOLVED
        };
        n += runs.len();
        aligned += runs.iter().filter(holds).count();
        let ends: Vec<f64> = runs.iter().map(|run| last(&run.divergences)).collect();
        measurements.extend(ends.iter().copied().reduce(f64::max).map(|value| Measurement {
            label: format!("p = {p}: largest divergence at R = 10^5"),
            value,
            spread: range(&ends),
            n: ends.len(),
        }));
        let fits: Vec<f64> = runs.iter().map(|run| exponent(&run.divergences)).collect();
        measurements.extend(confidence(format!("p = {p}: D falls as R to the power -"), &fits));
    }
    let text = format!("{aligned} of {n} paths converge to the AttSVM of their p, and of no other");
    let verdict = if n == 0 { Verdict::NotRun } else { Verdict::from_check(aligned == n) };
    Finding { key: "reg-path", obtained: Obtained { text, measurements, n }, verdict }
}

/// The exponent $a$ of $D \sim R^{-a}$.
fn exponent(divergences: &[f64]) -> f64 {
    let points = RADII.iter().zip(divergences).skip(FITTED_FROM);
    // Below rounding there is no logarithm to fit.
    let points = points.filter(|(_, d)| **d > 1e-14).map(|(r, d)| [(*r as f64).ln(), d.ln()]);
    -slope(&points.collect::<Vec<_>>())
}
