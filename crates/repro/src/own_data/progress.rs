//! How far training is: a line that changes on a terminal, a line a minute elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mirrorhead_harness::{Pace, note};

/// The progress of one training run.
pub struct Progress {
    label: String,
    total: u64,
    pace: Pace,
    start: Instant,
    line: Option<ProgressBar>,
}

impl Progress {
    /// Progress towards `total` steps.
    pub fn towards(total: u64, label: String) -> Self {
        let line = stderr().is_terminal().then(|| {
            let line = ProgressBar::no_length();
            let style = ProgressStyle::with_template("{wide_msg}");
            line.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { label, total, pace: Pace::default(), start: Instant::now(), line }
    }

    /// Training is here.
    pub fn report(&mut self, step: u64, loss: f64) {
        let now = self.start.elapsed();
        let done = if self.total == 0 { 1.0 } else { step as f64 / self.total as f64 };
        let message = format!("step {step} of {}, loss {loss:.3e}", self.total);
        let text = self.pace.describe(now, done, &self.label, &message);
        match &self.line {
            Some(line) if now > Duration::from_millis(500) => line.set_message(text),
            None if self.pace.is_due(now) => note(&text),
            Some(_) | None => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
