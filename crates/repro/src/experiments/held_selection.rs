//! A run at a selection that is known to be optimal, and its margins as shares of the certified ones.

use mirrorhead_attention::{
    AttSvmOperator, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenScores,
    TokenSelection,
};
use mirrorhead_kernels::{LinearOperator, Matrix};
use mirrorhead_mirror::{LpNorm, Optimizer};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{Schedule, Snapshots, StoppingRule, as_key_query, train_key_query};

use super::certified::{Certified, att_svm};
use super::head::selection;
use crate::error::CellError;

/// The start, as a multiple of the solution of the AttSVM: attention is on the selection, but has not
/// all of its weight there.
const START: f64 = 2.0;
/// A multiple at which nothing but the selected tokens has weight.
const INFINITE: f64 = 1e5;

/// Data with their globally optimal selection, and a start that all methods share: on the ray of its
/// AttSVM at $p = 2$.
pub struct HeldSelection {
    planted: Planted,
    selection: TokenSelection,
    start: Matrix,
}

/// The iterates of a run that kept the selection, at the iterations asked for.
pub struct HeldRun {
    /// The key-query matrices. Where nothing moves any more, the last one stands for all later ones.
    pub path: Vec<Matrix>,
    /// The number of steps taken.
    pub steps: u64,
}

impl HeldSelection {
    /// Draws the data; `Err` in the inner place says why their selection has no AttSVM.
    ///
    /// # Errors
    /// Data of no size; misuse of the solver.
    pub fn sample(sizes: SphereTokens, seed: u64) -> Result<Result<Self, String>, CellError> {
        let planted = sizes.sample(Seed(seed)).map_err(CellError::new)?;
        let scores = TokenScores::of(&planted.data, &planted.decoder).map_err(CellError::new)?;
        let selection = TokenSelection::optimal(&scores);
        let norm = LpNorm::new(2.0).map_err(CellError::new)?;
        Ok(att_svm(&planted.data, &selection, norm)?.map(|solution| {
            let mut start = as_key_query(&planted.data, &solution);
            scale(&mut start, START);
            Self { planted, selection, start }
        }))
    }

    /// The AttSVM of the selection with exponent $p$, certified.
    ///
    /// # Errors
    /// Misuse of the solver.
    pub fn max_margin(&self, p: f64) -> Result<Certified, CellError> {
        att_svm(&self.planted.data, &self.selection, LpNorm::new(p).map_err(CellError::new)?)
    }

    /// The margin of `w` in the norm of `p` as a share of the largest, which `solution` bounds.
    ///
    /// # Errors
    /// An exponent that is none.
    pub fn share(&self, w: &Matrix, p: f64, solution: &MaxMargin) -> Result<f64, CellError> {
        let data = &self.planted.data;
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), self.selection.tokens());
        let norm = LpNorm::new(p).map_err(CellError::new)?.of(w.as_slice());
        let mut margins = vec![0.0; rows.nrows()];
        rows.apply(w.as_slice(), &mut margins);
        let least = margins.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(least / norm / solution.interval.upper)
    }

    /// The risk that is approached when all weight goes to the selection.
    ///
    /// # Errors
    /// A decoder that doesn't fit the data.
    pub fn least_risk(&self) -> Result<f64, CellError> {
        let mut far = self.start.clone();
        scale(&mut far, INFINITE);
        Ok(self.risk()?.value(&[far]))
    }

    /// Runs a method from the start; `Err` in the inner place says which hypothesis failed.
    ///
    /// # Errors
    /// Data or numbers that the trainer refuses.
    pub fn run<O: Optimizer>(
        &self,
        method: &O,
        iterations: &[u64],
    ) -> Result<Result<HeldRun, String>, CellError> {
        let mut snapshots = Snapshots::new(Schedule::At(iterations.to_vec()));
        let stopping = StoppingRule::after(iterations.last().copied().unwrap_or(0));
        let risk = self.risk()?;
        let trained = train_key_query(&risk, self.start.clone(), method, &stopping, &mut snapshots)
            .map_err(CellError::new)?;
        match selection(&trained.key_query, &self.planted.data)? {
            Err(reason) => return Ok(Err(reason)),
            Ok(now) if now != self.selection => {
                return Ok(Err("the run left the optimal selection".into()));
            }
            Ok(_) => {}
        }
        let mut path: Vec<_> = snapshots.taken().iter().map(|(_, w)| w[0].clone()).collect();
        path.resize(iterations.len(), trained.key_query);
        Ok(Ok(HeldRun { path, steps: trained.iterations }))
    }

    fn risk(&self) -> Result<KeyQueryRisk<'_>, CellError> {
        let Planted { data, decoder } = &self.planted;
        KeyQueryRisk::new(data, decoder, Loss::Logistic).map_err(CellError::new)
    }
}

/// Iterations about evenly spaced on a logarithmic axis, 0 and `last` included.
pub fn log_spaced(last: u64, per_decade: u32) -> Vec<u64> {
    match Schedule::log_spaced(last, per_decade) {
        Schedule::At(iterations) => iterations,
        Schedule::Every(_) => Vec::new(),
    }
}

fn scale(w: &mut Matrix, by: f64) {
    for w in w.as_mut_slice() {
        *w *= by;
    }
}
