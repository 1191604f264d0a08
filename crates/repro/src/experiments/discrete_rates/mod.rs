//! Discrete rates: how fast each step rule of mirror descent approaches the max margin.

mod findings;

use std::fmt;

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::{About, CellError, Claim, Experiment, Profile, Scope, Summary};
use mirrorhead_mirror::{
    LpNorm, MirrorDescent, PowerPotential, ScheduledStep, StepSize, directional_bregman,
};
use serde::{Deserialize, Serialize};

use crate::shared::geometry::Geometry;
use crate::shared::held_selection::{HeldSelection, log_spaced};

/// The exponents of mirror descent.
pub const EXPONENTS: [f64; 5] = [1.1, 1.5, 1.75, 2.0, 3.0];
/// The step rules.
pub const RULES: [Rule; 5] =
    [Rule::Constant, Rule::Decaying, Rule::Normalized, Rule::NormalizedDecaying, Rule::Polyak];
/// The number of steps of a run.
const ITERATIONS: u64 = 100_000;
/// The number of steps of a run that shows whether everything works.
const QUICK_ITERATIONS: u64 = 20_000;
/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;

/// Step rules compared: direction and margin against iterations.
pub struct DiscreteRates;

/// A step rule, with the setting that all runs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// $\eta = 1$.
    Constant,
    /// $\eta = (k+1)^{-1/2}$.
    Decaying,
    /// $\eta = 0.1/\lVert g\rVert_q$.
    Normalized,
    /// $\eta = (k+1)^{-1/2}/\lVert g\rVert_q$.
    NormalizedDecaying,
    /// $\eta = (L - L_*)/\lVert g\rVert_q^2$, with the infimum $L_*$ of the risk at the selection.
    Polyak,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Decaying => "decaying",
            Self::Normalized => "normalized",
            Self::NormalizedDecaying => "normalized, decaying",
            Self::Polyak => "Polyak",
        })
    }
}

impl Rule {
    fn step(self, least_risk: f64) -> ScheduledStep {
        match self {
            Self::Constant => StepSize::Constant(1.0).into(),
            Self::Decaying => StepSize::Constant(1.0).decaying(0.5),
            Self::Normalized => StepSize::DualNormalized(0.1).into(),
            Self::NormalizedDecaying => StepSize::DualNormalized(1.0).decaying(0.5),
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
    /// One minus the margin's share of the certified maximum, at each.
    pub deficits: Vec<f64>,
    /// The certified relative gap of that maximum.
    pub relative_gap: f64,
    /// The number of steps after which nothing moved any more; all of them if it always did.
    pub steps: u64,
}

impl Experiment for DiscreteRates {
    type Config = RatesConfig;
    type Outcome = RatesOutcome;

    fn about(&self) -> About {
        About {
            name: "discrete-rates",
            group: "algorithms",
            title: "Step rules and how fast they find the margin",
            setting: "lp-AttGD on the paper's synthetic data (n = 6, T = 8, d = 10), logistic loss, from \
                      near twice the solution of the AttSVM at p = 2 of the globally optimal selection, \
                      100,000 steps: constant (1), decaying (1/sqrt(k+1)), normalized (0.1), normalized \
                      decaying (1/sqrt(k+1)), and Polyak with the infimum of the risk. Every step of \
                      every rule is one gradient and one inverse mirror map, so iterations are work.",
            expectation: "The paper proves rates for the plain method (divergence of order log log k / \
                          log k for p > 2, its square for p = 2, 1/(log k)^(p-1) for p < 2) and runs \
                          normalized steps, for which it proves none. Normalized steps keep the length \
                          that vanishing gradients take from constant ones.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<RatesConfig> {
        let data = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let iterations =
            if scope.profile == Profile::Quick { QUICK_ITERATIONS } else { ITERATIONS };
        let mut cells = Vec::new();
        for seed in scope.seeds(3, 20) {
            for p in EXPONENTS {
                let cell = |rule| RatesConfig { data, seed, p, rule, iterations };
                cells.extend(RULES.map(cell));
            }
        }
        cells
    }

    fn label(&self, config: &RatesConfig) -> String {
        format!("p = {}, {}, seed {}", config.p, config.rule, config.seed)
    }

    fn cost_seconds(&self, config: &RatesConfig) -> f64 {
        3e-6 * config.iterations as f64 + 0.02
    }

    fn run_cell(&self, config: &RatesConfig) -> Result<RatesOutcome, CellError> {
        let held = match HeldSelection::sample(config.data, config.seed)? {
            Ok(held) => held,
            Err(reason) => return Ok(Err(reason)),
        };
        let solution = match held.max_margin(Geometry::Lp(config.p))? {
            Ok(solution) => solution,
            Err(reason) => return Ok(Err(reason)),
        };
        let norm = LpNorm::new(config.p).map_err(CellError::new)?;
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
            deficits: run.path.iter().map(deficit).collect::<Result<_, _>>()?,
            relative_gap: solution.relative_gap(),
            steps: run.steps,
        }))
    }

    fn summarise(&self, cells: &[(RatesConfig, RatesOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}
