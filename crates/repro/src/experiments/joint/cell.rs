//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{Dataset, JointRisk, Loss, Seed, SphereTokens, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::{MaxMargin, Outcome, SvmSettings};
use mirrorhead_trainer::{
    ACTIVE, Schedule, Snapshots, StoppingRule, between_max_margin_key_query, label_margin_loss,
    label_slacks, relaxed_max_margin_key_query, train_joint,
};
use serde::{Deserialize, Serialize};

use crate::shared::certified::{att_svm, decoder_svm};
use crate::shared::head::{EXPONENTS, STEP, selection};

/// More sequences than a decoder's SVM has support vectors at times, fewer than dimensions.
pub const SIZES: SphereTokens = SphereTokens { n_sequences: 5, n_tokens: 4, dim: 8 };

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// Their seed.
    pub seed: u64,
    /// The exponent of mirror descent.
    pub p: f64,
    /// The number of steps.
    pub iterations: u64,
}

/// What one run shows, or the hypothesis that failed.
pub type JointOutcome = Result<JointLimits, String>;

/// Where a run of ℓp-JointGD goes: directional Bregman divergences at a quarter of its steps and at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointLimits {
    /// The selection.
    pub selection: Vec<usize>,
    /// How far each selected token is beyond the label margin, for the decoder of norm one.
    pub slacks: Vec<f64>,
    /// The label margin `$\Gamma$`.
    pub label_margin: f64,
    /// The least loss of label margin for a unit of weight elsewhere: the theorem's `$\nu$`, as far as computed.
    pub label_margin_loss: f64,
    /// The ratio `$\lVert v\rVert_p/\lVert W\rVert_p$` at the end.
    pub ratio: f64,
    /// The margins asked of the sequences at this ratio.
    pub bounds: Vec<f64>,
    /// Of v to the decoder's SVM of each exponent.
    pub decoder: Vec<[f64; 2]>,
    /// Of W to the AttSVM of each exponent.
    pub full: Vec<[f64; 2]>,
    /// Of W to the relaxed AttSVM.
    pub relaxed: [f64; 2],
    /// Of W to the SVM between the two.
    pub between: [f64; 2],
    /// Of the solution between to that of the AttSVM, and of the relaxed AttSVM.
    pub apart: [f64; 2],
}

impl JointLimits {
    /// Whether every selected token supports the decoder's SVM.
    pub fn all_support(&self) -> bool {
        self.slacks.iter().all(|slack| *slack <= ACTIVE)
    }
}

/// The number of steps at an exponent.
pub fn iterations(p: f64) -> u64 {
    if p > 2.0 {
        120_000
    } else if p < 2.0 {
        8_000
    } else {
        12_000
    }
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &JointConfig) -> Result<JointOutcome, CellError> {
    let data = config.data.sample(Seed(config.seed))?.data;
    let norm = LpNorm::new(config.p)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(STEP));
    let recorded = vec![config.iterations / 4, config.iterations];
    let mut snapshots = Snapshots::new(Schedule::At(recorded));
    let dim = data.dim();
    let start = (Matrix::zeros(dim, dim), Matrix::zeros(dim, 1));
    let stopping = StoppingRule::after(config.iterations);
    let risk = JointRisk::new(&data, Loss::Logistic);
    train_joint(&risk, start, &method, &stopping, &mut snapshots)?;
    let [(_, early), (_, late)] = snapshots.taken() else {
        return Ok(Err("the run ended before its last step".into()));
    };
    Ok(match selection(&late[0], &data)? {
        Err(reason) => Err(reason),
        Ok(found) => limits(&data, &found, norm, [early, late])?,
    })
}

/// The SVMs of a selection, and how far from their solutions the run is at two of its iterates.
fn limits(
    data: &Dataset,
    selection: &TokenSelection,
    norm: LpNorm,
    iterates: [&Vec<Matrix>; 2],
) -> Result<JointOutcome, CellError> {
    let settings = SvmSettings::default().with_relative_gap(1e-12);
    let decoder = match decoder_svm(data, selection, norm)? {
        Ok(decoder) => decoder,
        Err(reason) => return Ok(Err(reason)),
    };
    let to = |svm: &MaxMargin, tensor: usize| {
        iterates.map(|w| directional_bregman(norm, svm.direction(), w[tensor].as_slice()))
    };
    let (mut decoders, mut full) = (Vec::new(), Vec::new());
    for p in EXPONENTS {
        let other = LpNorm::new(p)?;
        match (decoder_svm(data, selection, other)?, att_svm(data, selection, other)?) {
            (Ok(v), Ok(w)) => {
                decoders.push(to(&v, 1));
                full.push(to(&w, 0));
            }
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        }
    }
    let [w, v] = [0, 1].map(|tensor| norm.of(iterates[1][tensor].as_slice()));
    let ratio = v / w;
    let support = decoder.support(ACTIVE);
    let relaxed = relaxed_max_margin_key_query(data, selection, &support, norm, &settings)?;
    let between = between_max_margin_key_query(data, selection, &decoder, ratio, norm, &settings)?;
    let margin = label_margin_loss(data, selection, norm, &settings)?;
    let (Outcome::MaxMargin(relaxed), Some(between), Some(margin), Ok(own)) =
        (relaxed, between, margin, att_svm(data, selection, norm)?)
    else {
        return Ok(Err("an SVM of the selection is not solved".into()));
    };
    let apart = [&own, &relaxed]
        .map(|svm| directional_bregman(norm, svm.direction(), between.svm.direction()));
    Ok(Ok(JointLimits {
        selection: selection.tokens().to_vec(),
        slacks: label_slacks(data, selection, &decoder, norm),
        label_margin: margin.margin,
        label_margin_loss: margin.least,
        ratio,
        bounds: between.bounds,
        decoder: decoders,
        full,
        relaxed: to(&relaxed, 0),
        between: to(&between.svm, 0),
        apart,
    }))
}
