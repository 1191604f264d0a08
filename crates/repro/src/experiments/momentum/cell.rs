//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{
    Gradient, MaxNorm, Memory, Method, Optimizer, Primal, SpectralNorm, Steepest, StepSize,
};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::growing_steps::steps;
use crate::shared::held_selection::{HeldSelection, log_spaced};

/// The geometries whose margins are measured.
pub const GEOMETRIES: [Geometry; 2] = [Geometry::MAXIMUM, Geometry::SPECTRAL];

/// The methods.
pub const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Signum,
    Algorithm::AdamWithoutEpsilon,
    Algorithm::AdamOfShortMemory,
    Algorithm::Muon,
];

/// The number of steps.
const ITERATIONS: u64 = 40_000;
/// That of Adam with its usual memory, which takes a number of steps of the order of its square: see `growth.rs`.
const LONG_ITERATIONS: u64 = 2_000_000;

/// The memory of gradients and of their squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// `$\beta_1$`.
    pub mean: f64,
    /// `$\beta_2$`.
    pub square: f64,
}

/// The usual memory of Adam, of 1,000 squared gradients.
const LONG: Moments = Moments { mean: 0.9, square: 0.999 };
/// A memory of 20.
const SHORT: Moments = Moments { mean: 0.9, square: 0.95 };

/// Recorded iterations a decade.
const PER_DECADE: u32 = 4;

/// A method that remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// The sign of a heavy ball with 0.9.
    Signum,
    /// Adam with 0.9 and 0.999, and nothing added to its root.
    AdamWithoutEpsilon,
    /// The same with 0.9 and 0.95, which forgets fifty times as fast.
    AdamOfShortMemory,
    /// The polar factor of a heavy ball with 0.95.
    Muon,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signum => "Signum",
            Self::AdamWithoutEpsilon => "Adam without epsilon",
            Self::AdamOfShortMemory => "Adam of short memory",
            Self::Muon => "Muon",
        })
    }
}

impl Algorithm {
    /// The number of steps after which it is judged.
    pub fn iterations(self) -> u64 {
        if self == Self::AdamWithoutEpsilon { LONG_ITERATIONS } else { ITERATIONS }
    }

    /// The memory, if it is an Adam.
    pub fn moments(self) -> Option<Moments> {
        match self {
            Self::AdamWithoutEpsilon => Some(LONG),
            Self::AdamOfShortMemory => Some(SHORT),
            Self::Signum | Self::Muon => None,
        }
    }

    /// The position of the geometry whose margin it should maximise.
    pub fn target(self) -> usize {
        usize::from(self == Self::Muon)
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MomentumConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The method.
    pub algorithm: Algorithm,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type MomentumOutcome = Result<Approach, String>;

/// What the margins of a run that kept the optimal selection miss of the largest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// One minus the share of the certified maximum at each, for each of the [`GEOMETRIES`].
    pub deficits: Vec<Vec<f64>>,
    /// The margin at each, of an iterate as it is.
    pub margins: Vec<f64>,
    /// The certified maximum for iterates of norm one, in each geometry.
    pub largest: Vec<f64>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &MomentumConfig) -> Result<MomentumOutcome, CellError> {
    let ball = |beta| Memory::HeavyBall(beta);
    match config.algorithm {
        Algorithm::Signum => {
            let method = Method::compose(Steepest(MaxNorm), steps(2.0), Primal);
            measure(config, &method.with_memory(ball(0.9)))
        }
        Algorithm::Muon => {
            let method = Method::compose(Steepest(SpectralNorm), steps(2.0), Primal);
            measure(config, &method.with_memory(ball(0.95)))
        }
        Algorithm::AdamWithoutEpsilon => adam(config, LONG),
        Algorithm::AdamOfShortMemory => adam(config, SHORT),
    }
}

fn adam(config: &MomentumConfig, memory: Moments) -> Result<MomentumOutcome, CellError> {
    let method = Method::compose(Gradient, StepSize::Constant(1.0).decaying(0.5), Primal);
    let Moments { mean, square } = memory;
    measure(config, &method.with_memory(Memory::Moments { mean, square }))
}

fn measure(config: &MomentumConfig, method: &impl Optimizer) -> Result<MomentumOutcome, CellError> {
    let held = match HeldSelection::sample(config.data, config.seed)? {
        Ok(held) => held,
        Err(reason) => return Ok(Err(reason)),
    };
    let iterations = log_spaced(config.iterations, PER_DECADE);
    let run = match held.run(method, &iterations)? {
        Ok(run) => run,
        Err(reason) => return Ok(Err(reason)),
    };
    let (mut deficits, mut largest) = (Vec::new(), Vec::new());
    for geometry in GEOMETRIES {
        let solution = match held.max_margin(geometry)? {
            Ok(solution) => solution,
            Err(reason) => return Ok(Err(reason)),
        };
        let deficit = |w| Ok(1.0 - held.share(w, geometry, &solution)?);
        deficits.push(run.path.iter().map(deficit).collect::<Result<_, CellError>>()?);
        largest.push(solution.interval.upper);
    }
    let margins = run.path.iter().map(|w| held.margin(w)).collect();
    Ok(Ok(Approach { iterations, deficits, margins, largest }))
}
