//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{
    LpNorm, MirrorDescent, PowerPotential, ScheduledStep, StepSize, directional_bregman,
};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::held_selection::{HeldSelection, log_spaced};

/// The exponents of mirror descent.
pub const EXPONENTS: [f64; 5] = [1.1, 1.5, 1.75, 2.0, 3.0];

/// The step rules.
pub const RULES: [Rule; 6] = [
    Rule::Constant,
    Rule::Decaying,
    Rule::Normalized,
    Rule::NormalizedDecaying,
    Rule::NormalizedWithin,
    Rule::Polyak,
];

/// The number of steps of a run.
pub const ITERATIONS: u64 = 100_000;

/// The number of steps of a run that shows whether everything works.
pub const QUICK_ITERATIONS: u64 = 20_000;

/// How far W moves in one step within reach.
const REACH: f64 = 2.0;

/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;

/// A step rule, with the setting that all runs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `$\eta = 1$`.
    Constant,
    /// `$\eta = (k+1)^{-1/2}$`.
    Decaying,
    /// `$\eta = 0.1/\lVert g\rVert_q$`.
    Normalized,
    /// `$\eta = (k+1)^{-1/2}/\lVert g\rVert_q$`.
    NormalizedDecaying,
    /// `$\eta \le 0.1/\lVert g\rVert_q$` such that W moves no farther than [`REACH`]: below the bound of stability at `$p < 2$`.
    NormalizedWithin,
    /// `$\eta = (L - L_*)/\lVert g\rVert_q^2$`, with the infimum `$L_*$` of the risk at the selection.
    Polyak,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Decaying => "decaying",
            Self::Normalized => "normalized",
            Self::NormalizedDecaying => "normalized, decaying",
            Self::NormalizedWithin => "normalized, within reach",
            Self::Polyak => "Polyak",
        })
    }
}

impl Rule {
    pub fn step(self, least_risk: f64) -> ScheduledStep {
        match self {
            Self::Constant => StepSize::Constant(1.0).into(),
            Self::Decaying => StepSize::Constant(1.0).decaying(0.5),
            Self::Normalized => StepSize::DualNormalized(0.1).into(),
            Self::NormalizedDecaying => StepSize::DualNormalized(1.0).decaying(0.5),
            Self::NormalizedWithin => {
                StepSize::DualNormalizedWithin { length: 0.1, reach: REACH }.into()
            }
            Self::Polyak => StepSize::Polyak { lower_bound: least_risk }.into(),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatesConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The step rule.
    pub rule: Rule,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type RatesOutcome = Result<Approach, String>;

/// How a run that kept the optimal selection approaches the max margin of its geometry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The directional Bregman divergence to the AttSVM at each.
    pub divergences: Vec<f64>,
    /// The norm of W at each.
    pub norms: Vec<f64>,
    /// One minus the margin's share of the certified maximum, at each.
    pub deficits: Vec<f64>,
    /// The certified relative gap of that maximum.
    pub relative_gap: f64,
    /// The number of steps after which nothing moved any more; all of them if it always did.
    pub steps: u64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &RatesConfig) -> Result<RatesOutcome, CellError> {
    let held = match HeldSelection::sample(config.data, config.seed)? {
        Ok(held) => held,
        Err(reason) => return Ok(Err(reason)),
    };
    let solution = match held.max_margin(Geometry::Lp(config.p))? {
        Ok(solution) => solution,
        Err(reason) => return Ok(Err(reason)),
    };
    let norm = LpNorm::new(config.p)?;
    let step = config.rule.step(held.least_risk()?);
    let method = MirrorDescent::new(PowerPotential::new(norm), step);
    let iterations = log_spaced(config.iterations, PER_DECADE);
    let run = match held.run(&method, &iterations)? {
        Ok(run) => run,
        Err(reason) => return Ok(Err(reason)),
    };
    let divergence = |w: &[f64]| directional_bregman(norm, solution.direction(), w);
    let deficit = |w| held.share(w, Geometry::Lp(config.p), &solution).map(|share| 1.0 - share);
    Ok(Ok(Approach {
        iterations,
        divergences: run.path.iter().map(|w| divergence(w.as_slice())).collect(),
        norms: run.path.iter().map(|w| norm.of(w.as_slice())).collect(),
        deficits: run.path.iter().map(deficit).collect::<Result<_, _>>()?,
        relative_gap: solution.relative_gap(),
        steps: run.steps,
    }))
}
