//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    AttentionWeights, JointRisk, Loss, NoisyLabels, Planted, Seed, SphereTokens, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, dot, elementary, position_of_max};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{Schedule, StoppingRule, Trace, train_joint};
use serde::{Deserialize, Serialize};

use crate::shared::certified::decoder_svm;
use crate::shared::held_selection::log_spaced;

/// The exponents.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

pub const SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };

/// Labels of each input: those who disagree are two against one.
pub const ANNOTATORS: usize = 3;

pub const FLIPPED_SHARE: f64 = 0.2;

/// The constant step size: the paper's normalized steps would carry the outputs around their optimum.
pub const STEP: f64 = 1.0;

/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;

/// How near an output is to its log odds.
pub const NEAR_LOG_ODDS: f64 = 0.05;

/// The weight below which no token of an input is selected.
pub const SELECTED_FROM: f64 = 0.99;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelNoiseConfig {
    pub data: NoisyLabels,
    pub seed: u64,
    pub p: f64,
    pub step: f64,
    pub iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelNoiseOutcome {
    /// The least risk that any outputs have: the entropy of the labels given the input.
    pub entropy: f64,
    /// The iterations recorded.
    pub iterations: Vec<u64>,
    /// The risk at each.
    pub risks: Vec<f64>,
    /// The proof that no decoder separates the samples at the tokens of largest weight; none if one does.
    pub not_separable: Option<String>,
    /// Where the inputs end.
    pub inputs: Vec<Input>,
}

/// An input at the end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Whether its labels contradict one another.
    pub contradicted: bool,
    /// Its output, in the sense of the majority.
    pub output: f64,
    /// The logarithm of the odds of the majority.
    pub log_odds: Option<f64>,
    /// Its largest attention weight.
    pub weight: f64,
}

impl LabelNoiseOutcome {
    pub fn contradicted(&self) -> bool {
        self.inputs.iter().any(|input| input.contradicted)
    }

    /// How far the risk is above the entropy, at each recorded iteration.
    pub fn excess(&self) -> impl Iterator<Item = f64> {
        self.risks.iter().map(|risk| risk - self.entropy)
    }
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &LabelNoiseConfig) -> Result<LabelNoiseOutcome, CellError> {
    let Planted { data, .. } = config.data.sample(Seed(config.seed))?;
    let norm = LpNorm::new(config.p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(config.step));
    let dim = data.dim();
    let start = (Matrix::zeros(dim, dim), Matrix::zeros(dim, 1));
    let risk = JointRisk::new(&data, Loss::Logistic);
    let recorded = log_spaced(config.iterations, PER_DECADE);
    let mut trace = Trace::new(Schedule::At(recorded));
    let stopping = StoppingRule::after(config.iterations);
    let trained = train_joint(&risk, start, &method, &stopping, &mut trace)?;

    let weights = AttentionWeights::of(&trained.key_query, &data)?;
    let favoured =
        (0..data.len()).map(|i| position_of_max(weights.sequence(i))).collect::<Vec<_>>();
    let selection = TokenSelection::new(favoured.clone(), &data)?;
    let inputs = (0..data.len()).step_by(config.data.annotators).map(|first| {
        let labels = &data.labels()[first..first + config.data.annotators];
        let sum: f64 = labels.iter().sum();
        let (n, majority) = (labels.len() as f64, sum.signum());
        let token = |t: usize| dot(data.tokens().token(first, t), trained.decoder.as_slice());
        let weighted = weights.sequence(first).iter().enumerate().map(|(t, s)| s * token(t));
        let contradicted = sum.abs() < n;
        Input {
            contradicted,
            output: majority * weighted.sum::<f64>(),
            log_odds: contradicted.then(|| elementary::ln((n + sum.abs()) / (n - sum.abs()))),
            weight: weights.sequence(first)[favoured[first]],
        }
    });
    let inputs: Vec<_> = inputs.collect();
    let entropy = |input: &Input| input.log_odds.map_or(0.0, binary_entropy);
    Ok(LabelNoiseOutcome {
        entropy: inputs.iter().map(entropy).sum::<f64>() / inputs.len() as f64,
        iterations: trace.points().iter().map(|point| point.iteration).collect(),
        risks: trace.points().iter().map(|point| point.risk).collect(),
        not_separable: decoder_svm(&data, &selection, norm)?.err(),
        inputs,
    })
}

/// The entropy of a binary variable with these log odds.
fn binary_entropy(log_odds: f64) -> f64 {
    let (least, odds) = (elementary::exp(-log_odds.abs()), log_odds.abs());
    elementary::ln_1p(least) + odds * least / (1.0 + least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entropy_is_that_of_the_probabilities() {
        let two_to_one = 2f64.ln();
        let expected = -(2.0 / 3.0 * (2.0f64 / 3.0).ln() + 1.0 / 3.0 * (1.0f64 / 3.0).ln());
        assert!((binary_entropy(two_to_one) - expected).abs() < 1e-15);
        assert!((binary_entropy(0.0) - 2f64.ln()).abs() < 1e-15);
    }
}
