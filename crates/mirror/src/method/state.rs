//! What a method keeps between two steps.

use mirrorhead_kernels::{LogScaled, Matrix};
use serde::{Deserialize, Serialize};

use super::memory::Recollection;
use crate::optimizer::{Spare, StepFactors};

/// The state of a [`Method`](crate::Method).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodState {
    pub(super) iteration: u64,
    pub(super) dual: Vec<Matrix>,
    #[serde(default, skip_serializing_if = "Recollection::is_empty")]
    pub(super) recollection: Recollection,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) average: Vec<Matrix>,
    #[serde(skip)]
    pub(super) scratch: Scratch,
}

/// The state of [`MirrorDescent`](crate::MirrorDescent).
pub type DualState = MethodState;

impl MethodState {
    pub(super) fn new(dual: Vec<Matrix>, average: Vec<Matrix>) -> Self {
        let (recollection, scratch) = (Recollection::default(), Scratch::default());
        Self { iteration: 0, dual, recollection, average, scratch }
    }

    /// Number of steps taken.
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// The dual points `$u_b = \nabla\psi(w_b)$`, one a tensor; with an average, those of the iterates `$z_b$`.
    /// Empty in the primal space without one.
    pub fn dual(&self) -> &[Matrix] {
        &self.dual
    }

    /// The averages of [`Memory::Averaging`](crate::Memory::Averaging), one a tensor; empty under any other memory.
    pub fn average(&self) -> &[Matrix] {
        &self.average
    }
}

/// Room for the next step, and the one before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pub(super) factors: StepFactors,
    pub(super) next_dual: Spare,
    pub(super) next: Spare,
    pub(super) next_average: Spare,
    pub(super) next_recollection: Recollection,
    pub(super) room: Vec<LogScaled<Matrix>>,
    pub(super) rescaled: Vec<LogScaled<Matrix>>,
}

/// Scratch is no part of the value of a state.
impl PartialEq for Scratch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl MethodState {
    /// Exchanges the next step, which is finished, with what was there before it, which is remembered.
    pub(super) fn commit(&mut self, parameters: &mut [Matrix]) {
        self.scratch.next_dual.exchange(&mut self.dual);
        self.scratch.next.exchange(parameters);
        self.exchange_memory();
        self.iteration += 1;
    }

    /// Takes the last step back, if it is remembered.
    pub(super) fn take_back(&mut self, parameters: &mut [Matrix]) -> bool {
        let undone = self.scratch.next.take_back(parameters);
        if undone {
            self.scratch.next_dual.take_back(&mut self.dual);
            self.exchange_memory();
            self.iteration -= 1;
        }
        undone
    }

    fn exchange_memory(&mut self) {
        if !self.average.is_empty() {
            self.scratch.next_average.exchange(&mut self.average);
        }
        // Empty under a memory of nothing.
        std::mem::swap(&mut self.recollection, &mut self.scratch.next_recollection);
    }
}
