//! Margins: which algorithm maximises the margin of which geometry.

mod findings;

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellError, Claim, Experiment, Profile, Scope, Summary};
use mirrorhead_mirror::{
    Adam, LpNorm, MaxNorm, MirrorDescent, Optimizer, PowerPotential, ScheduledStep, SpectralNorm,
    SteepestDescent, StepSize,
};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
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

/// Margins achieved by every algorithm in every geometry, on one selection of the same data.
pub struct Margins;

/// An algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// lp-AttGD.
    MirrorDescent {
        /// The exponent.
        p: f64,
    },
    /// Steepest descent in the lp norm.
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

impl Experiment for Margins {
    type Config = MarginsConfig;
    type Outcome = MarginsOutcome;

    fn about(&self) -> About {
        About {
            name: "margins",
            group: "algorithms",
            title: "Which algorithm maximises which margin",
            setting: "The paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, the globally \
                      optimal selection. Every algorithm starts at twice the solution of its AttSVM at \
                      p = 2, plus N(0, 0.3^2), and takes 200,000 steps (quick profile: 40,000), \
                      normalized in its own norm so that iterates grow like 2 sqrt(k) alike; Adam has \
                      rate 0.01. The margin in each norm is divided by its certified maximum for that \
                      selection.",
            expectation: "Not in the paper. Mirror descent with a potential of degree p, and steepest \
                          descent in lp, both maximise the lp margin of linear problems (Sun et al. 2022; \
                          Gunasekar et al. 2018); sign descent that of the maximum norm, spectral \
                          descent that of the spectral norm.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<MarginsConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let iterations = if scope.profile == Profile::Quick { 40_000 } else { 200_000 };
        let cell = |seed, algorithm| MarginsConfig { data, seed, algorithm, iterations };
        scope
            .seeds(3, 20)
            .flat_map(|seed| ALGORITHMS.map(|algorithm| cell(seed, algorithm)))
            .collect()
    }

    fn label(&self, config: &MarginsConfig) -> String {
        format!("{}, seed {}", config.algorithm, config.seed)
    }

    fn cost_seconds(&self, config: &MarginsConfig) -> f64 {
        let step = if config.algorithm == Algorithm::Spectral { 6e-5 } else { 3e-6 };
        step * config.iterations as f64 + 0.1
    }

    fn run_cell(&self, config: &MarginsConfig) -> Result<MarginsOutcome, CellError> {
        let norm = |p: f64| LpNorm::new(p).map_err(CellError::new);
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

    fn summarise(&self, cells: &[(MarginsConfig, MarginsOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}

/// Normalized steps with which the iterate grows to $2\sqrt k$, if none takes back what others did: for
/// steepest descent, of length $1/\sqrt k$, and $p = 2$; the dual point of $\tfrac1p\lVert w\rVert_p^p$ has
/// to grow to $(4k)^{(p-1)/2}$. Constant lengths would leave sign and spectral descent a constant share
/// below their margin, as much as one step moves it.
pub fn steps(p: f64) -> ScheduledStep {
    let power = (3.0 - p) / 2.0;
    StepSize::DualNormalized(2.0 * (p - 1.0) * 4f64.powf(-power)).decaying(power)
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
