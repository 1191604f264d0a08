//! A run at a selection that is known to be optimal, and its margins as shares of the certified ones.

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenScores,
    TokenSelection, gaussian_matrix,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorError, Optimizer};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, TrainError, TrainingState, as_key_query, constraint_weights,
    least_margin, sharpness, train,
};

use super::certified::{Certified, att_svm};
use super::excess_risk::ExcessRisk;
use super::geometry::Geometry;

/// The start, as a multiple of the solution of the AttSVM: attention is on the selection, but has not
/// all of its weight there.
const START_SIZE: f64 = 2.0;
/// A multiple at which nothing but the selected tokens has weight.
const FAR_OUT: f64 = 1e5;

/// The deviation of the start's entries from there, so that it lies on the ray of no geometry.
const NOISE_SIZE: f64 = 0.3;
/// The attention weight from which a token is the one selected, whatever the others have.
const MAJORITY: f64 = 0.5;

/// Data with their globally optimal selection, and a start that all methods share: near the solution of
/// its AttSVM at `$p = 2$`, so that attention favours it.
pub struct HeldSelection {
    planted: Planted,
    selection: TokenSelection,
    /// The solution of its AttSVM at `$p = 2$`.
    solution: Matrix,
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
        let planted = sizes.sample(Seed(seed))?;
        let scores = TokenScores::of(&planted.data, &planted.decoder)?;
        let selection = TokenSelection::optimal(&scores);
        let norm = LpNorm::new(2.0)?;
        Ok(att_svm(&planted.data, &selection, norm)?.map(|solution| {
            let solution = as_key_query(&planted.data, &solution);
            let mut start = solution.clone();
            let noise = gaussian_matrix(sizes.dim, sizes.dim, Seed(seed));
            for (w, noise) in start.as_mut_slice().iter_mut().zip(noise.as_slice()) {
                *w = START_SIZE * *w + NOISE_SIZE * noise;
            }
            Self { planted, selection, solution, start }
        }))
    }

    /// The AttSVM of the selection, certified.
    ///
    /// # Errors
    /// An exponent that is none; misuse of the solver.
    pub fn max_margin(&self, geometry: Geometry) -> Result<Certified, CellError> {
        geometry.att_svm(&self.planted.data, &self.selection)
    }

    /// The margin of `w`.
    pub fn margin(&self, w: &Matrix) -> f64 {
        least_margin(&self.planted.data, &self.selection, w)
    }

    /// The margin of `w` as a share of the largest, which `solution` bounds.
    ///
    /// # Errors
    /// An exponent that is none.
    pub fn share(
        &self,
        w: &Matrix,
        geometry: Geometry,
        solution: &MaxMargin,
    ) -> Result<f64, CellError> {
        Ok(self.margin(w) / geometry.norm(w)? / solution.interval.upper)
    }

    /// The risk that is approached when all weight goes to the selection.
    ///
    /// # Errors
    /// A decoder that doesn't fit the data.
    pub fn least_risk(&self) -> Result<f64, CellError> {
        let mut far = self.solution.clone();
        for w in far.as_mut_slice() {
            *w *= FAR_OUT;
        }
        Ok(self.risk()?.value(&[far])?)
    }

    /// The sharpness of a step of dual length `step` along the gradient at `w`.
    ///
    /// # Errors
    /// A matrix that doesn't fit the data.
    pub fn sharpness(&self, w: &Matrix, norm: LpNorm, step: f64) -> Result<f64, CellError> {
        let Planted { data, decoder } = &self.planted;
        let weights = constraint_weights(data, decoder, &self.selection, w, Loss::Logistic)?;
        let dual = mirrored(norm, w.as_slice());
        Ok(sharpness(data, &self.selection, norm, &weights, &dual, step))
    }

    /// The sharpness of a step of length one from the dual point of norm one along the solution of the AttSVM, with its
    /// multipliers as weights: what a run has, but for the size of its dual point, once it follows the solution.
    pub fn unit_sharpness(&self, norm: LpNorm, solution: &MaxMargin) -> f64 {
        let mut dual = mirrored(norm, solution.direction());
        let size = norm.dual_of(&dual);
        for u in &mut dual {
            *u /= size;
        }
        sharpness(&self.planted.data, &self.selection, norm, &solution.multipliers, &dual, 1.0)
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
        self.run_on(&self.risk()?, method, iterations)
    }

    /// The same on the [excess](ExcessRisk) of the risk, which is not lost in rounding.
    ///
    /// # Errors
    /// Data or numbers that the trainer refuses.
    pub fn run_on_excess<O: Optimizer>(
        &self,
        method: &O,
        iterations: &[u64],
    ) -> Result<Result<HeldRun, String>, CellError> {
        self.run_on(&ExcessRisk::new(&self.planted, &self.selection)?, method, iterations)
    }

    fn run_on<R: Risk, O: Optimizer>(
        &self,
        risk: &R,
        method: &O,
        iterations: &[u64],
    ) -> Result<Result<HeldRun, String>, CellError> {
        let mut snapshots = Snapshots::new(Schedule::At(iterations.to_vec()));
        let stopping = StoppingRule::after(iterations.last().copied().unwrap_or(0));
        let mut state = TrainingState::new(risk, method, vec![self.start.clone()])?;
        match train(risk, method, &mut state, &stopping, &mut snapshots) {
            Ok(_) => {}
            Err(
                TrainError::Mirror(MirrorError::Overflow { .. }) | TrainError::RiskNotFinite { .. },
            ) => return Ok(Err("a step left the range of f64".into())),
            Err(error) => return Err(error.into()),
        }
        let key_query = state.parameters.swap_remove(0);
        let weights = AttentionWeights::of(&key_query, &self.planted.data)?;
        if TokenSelection::from_saturated(&weights, MAJORITY).ok().as_ref() != Some(&self.selection)
        {
            return Ok(Err("the run did not keep the optimal selection".into()));
        }
        let mut path: Vec<_> = snapshots.taken().iter().map(|(_, w)| w[0].clone()).collect();
        path.resize(iterations.len(), key_query);
        Ok(Ok(HeldRun { path, steps: state.iteration }))
    }

    fn risk(&self) -> Result<KeyQueryRisk<'_>, CellError> {
        let Planted { data, decoder } = &self.planted;
        KeyQueryRisk::new(data, decoder, Loss::Logistic).map_err(CellError::from)
    }
}

/// The dual point of `w`.
pub fn mirrored(norm: LpNorm, w: &[f64]) -> Vec<f64> {
    let mut dual = vec![0.0; w.len()];
    norm.mirror_power().map(w, &mut dual);
    dual
}

/// Iterations about evenly spaced on a logarithmic axis, 0 and `last` included.
pub fn log_spaced(last: u64, per_decade: u32) -> Vec<u64> {
    match Schedule::log_spaced(last, per_decade) {
        Schedule::At(iterations) => iterations,
        Schedule::Every(_) => Vec::new(),
    }
}

/// Each iteration with the next.
pub fn with_next(recorded: &[u64]) -> Vec<u64> {
    let mut all: Vec<u64> = recorded.iter().flat_map(|k| [*k, k + 1]).collect();
    all.sort_unstable();
    all.dedup();
    all
}
