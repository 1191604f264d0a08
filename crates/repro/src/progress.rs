//! Live progress with the time left; silent when nobody is watching.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::experiment::Cell;

/// A progress bar over cells, weighted by their cost; nothing when stderr is not a terminal.
pub struct Progress {
    bar: ProgressBar,
    done: Mutex<usize>,
    cells: usize,
}

impl Progress {
    /// Progress through these cells.
    pub fn over(cells: &[&Cell]) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(cells.iter().map(|cell| weight(cell)).sum()),
            ProgressDrawTarget::stderr(),
        );
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:32.cyan/dim} {percent:>3}%  {msg}  {elapsed} elapsed, {eta} left",
        ) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let progress = Self { bar, done: Mutex::new(0), cells: cells.len() };
        progress.show(0);
        progress
    }

    /// One more cell is done.
    pub fn finish(&self, cell: &Cell) {
        self.bar.inc(weight(cell));
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *done += 1;
        self.show(*done);
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, done: usize) {
        self.bar.set_message(format!("{done}/{} cells", self.cells));
    }
}

/// A cell's cost in milliseconds, at least 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn weight(cell: &Cell) -> u64 {
    (cell.cost_seconds * 1e3).max(1.0) as u64
}

/// A duration for people: `under 0.1 s`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        _ if seconds < 0.05 => "under 0.1 s".into(),
        _ if seconds < 9.95 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_read_well() {
        let words = [0.04, 9.94, 9.96, 59.4, 200.0, 7500.0].map(duration);
        assert_eq!(words, ["under 0.1 s", "9.9 s", "10 s", "59 s", "3 min 20 s", "2 h 5 min"]);
    }
}
