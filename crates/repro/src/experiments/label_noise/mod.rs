//! Label noise: what joint training does where no decoder separates the samples.

use mirrorhead_attention::{
    AttentionWeights, JointRisk, Loss, NoisyLabels, Planted, Seed, SphereTokens, TokenSelection,
};
use mirrorhead_harness::statistics::{band_of, measurement};
use mirrorhead_harness::{
    About, Axis, CellError, Claim, Exclusion, Experiment, Figure, Finding, Obtained, Profile,
    Scope, Series, Summary, Verdict,
};
use mirrorhead_kernels::{Matrix, dot, position_of_max};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{Schedule, StoppingRule, Trace, train_joint};
use serde::{Deserialize, Serialize};

use crate::shared::certified::decoder_svm;
use crate::shared::held_selection::log_spaced;

/// The exponents.
const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];
const SIZES: SphereTokens = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
/// Labels of each input: those who disagree are two against one.
const ANNOTATORS: usize = 3;
const FLIPPED: f64 = 0.2;
/// The constant step size: the paper's normalized steps would carry the outputs around their optimum.
const STEP: f64 = 1.0;
/// Recorded iterations a decade.
const PER_DECADE: u32 = 6;
/// How near an output is to its log odds.
const NEAR: f64 = 0.05;
/// The weight below which no token of an input is selected.
const SELECTED: f64 = 0.99;

/// lp-JointGD on inputs labelled by several annotators.
pub struct LabelNoise;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelNoiseConfig {
    data: NoisyLabels,
    seed: u64,
    p: f64,
    step: f64,
    iterations: u64,
}

/// What one run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelNoiseOutcome {
    /// The least risk that any outputs have: the entropy of the labels given the input.
    entropy: f64,
    /// The iterations recorded.
    iterations: Vec<u64>,
    /// The risk at each.
    risks: Vec<f64>,
    /// The proof that no decoder separates the samples at the tokens of largest weight; none if one does.
    not_separable: Option<String>,
    /// Where the inputs end.
    inputs: Vec<Input>,
}

/// An input at the end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Input {
    /// Whether its labels contradict one another.
    contradicted: bool,
    /// Its output, in the sense of the majority.
    output: f64,
    /// The logarithm of the odds of the majority.
    log_odds: Option<f64>,
    /// Its largest attention weight.
    weight: f64,
}

impl Experiment for LabelNoise {
    type Config = LabelNoiseConfig;
    type Outcome = LabelNoiseOutcome;

    fn about(&self) -> About {
        About {
            name: "label-noise",
            group: "algorithms",
            title: "Labels that contradict one another",
            setting: "Six inputs of the paper's kind (T = 8, d = 10), each labelled three times, each label wrong with \
                      probability 0.2. lp-JointGD from W = 0, v = 0, logistic loss, constant step 1, 10,000 steps \
                      (paper profile: 100,000).",
            expectation: "Not in the paper, whose theorem on joint training needs labels that the decoder can separate. \
                          Here it can't, whatever tokens are selected: the decoder's SVM is refuted by a Farkas \
                          certificate, while the AttSVM of a selection still has a solution.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim {
                key: "noise-not-separable",
                statement: "no decoder separates contradicted inputs, at whatever tokens attention favours",
                expected: "for every run with a contradicted input the solver refutes the decoder's SVM by a \
                           certificate, and for no other",
            },
            Claim {
                key: "noise-log-odds",
                statement: "jointly trained, contradicted inputs end at the log odds of their labels with their \
                            attention spread, and the risk at the entropy of the labels",
                expected: "every contradicted input: output within 0.05 of its log odds, largest weight below 0.99; \
                           every run: risk above the entropy, and its excess at most 1% of that at the start",
            },
        ]
    }

    fn cells(&self, scope: &Scope) -> Vec<LabelNoiseConfig> {
        let iterations = if scope.profile == Profile::Quick { 10_000 } else { 100_000 };
        let data = NoisyLabels { sizes: SIZES, annotators: ANNOTATORS, flipped: FLIPPED };
        let cell = |seed, p| LabelNoiseConfig { data, seed, p, step: STEP, iterations };
        scope.seeds(3, 20).flat_map(|seed| EXPONENTS.map(|p| cell(seed, p))).collect()
    }

    fn label(&self, config: &LabelNoiseConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, config: &LabelNoiseConfig) -> f64 {
        4e-6 * config.iterations as f64
    }

    fn run_cell(&self, config: &LabelNoiseConfig) -> Result<LabelNoiseOutcome, CellError> {
        let Planted { data, .. } = config.data.sample(Seed(config.seed)).map_err(CellError::new)?;
        let norm = LpNorm::new(config.p).map_err(CellError::new)?;
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::Constant(config.step));
        let dim = data.dim();
        let start = (Matrix::zeros(dim, dim), Matrix::zeros(dim, 1));
        let risk = JointRisk::new(&data, Loss::Logistic);
        let recorded = log_spaced(config.iterations, PER_DECADE);
        let mut trace = Trace::new(Schedule::At(recorded));
        let stopping = StoppingRule::after(config.iterations);
        let trained =
            train_joint(&risk, start, &method, &stopping, &mut trace).map_err(CellError::new)?;

        let weights = AttentionWeights::of(&trained.key_query, &data).map_err(CellError::new)?;
        let favoured =
            (0..data.len()).map(|i| position_of_max(weights.sequence(i))).collect::<Vec<_>>();
        let selection = TokenSelection::new(favoured.clone(), &data).map_err(CellError::new)?;
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
                log_odds: contradicted.then(|| ((n + sum.abs()) / (n - sum.abs())).ln()),
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

    fn summarise(&self, cells: &[(LabelNoiseConfig, LabelNoiseOutcome)]) -> Summary {
        let without = cells.iter().filter(|(_, outcome)| !outcome.contradicted());
        let without: Vec<_> = without.map(|(config, _)| self.label(config)).collect();
        let excluded = Exclusion { reason: "no input is contradicted".into(), cells: without };
        Summary {
            figures: vec![excess(cells)],
            findings: vec![not_separable(cells), log_odds(cells)],
            excluded: Some(excluded).into_iter().filter(|e| !e.cells.is_empty()).collect(),
        }
    }
}

