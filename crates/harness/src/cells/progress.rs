//! Live progress with the time left, also within cells; silent about short cells when nobody watches.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pace::Pace;
use crate::experiment::Cell;
use crate::output::note;

/// A progress bar over cells, weighted by their cost, and a line for every running cell that reports.
/// When stderr is not a terminal, only cells of more than a minute have a line, once a minute.
pub struct Progress {
    lines: MultiProgress,
    bar: ProgressBar,
    done: Mutex<usize>,
    cells: usize,
}

/// The progress of one running cell.
pub struct CellProgress<'a> {
    whole: &'a Progress,
    label: String,
    weight: u64,
    start: Instant,
    reported: Mutex<Reported>,
}

/// What a cell has reported so far.
#[derive(Default)]
struct Reported {
    pace: Pace,
    /// The part of its weight that is counted in the bar.
    counted: u64,
    /// Its line below the bar.
    line: Option<ProgressBar>,
}

impl Progress {
    /// Progress through these cells.
    pub fn over<'c>(cells: impl Iterator<Item = &'c Cell> + Clone) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = lines.add(ProgressBar::new(cells.clone().map(weight).sum()));
        bar.set_style(style(
            "{bar:32.cyan/dim} {percent:>3}%  {msg}  {elapsed} elapsed, {eta} left",
        ));
        if !lines.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let progress = Self { lines, bar, done: Mutex::new(0), cells: cells.count() };
        progress.show(0);
        progress
    }

    /// A cell starts.
    pub fn start(&self, cell: &Cell) -> CellProgress<'_> {
        CellProgress {
            whole: self,
            label: format!("{}, {}", cell.experiment, cell.label),
            weight: weight(cell),
            start: Instant::now(),
            reported: Mutex::default(),
        }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, done: usize) {
        self.bar.set_message(format!("{done}/{} cells", self.cells));
    }
}

impl CellProgress<'_> {
    /// This part of the cell's work is done, from 0 to 1.
    pub fn report(&self, done: f64, message: &str) {
        let done = if done.is_nan() { 0.0 } else { done.clamp(0.0, 1.0) };
        let mut reported = lock(&self.reported);
        let now = self.start.elapsed();
        let text = reported.pace.describe(now, done, &self.label, message);
        self.count(&mut reported, part(self.weight, done));
        if self.whole.lines.is_hidden() {
            if reported.pace.is_due(now) {
                note(&text);
            }
            return;
        }
        let line = reported.line.get_or_insert_with(|| {
            let line = self.whole.lines.add(ProgressBar::no_length());
            line.set_style(style("  {msg}"));
            line
        });
        line.set_message(text);
    }

    /// The cell has ended.
    pub fn finish(&self) {
        let mut reported = lock(&self.reported);
        self.count(&mut reported, self.weight);
        if let Some(line) = reported.line.take() {
            line.finish_and_clear();
            self.whole.lines.remove(&line);
        }
        let mut done = lock(&self.whole.done);
        *done += 1;
        self.whole.show(*done);
    }

    /// Counts the cell's work up to this weight in the bar.
    fn count(&self, reported: &mut Reported, weight: u64) {
        self.whole.bar.inc(weight.saturating_sub(reported.counted));
        reported.counted = reported.counted.max(weight);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cell's cost in milliseconds, at least 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn weight(cell: &Cell) -> u64 {
    (cell.cost_seconds * 1e3).max(1.0) as u64
}

/// A part, from 0 to 1, of a weight.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn part(weight: u64, done: f64) -> u64 {
    (weight as f64 * done) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(seconds: f64) -> Cell {
        let label = format!("{seconds} s");
        let (experiment, config, cost_seconds) = ("toy", label.as_str().into(), seconds);
        Cell {
            experiment,
            store_name: experiment,
            label,
            config,
            cost_seconds,
            fingerprint: "code",
        }
    }

    #[test]
    fn the_bar_advances_within_cells_that_report_and_at_the_end_of_every_cell() {
        let cells = [cell(3.0), cell(1.0)];
        let progress = Progress::over(cells.iter());
        let (long, short) = (progress.start(&cells[0]), progress.start(&cells[1]));
        let position = |done| {
            long.report(done, "epoch 1");
            progress.bar.position()
        };
        // It never goes back, nor beyond the cell's own part.
        assert_eq!([0.5, 0.25, f64::NAN, 0.75, 7.0].map(position), [1500, 1500, 1500, 2250, 3000]);
        short.finish();
        long.finish();
        assert_eq!(progress.bar.position(), 4000);
        assert_eq!(progress.bar.message(), "2/2 cells");
    }
}
