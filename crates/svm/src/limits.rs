//! When to stop regardless of the gap.

use std::time::{Duration, Instant};

use crate::outcome::StallReason;
use crate::progress::Progress;
use crate::{WatchedSettings, WorkCounters};

/// The limits of a solve in progress.
pub(crate) struct Limits<'a> {
    settings: &'a WatchedSettings<'a>,
    /// Read only where the settings ask for it.
    clock: Option<(Instant, Duration)>,
}

impl<'a> Limits<'a> {
    pub fn start(settings: &'a WatchedSettings<'a>) -> Self {
        Self { settings, clock: settings.time_limit.map(|limit| (Instant::now(), limit)) }
    }

    /// What is left of the time, if it is limited.
    pub fn remaining(&self) -> Option<Duration> {
        self.clock.map(|(start, limit)| limit.saturating_sub(start.elapsed()))
    }

    /// The limit that is reached, if one is.
    pub fn exceeded(&self, work: &WorkCounters) -> Option<StallReason> {
        if work.iterations >= self.settings.max_iterations {
            return Some(StallReason::IterationLimit);
        }
        self.check().err()
    }

    /// Tells the caller, if it wants to know, where the solve is.
    pub fn tell(&self, work: &WorkCounters, lower: f64, upper: f64) {
        self.settings.tell(|| Progress { iteration: work.iterations, lower, upper });
    }

    /// Whether the caller interrupts, or the time is up: asked within an iteration too, wherever it can take
    /// long.
    pub fn check(&self) -> Result<(), StallReason> {
        if self.settings.is_interrupted() {
            return Err(StallReason::Interrupted);
        }
        match self.clock {
            Some((start, limit)) if start.elapsed() >= limit => Err(StallReason::TimeLimit),
            _ => Ok(()),
        }
    }
}
