//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::{Seed, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_mirror::{
    ElasticNetPotential, HypentropyPotential, LinearRisk, Loss, MirrorDescent, Optimizer, StepSize,
};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Norm, Outcome, SvmSettings, solve};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, TrainingState, train};
use serde::{Deserialize, Serialize};

use super::potentials::{Cosh, SumOfPowers};
use crate::shared::held_selection::log_spaced;

/// The potentials, by the exponents of their horizons.
pub const POTENTIALS: [Named; 4] =
    [Named::Hypentropy, Named::ElasticNet, Named::SumOfPowers, Named::Cosh];

/// Recorded iterations a decade.
const PER_DECADE: u32 = 8;

/// A potential that is not homogeneous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// Hyperbolic entropy with `$\beta = 1$`.
    Hypentropy,
    /// `$\lVert w\rVert_1 + \tfrac12\lVert w\rVert_2^2$`.
    ElasticNet,
    /// `$\tfrac12\lVert w\rVert_2^2 + \tfrac13\lVert w\rVert_3^3$`.
    SumOfPowers,
    /// `$\sum_k \cosh w_k - 1$`.
    Cosh,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hypentropy => "hyperbolic entropy",
            Self::ElasticNet => "elastic net",
            Self::SumOfPowers => "square plus cube",
            Self::Cosh => "cosh",
        })
    }
}

impl Named {
    /// The exponent of the norm that its level sets tend to.
    pub fn horizon(self) -> f64 {
        match self {
            Self::Hypentropy => 1.0,
            Self::ElasticNet => 2.0,
            Self::SumOfPowers => 3.0,
            Self::Cosh => f64::INFINITY,
        }
    }

    /// The position of its horizon among the deficits of a run.
    pub fn own(self) -> usize {
        self as usize
    }

    /// Steps that move `$w$` by the reach, whatever the dual length this takes; and their number. The dual point of cosh grows
    /// exponentially, so that it forgets all but the last gradients: a reach that is not small makes it zigzag.
    fn steps(self, iterations: u64) -> (StepSize, u64) {
        let within = |length, reach| StepSize::DualNormalizedWithin { length, reach };
        match self {
            Self::Hypentropy | Self::ElasticNet => (within(1.0, 0.1), iterations),
            Self::SumOfPowers => (within(1e6, 0.1), iterations),
            Self::Cosh => (within(1e100, 0.02), iterations.min(20_000)),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HorizonConfig {
    /// The number of rows.
    pub n_rows: usize,
    /// Their dimension.
    pub dim: usize,
    /// Their seed.
    pub seed: u64,
    /// The potential.
    pub potential: Named,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or what was not certified.
pub type HorizonOutcome = Result<Approach, String>;

/// The margins along a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The norm of the iterate at each, that of the horizon.
    pub norms: Vec<f64>,
    /// One minus the share of the certified maximum at each, in the norm of every horizon.
    pub deficits: Vec<Vec<f64>>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &HorizonConfig) -> Result<HorizonOutcome, CellError> {
    let rows = gaussian_matrix(config.n_rows, config.dim, Seed(config.seed));
    let run = Run { config, rows: DenseRows::new(&rows) };
    let (step, iterations) = config.potential.steps(config.iterations);
    match config.potential {
        Named::Hypentropy => {
            run.approach(&MirrorDescent::new(HypentropyPotential::new(1.0)?, step), iterations)
        }
        Named::ElasticNet => {
            run.approach(&MirrorDescent::new(ElasticNetPotential::new(1.0)?, step), iterations)
        }
        Named::SumOfPowers => {
            run.approach(&MirrorDescent::new(SumOfPowers::new()?, step), iterations)
        }
        Named::Cosh => run.approach(&MirrorDescent::new(Cosh, step), iterations),
    }
}

struct Run<'a> {
    config: &'a HorizonConfig,
    rows: DenseRows,
}

impl Run<'_> {
    fn approach(&self, method: &impl Optimizer, steps: u64) -> Result<HorizonOutcome, CellError> {
        let risk = LinearRisk::new(&self.rows, Loss::Exponential)?;
        // Not at the start, which is zero and has no direction.
        let mut iterations = log_spaced(steps, PER_DECADE);
        iterations.retain(|k| *k > 0);
        let mut snapshots = Snapshots::new(Schedule::At(iterations.clone()));
        let start = vec![Matrix::zeros(self.config.dim, 1)];
        let mut state = TrainingState::new(&risk, method, start)?;
        train(&risk, method, &mut state, &StoppingRule::after(steps), &mut snapshots)?;
        let path: Vec<_> = snapshots.taken().iter().map(|(_, w)| w[0].as_slice()).collect();
        if path.len() != iterations.len() {
            return Ok(Err(format!("the run ended after {} records", path.len())));
        }
        let mut deficits = Vec::new();
        for potential in POTENTIALS {
            let norm = Norm::new(potential.horizon())?;
            let problem = HardMarginProblem::new(&self.rows, norm)?;
            let solution = match solve(&problem, &SvmSettings::default())? {
                Outcome::MaxMargin(solution) => solution,
                other => return Ok(Err(format!("the SVM of {norm} is not solved: {other}"))),
            };
            deficits.push(path.iter().map(|w| self.deficit(w, norm, &solution)).collect());
        }
        let horizon = Norm::new(self.config.potential.horizon())?;
        let norms = path.iter().map(|w| horizon.of(w)).collect();
        Ok(Ok(Approach { iterations, norms, deficits }))
    }

    /// One minus the margin of `w` as a share of the certified maximum; one of zero, where a threshold may keep it for a while.
    fn deficit(&self, w: &[f64], norm: Norm, solution: &MaxMargin) -> f64 {
        let mut margins = vec![0.0; self.rows.nrows()];
        self.rows.apply(w, &mut margins);
        let least = margins.into_iter().fold(f64::INFINITY, f64::min);
        let size = norm.of(w);
        if size > 0.0 { 1.0 - least / size / solution.interval.upper } else { 1.0 }
    }
}
