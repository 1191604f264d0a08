//! Ctrl-C while cells run: those that can be resumed get time to stop, the others don't.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether the run shall end, and how many running cells need time for it.
///
/// At a first interruption, running cells that have asked [`is_raised`](Deferral::is_raised) before
/// are waited for: they stop at their next checkpoint. With the last of them, or at once when there
/// is none, or at a second interruption, the run ends: cells that never ask are not waited for.
pub struct Interruption {
    state: Mutex<State>,
    end: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    raised: bool,
    deferring: usize,
}

/// What follows from an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The run has been ended.
    Ended,
    /// It ends once this many cells have stopped.
    WaitsFor(usize),
}

/// A running cell that is waited for when the run is interrupted.
pub struct Deferral<'a> {
    interruption: &'a Interruption,
}

impl Interruption {
    /// Nothing has interrupted yet; `end` is what ends the run. It is called at most twice.
    pub fn new(end: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::default(), end: Box::new(end) }
    }

    /// The run shall end.
    pub fn raise(&self) -> Consequence {
        let mut state = self.state();
        let again = std::mem::replace(&mut state.raised, true);
        if again || state.deferring == 0 {
            (self.end)();
            Consequence::Ended
        } else {
            Consequence::WaitsFor(state.deferring)
        }
    }

    /// Whether the run shall end: no further cell is started then.
    pub fn is_raised(&self) -> bool {
        self.state().raised
    }

    /// From now on one more running cell is waited for, until what is returned is dropped.
    pub fn defer(&self) -> Deferral<'_> {
        self.state().deferring += 1;
        Deferral { interruption: self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deferral<'_> {
    /// Whether the cell shall stop at its next checkpoint.
    pub fn is_raised(&self) -> bool {
        self.interruption.is_raised()
    }
}

impl Drop for Deferral<'_> {
    fn drop(&mut self) {
        let mut state = self.interruption.state();
        state.deferring -= 1;
        if state.raised && state.deferring == 0 {
            (self.interruption.end)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn counted() -> (Interruption, Arc<AtomicUsize>) {
        let ends = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ends);
        let end = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        (Interruption::new(end), ends)
    }

    #[test]
    fn without_a_cell_that_needs_time_the_run_ends_at_once() {
        let (interruption, ends) = counted();
        drop(interruption.defer());
        assert_eq!(ends.load(Ordering::Relaxed), 0);
        assert_eq!(interruption.raise(), Consequence::Ended);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn it_ends_with_the_last_cell_that_needs_time() {
        let (interruption, ends) = counted();
        let (one, two) = (interruption.defer(), interruption.defer());
        assert!(!one.is_raised());
        assert_eq!(interruption.raise(), Consequence::WaitsFor(2));
        assert!(one.is_raised() && two.is_raised());
        drop(one);
        assert_eq!(ends.load(Ordering::Relaxed), 0);
        drop(two);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_second_interruption_waits_for_nobody() {
        let (interruption, ends) = counted();
        let cell = interruption.defer();
        interruption.raise();
        assert_eq!(interruption.raise(), Consequence::Ended);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
        drop(cell);
    }
}
