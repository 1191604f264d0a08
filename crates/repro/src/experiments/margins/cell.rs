//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::CellError;
use mirrorhead_mirror::{
    Adam, LpNorm, MaxNorm, MirrorDescent, Optimizer, PowerPotential, SpectralNorm, SteepestDescent,
};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::growing_steps::steps;
use crate::shared::held_selection::{HeldSelection, log_spaced};

/// The geometries whose margins are measured.
pub const GEOMETRIES: [Geometry; 6] = [
    Geometry::Lp(1.1),
    Geometry::Lp(1.5),
    Geometry::Lp(2.0),
    Geometry::Lp(3.0),
    Geometry::MAXIMUM,
    Geometry::SPECTRAL,
];

/// The algorithms, all with steps of one length in their own norm but Adam.
pub const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::MirrorDescent { p: 1.1 },
    Algorithm::MirrorDescent { p: 1.5 },
    Algorithm::MirrorDescent { p: 2.0 },
    Algorithm::MirrorDescent { p: 3.0 },
    Algorithm::SteepestDescent { p: 1.1 },
    Algorithm::SteepestDescent { p: 1.5 },
    Algorithm::SteepestDescent { p: 3.0 },
    Algorithm::Sign,
    Algorithm::Adam,
    Algorithm::Spectral,
];

/// The step size of Adam.
const ADAM_RATE: f64 = 0.01;

/// Recorded iterations a decade.
const PER_DECADE: u32 = 4;

/// An algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// ℓp-AttGD.
    MirrorDescent {
        /// The exponent.
        p: f64,
    },
    /// Steepest descent in the ℓp norm.
    SteepestDescent {
        /// The exponent.
        p: f64,
    },
    /// Steepest descent in the maximum norm.
    Sign,
    /// Adam.
    Adam,
    /// Steepest descent in the spectral norm.
    Spectral,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MirrorDescent { p: 2.0 } => write!(f, "gradient descent"),
            Self::MirrorDescent { p } => write!(f, "mirror, p = {p}"),
            Self::SteepestDescent { p } => write!(f, "steepest, p = {p}"),
            Self::Sign => write!(f, "sign"),
            Self::Adam => write!(f, "Adam"),
            Self::Spectral => write!(f, "spectral"),
        }
    }
}

impl Algorithm {
    /// The geometry whose margin it should maximise, if that is known.
    pub fn target(self) -> Option<Geometry> {
        match self {
            Self::MirrorDescent { p } | Self::SteepestDescent { p } => Some(Geometry::Lp(p)),
            Self::Sign => Some(Geometry::MAXIMUM),
            Self::Spectral => Some(Geometry::SPECTRAL),
            Self::Adam => None,
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarginsConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type MarginsOutcome = Result<Achieved, String>;

/// The margins of a run that kept the optimal selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Achieved {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The margin at each, as a share of the largest, for each of the [`GEOMETRIES`].
    pub shares: Vec<Vec<f64>>,
    /// The certified relative gap of the largest margin of each geometry.
    pub relative_gaps: Vec<f64>,
    /// The number of steps after which nothing moved any more; all of them if it always did.
    pub steps: u64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &MarginsConfig) -> Result<MarginsOutcome, CellError> {
    let norm = |p: f64| LpNorm::new(p).map_err(CellError::from);
    match config.algorithm {
        Algorithm::MirrorDescent { p } => {
            achieve(config, &MirrorDescent::new(PowerPotential::new(norm(p)?), steps(p)))
        }
        Algorithm::SteepestDescent { p } => {
            achieve(config, &SteepestDescent::new(norm(p)?, steps(2.0)))
        }
        Algorithm::Sign => achieve(config, &SteepestDescent::new(MaxNorm, steps(2.0))),
        Algorithm::Adam => achieve(config, &Adam { rate: ADAM_RATE, ..Adam::default() }),
        Algorithm::Spectral => achieve(config, &SteepestDescent::new(SpectralNorm, steps(2.0))),
    }
}

fn achieve(config: &MarginsConfig, method: &impl Optimizer) -> Result<MarginsOutcome, CellError> {
    let held = match HeldSelection::sample(config.data, config.seed)? {
        Ok(held) => held,
        Err(reason) => return Ok(Err(reason)),
    };
    let iterations = log_spaced(config.iterations, PER_DECADE);
    let run = match held.run(method, &iterations)? {
        Ok(run) => run,
        Err(reason) => return Ok(Err(reason)),
    };
    let (mut shares, mut relative_gaps) = (Vec::new(), Vec::new());
    for geometry in GEOMETRIES {
        let solution = match held.max_margin(geometry)? {
            Ok(solution) => solution,
            Err(reason) => return Ok(Err(reason)),
        };
        relative_gaps.push(solution.relative_gap());
        let share = run.path.iter().map(|w| held.share(w, geometry, &solution));
        shares.push(share.collect::<Result<_, _>>()?);
    }
    Ok(Ok(Achieved { iterations, shares, relative_gaps, steps: run.steps }))
}