/// The entropy of a binary variable with these log odds.
fn binary_entropy(log_odds: f64) -> f64 {
    let (least, odds) = ((-log_odds.abs()).exp(), log_odds.abs());
    least.ln_1p() + odds * least / (1.0 + least)
}

impl LabelNoiseOutcome {
    fn contradicted(&self) -> bool {
        self.inputs.iter().any(|input| input.contradicted)
    }

    /// How far the risk is above the entropy, at each recorded iteration.
    fn excess(&self) -> impl Iterator<Item = f64> {
        self.risks.iter().map(|risk| risk - self.entropy)
    }
}

type Cells = [(LabelNoiseConfig, LabelNoiseOutcome)];

fn not_separable(cells: &Cells) -> Finding {
    let (refuted, others): (Vec<_>, Vec<_>) =
        cells.iter().map(|(_, outcome)| outcome).partition(|outcome| outcome.contradicted());
    let n_refuted = refuted.iter().filter(|outcome| outcome.not_separable.is_some()).count();
    let n_others = others.iter().filter(|outcome| outcome.not_separable.is_some()).count();
    let text = format!(
        "refuted in {n_refuted} of {} runs with a contradicted input, and in {n_others} of {} others",
        refuted.len(),
        others.len()
    );
    let held = n_refuted == refuted.len() && n_others == 0;
    let verdict = if refuted.is_empty() { Verdict::NotRun } else { Verdict::from_check(held) };
    let obtained = Obtained { text, measurements: Vec::new(), n: cells.len() };
    Finding { key: "noise-not-separable", obtained, verdict }
}

fn log_odds(cells: &Cells) -> Finding {
    let runs: Vec<_> = cells.iter().filter(|(_, outcome)| outcome.contradicted()).collect();
    let inputs = || runs.iter().flat_map(|(_, outcome)| &outcome.inputs);
    let contradicted = || inputs().filter(|input| input.contradicted);
    let off: Vec<f64> =
        contradicted().filter_map(|input| Some((input.output - input.log_odds?).abs())).collect();
    let spread: Vec<f64> = contradicted().map(|input| input.weight).collect();
    let agreed: Vec<f64> =
        inputs().filter(|input| !input.contradicted).map(|input| input.weight).collect();
    let excess: Vec<f64> = runs
        .iter()
        .filter_map(|(_, outcome)| Some(outcome.excess().last()? / outcome.excess().next()?))
        .collect();
    let n_near = off.iter().filter(|off| **off <= NEAR).count();
    let n_spread = spread.iter().filter(|weight| **weight < SELECTED).count();
    let n_low = excess.iter().filter(|excess| (0.0..=0.01).contains(*excess)).count();
    let text = format!(
        "{n_near} of {} contradicted inputs end within {NEAR} of their log odds, {n_spread} with no token \
         selected; the risk is within 1% of the entropy in {n_low} of {} runs",
        off.len(),
        runs.len()
    );
    let held = n_near == off.len() && n_spread == spread.len() && n_low == runs.len();
    let verdict = if runs.is_empty() { Verdict::NotRun } else { Verdict::from_check(held) };
    let measurements = [
        measurement("distance of contradicted outputs from the log odds", &off),
        measurement("largest attention weight, contradicted inputs", &spread),
        measurement("largest attention weight, agreed inputs", &agreed),
        measurement("excess risk at the end, as a part of that at the start", &excess),
    ];
    let measurements = measurements.into_iter().flatten().collect();
    let obtained = Obtained { text, measurements, n: runs.len() };
    Finding { key: "noise-log-odds", obtained, verdict }
}

/// How far the risk is above the entropy of the labels, along the runs.
fn excess(cells: &Cells) -> Figure {
    let series = EXPONENTS.iter().enumerate().filter_map(|(hue, p)| {
        let of = cells.iter().filter(|(config, outcome)| config.p == *p && outcome.contradicted());
        let runs: Vec<_> = of.map(|(_, outcome)| outcome).collect();
        let iterations = &runs.first()?.iterations;
        let at = |k: usize| runs.iter().filter_map(|run| run.excess().nth(k)).collect::<Vec<_>>();
        let values = iterations.iter().enumerate().map(|(k, iteration)| (*iteration as f64, at(k)));
        Some(Series::new(format!("p = {p}"), hue, band_of(values)))
    });
    Figure {
        key: "excess".into(),
        title: "Risk above the entropy of the labels".into(),
        caption: "What is left of the risk over the least that any outputs can have: mean and 5th to 95th percentile \
                  of the runs with a contradicted input."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("excess risk"),
        series: series.collect(),
    }
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
