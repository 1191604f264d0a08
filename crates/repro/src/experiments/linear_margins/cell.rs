//! A cell: what it depends on, what is run, and what comes out.

use std::fmt;

use mirrorhead_attention::{Seed, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_mirror::{
    Gradient, LinearRisk, Loss, LpNorm, MaxNorm, Memory, Method, MirrorDescent, Optimizer,
    PowerPotential, Primal, SteepestDescent, StepSize,
};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Norm, Outcome, SvmSettings, solve};
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, TrainingState, train};
use serde::{Deserialize, Serialize};

use crate::shared::growing_steps::steps;
use crate::shared::held_selection::log_spaced;

/// The exponents of the margins that are measured.
pub const EXPONENTS: [f64; 4] = [1.5, 2.0, 3.0, f64::INFINITY];

/// The methods.
pub const METHODS: [LinearMethod; 11] = [
    LinearMethod::Constant,
    LinearMethod::Normalized,
    LinearMethod::Mirror { p: 1.5 },
    LinearMethod::Mirror { p: 3.0 },
    LinearMethod::Steepest { p: 1.5 },
    LinearMethod::Steepest { p: 3.0 },
    LinearMethod::Sign,
    LinearMethod::NormalizedMomentum,
    LinearMethod::Nesterov,
    LinearMethod::Signum,
    LinearMethod::AdamWithoutEpsilon,
];

/// Recorded iterations a decade.
const PER_DECADE: u32 = 8;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearMethod {
    /// Gradient descent, constant steps.
    Constant,
    /// Gradient descent, normalized steps.
    Normalized,
    /// Mirror descent.
    Mirror {
        /// The exponent.
        p: f64,
    },
    /// Steepest descent in an ℓp norm.
    Steepest {
        /// The exponent.
        p: f64,
    },
    /// Sign descent.
    Sign,
    /// Normalized gradient descent with a heavy ball.
    NormalizedMomentum,
    /// The same with Nesterov's memory.
    Nesterov,
    /// Sign descent with a heavy ball.
    Signum,
    /// Adam without its epsilon.
    AdamWithoutEpsilon,
}

impl fmt::Display for LinearMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => write!(f, "gradient descent, constant"),
            Self::Normalized => write!(f, "gradient descent, normalized"),
            Self::Mirror { p } => write!(f, "mirror, p = {p}"),
            Self::Steepest { p } => write!(f, "steepest, p = {p}"),
            Self::Sign => write!(f, "sign"),
            Self::NormalizedMomentum => write!(f, "normalized momentum"),
            Self::Nesterov => write!(f, "normalized NAG"),
            Self::Signum => write!(f, "Signum"),
            Self::AdamWithoutEpsilon => write!(f, "Adam without epsilon"),
        }
    }
}

impl LinearMethod {
    /// The exponent of the margin that it is proven to maximise.
    pub fn target(self) -> f64 {
        match self {
            Self::Constant | Self::Normalized | Self::NormalizedMomentum | Self::Nesterov => 2.0,
            Self::Mirror { p } | Self::Steepest { p } => p,
            Self::Sign | Self::Signum | Self::AdamWithoutEpsilon => f64::INFINITY,
        }
    }

