//! Path: one run from W = 0, in the plane of two entries, beside the ray of its AttSVM.

use mirrorhead_attention::{Dataset, Seed, SphereTokens, TokenSelection};
use mirrorhead_harness::{
    About, Axis, CellError, Claim, Exclusion, Experiment, Figure, Finding, Measurement, Obtained,
    Scope, Series, Shape, Summary, Verdict,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, directional_bregman};
use serde::{Deserialize, Serialize};

use crate::shared::certified::att_svm;
use crate::shared::head::{EXPONENTS, iterations, selection, train};

/// The entries of W that are drawn: (1, 2) and (3, 4), counted from 1.
const ENTRIES: [(usize, usize); 2] = [(0, 1), (2, 3)];
/// Points of a path.
const POINTS: u64 = 250;
/// A final divergence below this counts as aligned: an angle of 11 degrees at p = 2.
const ALIGNED: f64 = 0.02;

/// One run from zero for each exponent.
pub struct SyntheticPath;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathConfig {
    data: SphereTokens,
    seed: u64,
    p: f64,
    iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathOutcome {
    /// The two entries along the run.
    path: Vec<[f64; 2]>,
    /// The run's limit, or the hypothesis that failed.
    limit: Result<PathLimit, String>,
}

/// The AttSVM of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathLimit {
    selection: Vec<usize>,
    /// The two entries of its solution.
    ray: [f64; 2],
    /// The directional Bregman divergence of the last W to the solution of each exponent.
    divergences: Vec<f64>,
}

impl Experiment for SyntheticPath {
    type Config = PathConfig;
    type Outcome = PathOutcome;

    fn about(&self) -> About {
        About {
            name: "synthetic-path",
            group: "synthetic",
            title: "The path of W from zero",
            setting: "The same data and steps as the study of directions, one seed, from W(0) = 0: \
                      entries (1, 2) and (3, 4) of W(k) along the run.",
            expectation: "Each path starts at zero, bends, and then follows the ray of the AttSVM \
                          of its own p outwards: the iterates diverge in norm and converge in \
                          direction.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim {
            key: "attsvm-direction",
            statement: "lp-AttGD from W(0) = 0 converges in direction to the AttSVM of its own p",
            expected: "for each p, a final directional Bregman divergence below 0.02, and below \
                       the ones to the AttSVM of every other p",
        }]
    }

    fn cells(&self, _: &Scope) -> Vec<PathConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        EXPONENTS.map(|p| PathConfig { data, seed: 1, p, iterations: iterations(p) }).into()
    }

    fn label(&self, config: &PathConfig) -> String {
        format!("p = {}", config.p)
    }

    fn cost_seconds(&self, config: &PathConfig) -> f64 {
        2.5e-6 * config.iterations as f64 + 0.01
    }

    fn run_cell(&self, config: &PathConfig) -> Result<PathOutcome, CellError> {
        let planted = config.data.sample(Seed(config.seed)).map_err(CellError::new)?;
        let norm = LpNorm::new(config.p).map_err(CellError::new)?;
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

    fn summarise(&self, cells: &[(PathConfig, PathOutcome)]) -> Summary {
        let mut summary = Summary::default();
        let mut measurements = Vec::new();
        let (mut aligned, mut own_divergences) = (0, Vec::new());
        for (hue, (config, outcome)) in cells.iter().enumerate() {
            summary.figures.push(figure(hue, config, outcome));
            let label = self.label(config);
            match &outcome.limit {
                Ok(limit) => {
                    for (p, divergence) in EXPONENTS.iter().zip(&limit.divergences) {
                        measurements.push(Measurement {
                            label: format!("{label}, to the AttSVM of p = {p}"),
                            value: *divergence,
                            spread: None,
                            n: 1,
                        });
                    }
                    let own = EXPONENTS.iter().position(|p| p.total_cmp(&config.p).is_eq());
                    let own = own.map_or(f64::NAN, |own| limit.divergences[own]);
                    own_divergences.push(format!("{own:.4}"));
                    let nearest = limit.divergences.iter().all(|other| own <= *other);
                    aligned += usize::from(nearest && own < ALIGNED);
                }
                Err(reason) => {
                    summary.excluded.push(Exclusion { reason: reason.clone(), cells: vec![label] });
                }
            }
        }
        let n = cells.iter().filter(|(_, outcome)| outcome.limit.is_ok()).count();
        let verdict = if n == 0 { Verdict::NotRun } else { Verdict::from_check(aligned == n) };
        let text = format!(
            "final divergences to the own AttSVM {}; small, and the smallest, in {aligned} of {n} runs",
            own_divergences.join(", ")
        );
        let obtained = Obtained { text, measurements, n };
        summary.findings.push(Finding { key: "attsvm-direction", obtained, verdict });
        summary
    }
}

/// Solves the AttSVM of every exponent, and compares the last iterate with them.
fn limit(
    config: &PathConfig,
    data: &Dataset,
    selection: &TokenSelection,
    key_query: &Matrix,
) -> Result<Result<PathLimit, String>, CellError> {
    let norm = LpNorm::new(config.p).map_err(CellError::new)?;
    let own = match att_svm(data, selection, norm)? {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut divergences = Vec::new();
    for p in EXPONENTS {
        let other = LpNorm::new(p).map_err(CellError::new)?;
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

fn figure(hue: usize, config: &PathConfig, outcome: &PathOutcome) -> Figure {
    let mut series = Vec::new();
    if let Ok(limit) = &outcome.limit {
        let ray = Shape::Ray { from: [0.0, 0.0], direction: limit.ray };
        series.push(Series::new(format!("AttSVM, p = {}", config.p), hue, ray));
    }
    let path = Shape::Line { points: outcome.path.clone() };
    series.push(Series::new(format!("W(k), p = {}", config.p), hue, path));
    Figure {
        key: format!("md-{}", config.p),
        title: format!("From zero, mirror descent with p = {}", config.p),
        caption: format!("{} iterations; the wide line is the AttSVM's ray.", config.iterations),
        x: Axis::linear("entry (1, 2) of W"),
        y: Axis::linear("entry (3, 4) of W"),
        series,
    }
}
