//! A stopwatch: what passed on the wall, and what this process spent of the processors.

use std::time::{Duration, Instant};

/// A running stopwatch.
pub struct Stopwatch {
    processors: Option<f64>,
    wall: Instant,
}

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub struct Elapsed {
    pub wall: f64,
    /// On all cores together, of all threads, where the system says.
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

/// What the threads of this process have run so far. One call of the system, of a fraction of a microsecond: the accounts under
/// `/proc` take longer to read than a small problem takes to solve.
#[cfg(unix)]
fn processor_seconds() -> Option<f64> {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::try_from(spent).ok()?.as_secs_f64())
}

#[cfg(not(unix))]
fn processor_seconds() -> Option<f64> {
    None
}
