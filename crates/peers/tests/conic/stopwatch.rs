//! A stopwatch: what passed on the wall, and what this process spent of the processors.

use std::fs;
use std::time::Instant;

/// A running stopwatch.
pub struct Stopwatch {
    wall: Instant,
    processors: Option<f64>,
}

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub struct Elapsed {
    pub wall: f64,
    /// On all cores together, where the system says. Threads that end in between are not counted; the
    /// system's account lags behind by a few milliseconds, at the start as at the end.
    pub processors: Option<f64>,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { processors: processor_seconds(), wall: Instant::now() }
    }

    pub fn elapsed(&self) -> Elapsed {
        let wall = self.wall.elapsed().as_secs_f64();
        let now = processor_seconds();
        Elapsed { wall, processors: now.zip(self.processors).map(|(now, then)| now - then) }
    }
}

/// What the threads of this process have run so far (Linux).
fn processor_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let account = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += account.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(1e-9 * nanoseconds)
}
