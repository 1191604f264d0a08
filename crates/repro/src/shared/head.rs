//! A trained head of the synthetic study: ℓp-AttGD, what is recorded on the way, and the selection
//! it settles on.

use mirrorhead_attention::{
    AttentionWeights, Dataset, KeyQueryRisk, Loss, Planted, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{SATURATED, Schedule, Snapshots, StoppingRule, Trace, train_key_query};

/// The exponents of the paper's synthetic study.
pub const EXPONENTS: [f64; 3] = [1.75, 2.0, 3.0];

/// The step size of the normalized steps.
pub const STEP: f64 = 0.1;

/// A part of its steps by which the dual point grows at most where they zigzag, which they may for `$p < 2$`.
pub const ZIGZAGS: f64 = 0.98;

/// The paper's number of iterations for an exponent.
pub fn iterations(p: f64) -> u64 {
    if p < 2.0 {
        1_500
    } else if p > 2.0 {
        20_000
    } else {
        2_000
    }
}

/// A trained head.
pub struct TrainedHead {
    /// The key-query matrices along the run, with their iterations.
    pub path: Vec<(u64, Matrix)>,
    /// The risk at the same iterations.
    pub risks: Vec<f64>,
}

impl TrainedHead {
    /// The last key-query matrix.
    pub fn key_query(&self) -> &Matrix {
        &self.path[self.path.len() - 1].1
    }

    /// The position in the path from which on attention keeps to one selection.
    ///
    /// # Errors
    /// Matrices that don't fit the data.
    pub fn settled_at(
        &self,
        selection: &TokenSelection,
        data: &Dataset,
    ) -> Result<usize, CellError> {
        let mut settled = self.path.len() - 1;
        while settled > 0
            && self::selection(&self.path[settled - 1].1, data)?.as_ref() == Ok(selection)
        {
            settled -= 1;
        }
        Ok(settled)
    }
}

/// The selection that attention has settled on, or why it has none.
///
/// # Errors
/// A matrix that doesn't fit the data.
pub fn selection(
    key_query: &Matrix,
    data: &Dataset,
) -> Result<Result<TokenSelection, String>, CellError> {
    let weights = AttentionWeights::of(key_query, data)?;
    Ok(TokenSelection::from_saturated(&weights, SATURATED).map_err(|e| e.to_string()))
}

/// Trains a head by normalized ℓp-AttGD under the logistic loss, recording every so many iterations.
///
/// # Errors
/// Data or numbers that the trainer refuses.
pub fn train(
    planted: &Planted,
    start: Matrix,
    norm: LpNorm,
    iterations: u64,
    record_every: u64,
) -> Result<TrainedHead, CellError> {
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(STEP));
    let mut snapshots = Snapshots::new(Schedule::Every(record_every));
    let mut trace = Trace::every(record_every);
    let stopping = StoppingRule::after(iterations);
    let mut observer = (&mut snapshots, &mut trace);
    train_key_query(&risk, start, &method, &stopping, &mut observer)?;
    let path = snapshots.taken().iter().map(|(k, w)| (*k, w[0].clone())).collect();
    Ok(TrainedHead { path, risks: trace.points().iter().map(|point| point.risk).collect() })
}
