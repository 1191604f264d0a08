//! How fast a cell advances: how long it still takes, and when to say so where nobody watches.

use std::time::Duration;

use crate::duration::duration;

/// The time between two lines about a cell, and the least that a cell must take to be spoken of.
const SPEAK_EVERY: Duration = Duration::from_mins(1);

/// What a cell has reported, against a clock that started with the cell.
#[derive(Debug, Default)]
pub struct Pace {
    /// Time and part of the work at the first report. A cell that goes on from a checkpoint starts
    /// with much of its work done.
    first: Option<(Duration, f64)>,
    /// When a line was last due.
    spoke: Duration,
}

impl Pace {
    /// A line for people: `label: 40%, message, 3 min 20 s left`.
    pub fn describe(&mut self, now: Duration, done: f64, label: &str, message: &str) -> String {
        let (start, before) = *self.first.get_or_insert((now, done));
        let elapsed = now.saturating_sub(start).as_secs_f64();
        let left = if done > before && elapsed > 0.0 {
            format!(", {} left", duration(elapsed * (1.0 - done) / (done - before)))
        } else {
            String::new()
        };
        let comma = if message.is_empty() { "" } else { ", " };
        format!("{label}: {:.0}%{comma}{message}{left}", (100.0 * done).floor())
    }

    /// Whether a line is due, for somebody who reads a log; at most once in a minute.
    pub fn is_due(&mut self, now: Duration) -> bool {
        let due = now.saturating_sub(self.spoke) >= SPEAK_EVERY;
        if due {
            self.spoke = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_time_left_counts_from_where_the_cell_went_on() {
        let mut pace = Pace::default();
        let mut say = |at, done| pace.describe(seconds(at), done, "seed 1", "epoch 3");
        assert_eq!(say(10, 0.5), "seed 1: 50%, epoch 3");
        assert_eq!(say(30, 0.75), "seed 1: 75%, epoch 3, 20 s left");
        assert_eq!(say(50, 1.0), "seed 1: 100%, epoch 3, under 0.1 s left");
    }

    #[test]
    fn a_log_has_a_line_a_minute_and_none_for_short_cells() {
        let mut pace = Pace::default();
        let due = [1, 59, 60, 61, 119, 121, 180, 181].map(|at| pace.is_due(seconds(at)));
        assert_eq!(due, [false, false, true, false, false, true, false, true]);
    }
}
