//! What is recorded along a run: the risk, the gradient and the key-query matrix at steps that a
//! logarithmic axis can show.

use std::collections::BTreeMap;

use mirrorhead_harness::read_kept;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::DualState;
use mirrorhead_trainer::{Iteration, Schedule, TrainingState};

use super::readers::{read_arrays, write_arrays};
use super::run_folder::{RunFolder, TRACE};

/// The most bytes that the matrices of a recording should take.
const MOST_BYTES: usize = 1 << 24;

/// One recorded step.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The risk.
    pub loss: f64,
    /// The logarithm of the gradient's largest entry.
    pub log_gradient: f64,
    /// The key-query matrix.
    pub key_query: Matrix,
}

/// The recorded steps of a run.
pub struct Recording {
    due: Vec<u64>,
    steps: BTreeMap<u64, Recorded>,
    dim: usize,
    /// Seconds of training before this process.
    pub seconds_before: f64,
}

impl Recording {
    /// Nothing recorded yet, of matrices of this dimension.
    pub fn new(dim: usize) -> Self {
        // Up to 10^5 steps; longer runs take a little more.
        let per_decade = (MOST_BYTES / (8 * dim * dim).max(1) / 5).clamp(1, 12);
        #[expect(clippy::cast_possible_truncation, reason = "at most 12")]
        let due = match Schedule::log_spaced(u64::MAX, per_decade as u32) {
            Schedule::At(due) => due,
            Schedule::Every(_) => Vec::new(),
        };
        Self { due, steps: BTreeMap::new(), dim, seconds_before: 0.0 }
    }

    /// What was recorded of this run before, if it is there and whole.
    pub fn read(folder: &RunFolder, dim: usize) -> Self {
        let mut recording = Self::new(dim);
        let _ = recording.fill(folder);
        recording
    }

    fn fill(&mut self, folder: &RunFolder) -> Option<()> {
        let bytes = read_kept(folder.path().join(TRACE)).ok()?;
        let names = ["iteration", "loss", "log_gradient", "key_query", "train_seconds"];
        let (arrays, comment) = read_arrays(&bytes, names).ok()?;
        if comment != folder.identity() {
            return None;
        }
        let [iterations, losses, gradients, matrices, seconds] = arrays;
        let size = self.dim * self.dim;
        let matrices = matrices?.into_values();
        let scalars = losses?.into_values().into_iter().zip(gradients?.into_values());
        let rows = iterations?.into_values().into_iter().zip(scalars);
        for ((iteration, (loss, log_gradient)), entries) in rows.zip(matrices.chunks_exact(size)) {
            let key_query = Matrix::from_fn(self.dim, self.dim, |i, j| entries[i * self.dim + j]);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "written so"
            )]
            self.steps.insert(iteration as u64, Recorded { loss, log_gradient, key_query });
        }
        self.seconds_before = *seconds?.values().first()?;
        Some(())
    }

    /// Records a step, if it is one of those.
    pub fn observe(&mut self, at: &Iteration<'_, DualState>) {
        if self.due.binary_search(&at.number()).is_ok() {
            self.steps.entry(at.number()).or_insert_with(|| Recorded {
                loss: at.risk,
                log_gradient: at.log_gradient(),
                key_query: at.state.parameters[0].clone(),
            });
        }
    }

    /// Records where a run ended, unless that is recorded; the gradient isn't known there any more.
    pub fn record_end<S>(&mut self, state: &TrainingState<S>, loss: f64) {
        self.steps.entry(state.iteration).or_insert_with(|| Recorded {
            loss,
            log_gradient: f64::NAN,
            key_query: state.parameters[0].clone(),
        });
    }

    /// The recorded steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = (u64, &Recorded)> {
        self.steps.iter().map(|(k, recorded)| (*k, recorded))
    }

    /// As an NPZ archive, with further columns of a number a step.
    ///
    /// # Errors
    /// More than the format holds.
    pub fn archive(
        &self,
        identity: &str,
        seconds: f64,
        columns: &[(&'static str, Vec<f64>)],
    ) -> std::io::Result<Vec<u8>> {
        let (n, dim) = (self.steps.len(), self.dim);
        let column =
            |of: &dyn Fn(u64, &Recorded) -> f64| self.steps().map(|(k, r)| of(k, r)).collect();
        let entries =
            |w: &Matrix| -> Vec<f64> { (0..dim * dim).map(|at| w[(at / dim, at % dim)]).collect() };
        let mut arrays: Vec<(&str, Vec<usize>, Vec<f64>)> = vec![
            ("iteration", vec![n], column(&|k, _| k as f64)),
            ("loss", vec![n], column(&|_, recorded| recorded.loss)),
            ("log_gradient", vec![n], column(&|_, recorded| recorded.log_gradient)),
            ("train_seconds", vec![1], vec![seconds]),
        ];
        arrays.extend(columns.iter().map(|(name, column)| (*name, vec![n], column.clone())));
        let matrices = self.steps.values().flat_map(|recorded| entries(&recorded.key_query));
        arrays.push(("key_query", vec![n, dim, dim], matrices.collect()));
        write_arrays(&arrays, identity)
    }
}
