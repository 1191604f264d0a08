//! The updates that were refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::{Bool, Int, Tensor};

/// How many updates of a tensor were refused, because the gradient or what the update leads to is
/// not finite.
///
/// A handle: clones, and all clones of the [`MirrorDescent`](crate::MirrorDescent) that it belongs
/// to, count the same updates.
#[derive(Debug, Clone, Default)]
pub struct RefusedUpdates {
    tally: Arc<Mutex<Tally>>,
}

#[derive(Debug, Default)]
struct Tally {
    counted: u64,
    /// Counted on the device; reading it would wait for the device, so a step does not.
    pending: Option<Tensor<1, Int>>,
}

impl RefusedUpdates {
    /// The number so far, over all tensors and steps. Waits for the device to finish its steps.
    pub fn count(&self) -> u64 {
        let mut tally = self.lock();
        if let Some(pending) = tally.pending.take() {
            tally.counted += pending.into_scalar::<u64>();
        }
        tally.counted
    }

    /// Counts an update that was refused, if it was.
    pub(super) fn record(&self, refused: Tensor<1, Bool>) {
        let refused = refused.int();
        let mut tally = self.lock();
        tally.pending = Some(match tally.pending.take() {
            Some(pending) => pending.to_device(&refused.device()) + refused,
            None => refused,
        });
    }

    /// Counts an update that was refused.
    pub(super) fn add_one(&self) {
        self.lock().counted += 1;
    }

    /// A count is right whatever panicked while it was held.
    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