    /// Whether it remembers gradients.
    pub fn remembers(self) -> bool {
        matches!(
            self,
            Self::NormalizedMomentum | Self::Nesterov | Self::Signum | Self::AdamWithoutEpsilon
        )
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearConfig {
    /// The number of rows.
    pub n_rows: usize,
    /// Their dimension.
    pub dim: usize,
    /// Their seed.
    pub seed: u64,
    /// The method.
    pub method: LinearMethod,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or what was not certified.
pub type LinearOutcome = Result<Approach, String>;

/// The margins along a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approach {
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The norm of the iterate at each, in the method's own geometry.
    pub norms: Vec<f64>,
    /// The certified maximum of the margin there.
    pub margin: f64,
    /// The margin at each as a share of the certified maximum, for each of the [`EXPONENTS`].
    pub shares: Vec<Vec<f64>>,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &LinearConfig) -> Result<LinearOutcome, CellError> {
    let rows = gaussian_matrix(config.n_rows, config.dim, Seed(config.seed));
    let run = Run { config, rows: DenseRows::new(&rows) };
    let norm = |p: f64| LpNorm::new(p).map_err(CellError::from);
    let normalized = StepSize::DualNormalized(0.1);
    match config.method {
        LinearMethod::Constant => {
            run.approach(&MirrorDescent::gradient_descent(StepSize::Constant(0.1)))
        }
        LinearMethod::Normalized => run.approach(&MirrorDescent::gradient_descent(normalized)),
        LinearMethod::Mirror { p } => {
            run.approach(&MirrorDescent::new(PowerPotential::new(norm(p)?), steps(p)))
        }
        LinearMethod::Steepest { p } => run.approach(&SteepestDescent::new(norm(p)?, steps(2.0))),
        LinearMethod::Sign => run.approach(&SteepestDescent::new(MaxNorm, steps(2.0))),
        LinearMethod::NormalizedMomentum => run.approach(
            &MirrorDescent::gradient_descent(steps(2.0)).with_memory(Memory::HeavyBall(0.9)),
        ),
        LinearMethod::Nesterov => run.approach(
            &MirrorDescent::gradient_descent(steps(2.0)).with_memory(Memory::Nesterov(0.9)),
        ),
        LinearMethod::Signum => {
            let sign = SteepestDescent::new(MaxNorm, steps(2.0));
            run.approach(&sign.with_memory(Memory::HeavyBall(0.9)))
        }
        LinearMethod::AdamWithoutEpsilon => {
            let plain = Method::compose(Gradient, StepSize::Constant(1.0).decaying(0.5), Primal);
            run.approach(&plain.with_memory(Memory::Moments { mean: 0.9, square: 0.95 }))
        }
    }
}

struct Run<'a> {
    config: &'a LinearConfig,
    rows: DenseRows,
}

impl Run<'_> {
    fn approach(&self, method: &impl Optimizer) -> Result<LinearOutcome, CellError> {
        let risk = LinearRisk::new(&self.rows, Loss::Exponential)?;
        // Not at the start, which is zero and has no direction.
        let mut iterations = log_spaced(self.config.iterations, PER_DECADE);
        iterations.retain(|k| *k > 0);
        let mut snapshots = Snapshots::new(Schedule::At(iterations.clone()));
        let start = vec![Matrix::zeros(self.config.dim, 1)];
        let mut state = TrainingState::new(&risk, method, start)?;
        let stopping = StoppingRule::after(self.config.iterations);
        train(&risk, method, &mut state, &stopping, &mut snapshots)?;
        let path: Vec<_> = snapshots.taken().iter().map(|(_, w)| w[0].as_slice()).collect();
        if path.len() != iterations.len() {
            return Ok(Err(format!("the run ended after {} records", path.len())));
        }
        let (mut shares, mut margin) = (Vec::new(), f64::NAN);
        let target = self.config.method.target();
        let norms = Norm::new(target)?;
        let norms = path.iter().map(|w| norms.of(w)).collect();
        for p in EXPONENTS {
            let norm = Norm::new(p)?;
            let problem = HardMarginProblem::new(&self.rows, norm)?;
            let solution = match solve(&problem, &SvmSettings::default())? {
                Outcome::MaxMargin(solution) => solution,
                other => return Ok(Err(format!("the SVM of p = {p} is not solved: {other}"))),
            };
            if p == target {
                margin = solution.interval.upper;
            }
            shares.push(path.iter().map(|w| self.share(w, norm, &solution)).collect());
        }
        Ok(Ok(Approach { iterations, norms, margin, shares }))
    }

    /// The margin of `w` as a share of the certified maximum.
    fn share(&self, w: &[f64], norm: Norm, solution: &MaxMargin) -> f64 {
        let mut margins = vec![0.0; self.rows.nrows()];
        self.rows.apply(w, &mut margins);
        let least = margins.into_iter().fold(f64::INFINITY, f64::min);
        least / norm.of(w) / solution.interval.upper
    }
}
