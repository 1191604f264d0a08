//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{LpNorm, MirrorDescent, ScheduledStep, StepSize};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::held_selection::{HeldSelection, log_spaced};

/// The rules.
pub const RULES: [Rule; 4] = [Rule::Constant, Rule::FourthRoot, Rule::Root, Rule::Polyak];

/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;

/// Steps that look at the size of the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Normalized steps of length 0.1.
    Constant,
    /// Normalized ones of length `$\tfrac12 k^{-1/4}$`.
    FourthRoot,
    /// Normalized ones of length `$k^{-1/2}$`.
    Root,
    /// `$\eta = (L - L_*)/\lVert g\rVert^2$`, where `$L - L_*$` is computed without cancellation.
    Polyak,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "a = 0",
            Self::FourthRoot => "a = 1/4",
            Self::Root => "a = 1/2",
            Self::Polyak => "Polyak",
        })
    }
}

impl Rule {
    /// The factor and the power of lengths `$\eta k^{-a}$`.
    pub fn lengths(self) -> Option<[f64; 2]> {
        match self {
            Self::Constant => Some([0.1, 0.0]),
            Self::FourthRoot => Some([0.5, 0.25]),
            Self::Root => Some([1.0, 0.5]),
            Self::Polyak => None,
        }
    }

    fn step(self) -> ScheduledStep {
        match self.lengths() {
            Some([factor, power]) => StepSize::DualNormalized(factor).decaying(power),
            None => StepSize::Polyak { lower_bound: 0.0 }.into(),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepsConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The step rule.
    pub rule: Rule,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type StepsOutcome = Result<Approach, String>;

/// How a run that kept the optimal selection approaches the max margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded while it moved.
    pub iterations: Vec<u64>,
    /// The norm of W at each.
    pub norms: Vec<f64>,
    /// The margin of W at each.
    pub margins: Vec<f64>,
    /// One minus the margin's share of the certified maximum, at each.
    pub deficits: Vec<f64>,
    /// The sharpness of a step of length one over the largest margin.
    pub sharpness: f64,
    /// The number of steps after which nothing moved any more; all of them if it always did.
    pub steps: u64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &StepsConfig) -> Result<StepsOutcome, CellError> {
    let held = match HeldSelection::sample(config.data, config.seed)? {
        Ok(held) => held,
        Err(reason) => return Ok(Err(reason)),
    };
    let geometry = Geometry::Lp(2.0);
    let solution = match held.max_margin(geometry)? {
        Ok(solution) => solution,
        Err(reason) => return Ok(Err(reason)),
    };
    let method = MirrorDescent::gradient_descent(config.rule.step());
    let mut iterations = log_spaced(config.iterations, PER_DECADE);
    let run = match config.rule {
        Rule::Polyak => held.run_on_excess(&method, &iterations)?,
        _ => held.run(&method, &iterations)?,
    };
    let run = match run {
        Ok(run) => run,
        Err(reason) => return Ok(Err(reason)),
    };
    iterations.retain(|k| *k <= run.steps);
    let path = &run.path[..iterations.len()];
    let deficit = |w| held.share(w, geometry, &solution).map(|share| 1.0 - share);
    let norm = LpNorm::new(2.0)?;
    Ok(Ok(Approach {
        norms: path.iter().map(|w| norm.of(w.as_slice())).collect(),
        margins: path.iter().map(|w| held.margin(w)).collect(),
        deficits: path.iter().map(deficit).collect::<Result<_, _>>()?,
        sharpness: held.unit_sharpness(norm, &solution) / solution.interval.upper,
        steps: run.steps,
        iterations,
    }))
}
