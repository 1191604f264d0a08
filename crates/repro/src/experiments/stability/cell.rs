//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{
    LpNorm, MirrorDescent, PowerPotential, ScheduledStep, StepSize, directional_bregman,
};
use mirrorhead_trainer::onset;
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::held_selection::{HeldSelection, log_spaced, mirrored, with_next};

/// Recorded iterations a decade.
const PER_DECADE: u32 = 12;

/// A run goes on for so many times the steps that the formula gives to the onset.
const PAST_THE_ONSET: f64 = 4.0;
/// But for no fewer than these.
const LEAST_STEPS: u64 = 20_000;
/// And no more.
const MOST_STEPS: u64 = 400_000;

/// How normalized steps go on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// With one dual length.
    Constant,
    /// As long as W moves no farther than this.
    Within(f64),
    /// With a dual length that decays like `$k^{-(2-p)}$`.
    Decaying,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => write!(f, "constant"),
            Self::Within(reach) => write!(f, "within {reach}"),
            Self::Decaying => write!(f, "decaying"),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StabilityConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The dual length of the steps, or of the first.
    pub step: f64,
    /// How they go on.
    pub rule: Rule,
}

/// What one run shows, or the hypothesis that failed.
pub type StabilityOutcome = Result<Course, String>;

/// The course of a run that kept the optimal selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// The sharpness at the solution of the AttSVM, for a step of length one from a dual point of norm one.
    pub unit_sharpness: f64,
    /// Where the formula expects steps of one length to reach a sharpness of two; none for `$p \ge 2$`.
    pub onset: Option<f64>,
    /// The iterations recorded, from 1 on.
    pub iterations: Vec<u64>,
    /// The dual length of the step that is taken at each.
    pub lengths: Vec<f64>,
    /// Its sharpness.
    pub sharpness: Vec<f64>,
    /// By what part of its steps, each of the length at its end, the dual norm has grown since the iteration recorded before.
    pub growth: Vec<f64>,
    /// The norm of W at each.
    pub norms: Vec<f64>,
    /// One minus the margin's share of the certified maximum, at each.
    pub deficits: Vec<f64>,
    /// The directional Bregman divergence to the AttSVM at each.
    pub divergences: Vec<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &StabilityConfig) -> Result<StabilityOutcome, CellError> {
    let held = match HeldSelection::sample(config.data, config.seed)? {
        Ok(held) => held,
        Err(reason) => return Ok(Err(reason)),
    };
    let geometry = Geometry::Lp(config.p);
    let solution = match held.max_margin(geometry)? {
        Ok(solution) => solution,
        Err(reason) => return Ok(Err(reason)),
    };
    let norm = LpNorm::new(config.p)?;
    let unit_sharpness = held.unit_sharpness(norm, &solution);
    let onset = onset(norm, unit_sharpness, config.step);
    let recorded = log_spaced(steps(onset), PER_DECADE);
    let method = MirrorDescent::new(PowerPotential::new(norm), rule(config));
    let run = match held.run(&method, &with_next(&recorded))? {
        Ok(run) => run,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut course = Course {
        unit_sharpness,
        onset,
        iterations: Vec::new(),
        lengths: Vec::new(),
        sharpness: Vec::new(),
        growth: Vec::new(),
        norms: Vec::new(),
        deficits: Vec::new(),
        divergences: Vec::new(),
    };
    let mut before: Option<(u64, f64)> = None;
    for (k, [now, next]) in recorded.iter().zip(pairs(&recorded, &run.path)) {
        let [u, v] = [now, next].map(|w| mirrored(norm, w.as_slice()));
        let moved: Vec<f64> = u.iter().zip(&v).map(|(u, v)| v - u).collect();
        let (length, size) = (norm.dual_of(&moved), norm.dual_of(&u));
        if let Some((from, was)) = before.replace((*k, size)) {
            course.iterations.push(*k);
            course.lengths.push(length);
            course.sharpness.push(held.sharpness(now, norm, length)?);
            course.growth.push((size - was) / (length * (k - from) as f64));
            course.norms.push(norm.of(now.as_slice()));
            course.deficits.push(1.0 - held.share(now, geometry, &solution)?);
            let target = solution.direction();
            course.divergences.push(directional_bregman(norm, target, now.as_slice()));
        }
    }
    Ok(Ok(course))
}

fn rule(config: &StabilityConfig) -> ScheduledStep {
    let length = config.step;
    match config.rule {
        Rule::Constant => StepSize::DualNormalized(length).into(),
        Rule::Within(reach) => StepSize::DualNormalizedWithin { length, reach }.into(),
        Rule::Decaying => StepSize::DualNormalized(length).decaying(2.0 - config.p),
    }
}

/// The number of steps of a run.
fn steps(onset: Option<f64>) -> u64 {
    let wanted = PAST_THE_ONSET * onset.unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of steps"
    )]
    let steps = wanted.min(MOST_STEPS as f64) as u64;
    steps.max(LEAST_STEPS)
}

/// The iterates at each recorded iteration and at the next.
fn pairs<'a>(recorded: &'a [u64], path: &'a [Matrix]) -> impl Iterator<Item = [&'a Matrix; 2]> {
    let taken = with_next(recorded);
    recorded.iter().map(move |k| {
        let at = taken.partition_point(|taken| taken < k);
        [&path[at], &path[at + 1]]
    })
}
