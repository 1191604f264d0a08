//! When to look at a clock within a loop whose steps take microseconds or minutes.

use std::time::{Duration, Instant};

/// Tells about every twentieth of a second, without reading the clock at every step.
pub struct Clock {
    interval: u64,
    next: u64,
    looked: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { interval: 1, next: 0, looked: Instant::now() }
    }

    /// Whether it is time to look at what takes longer than a step.
    pub fn is_time_to_look(&mut self, step: u64) -> bool {
        // A step before the first one is another run's.
        if step < self.next && step + self.interval >= self.next {
            return false;
        }
        let passed = self.looked.elapsed();
        self.looked = Instant::now();
        if passed < Duration::from_millis(25) {
            self.interval = (2 * self.interval).min(1 << 16);
        } else if passed > Duration::from_millis(100) {
            self.interval = (self.interval / 2).max(1);
        }
        self.next = step + self.interval;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_steps_are_looked_at_seldom_and_slow_ones_always() {
        let mut clock = Clock::start();
        let looks = (0..100_000).filter(|step| clock.is_time_to_look(*step)).count();
        assert!((1..1_000).contains(&looks), "{looks}");
        let mut clock = Clock::start();
        for step in 0..4 {
            std::thread::sleep(Duration::from_millis(110));
            assert!(clock.is_time_to_look(step));
        }
    }
}
