//! Batches made ahead of their use, on a thread of their own.

use std::iter;
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::ThreadPoolBuilder;

/// Batches that wait to be used, at most.
const MOST_WAITING: usize = 4;

/// Gives `use_batches` the batches that `batches` makes, in their order. They are made meanwhile on one
/// other thread, which has a few of them ready and stops when no more are wanted.
pub fn made_ahead<B: Send, R>(
    batches: impl Iterator<Item = B> + Send,
    use_batches: impl FnOnce(&mut dyn Iterator<Item = B>) -> R,
) -> R {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(MOST_WAITING);
        scope.spawn(move || {
            // Making batches may be parallel work: it stays on this thread, beside a cell's own.
            let alone = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
            let mut batches = batches;
            while batches.next().is_some_and(|batch| sender.send(batch).is_ok()) {}
            drop(alone);
        });
        let mut received = receiver.into_iter();
        use_batches(&mut iter::from_fn(|| received.next()))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rayon::current_num_threads;

    use super::*;

    #[test]
    fn batches_come_in_order_and_all_of_them() {
        for n in [0, 1, MOST_WAITING, 100] {
            let doubled = made_ahead((0..n).map(|i| 2 * i), |batches| batches.collect::<Vec<_>>());
            assert_eq!(doubled, (0..n).map(|i| 2 * i).collect::<Vec<_>>());
        }
    }

    #[test]
    fn they_are_made_elsewhere_and_on_one_thread() {
        let here = thread::current().id();
        let made = (0..3).map(|_| (thread::current().id(), current_num_threads()));
        let made = made_ahead(made, |batches| batches.collect::<Vec<_>>());
        assert!(made.iter().all(|(thread, threads)| *thread != here && *threads == 1));
    }

    #[test]
    fn no_more_are_made_than_are_wanted_and_wait() {
        let made = AtomicUsize::new(0);
        let batches = (0..1_000).inspect(|_| {
            made.fetch_add(1, Ordering::Relaxed);
        });
        let taken = made_ahead(batches, |batches| batches.take(2).count());
        // Two used, those that wait, and one in the hands of the thread.
        assert!(taken == 2 && made.load(Ordering::Relaxed) <= 2 + MOST_WAITING + 1);
    }
}
