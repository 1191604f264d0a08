//! Ctrl-C: end at once or at the next chance, and say what is kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cells::{Consequence, Interruption};
use crate::exit::ExitStatus;
use crate::output::note;

/// From now on, an interruption prints this sentence and ends the program with status 130. Files
/// are written atomically, so that nothing is left half written.
pub fn say_on_interrupt(sentence: &'static str) {
    handle(move || end(sentence));
}

/// From now on, an interruption ends the program in the same way, once every running cell that needs
/// time for it has stopped; a second one waits for nothing.
pub fn stop_cells_on_interrupt(sentence: &'static str) -> Arc<Interruption> {
    let interruption = Arc::new(Interruption::new(move || end(sentence)));
    let raised = Arc::clone(&interruption);
    handle(move || {
        if let Consequence::WaitsFor(cells) = raised.raise() {
            let stop = if cells == 1 { "1 cell stops" } else { &format!("{cells} cells stop") };
            note(&format!("\ninterrupted: {stop} at the next checkpoint; once more ends at once"));
        }
    });
    interruption
}

fn end(sentence: &str) {
    note(&format!("\ninterrupted: {sentence}"));
    std::process::exit(ExitStatus::Interrupted.code().into());
}

/// From now on, a first interruption raises the flag that is returned, and a second one ends the
/// program.
pub fn raise_on_interrupt() -> Arc<AtomicBool> {
    let raised = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&raised);
    handle(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(ExitStatus::Interrupted.code().into());
        }
    });
    raised
}

/// Calls `handler` when somebody interrupts or ends this process.
fn handle(handler: impl FnMut() + 'static + Send) {
    if let Err(error) = on_ending(handler) {
        note(&format!("warning: an interruption won't be explained: {error}"));
    }
}

/// Calls `handler` when the process is interrupted or asked to end, or when its terminal goes away: unless it was
/// started so that it doesn't mind that, as `nohup` does.
#[cfg(unix)]
fn on_ending(mut handler: impl FnMut() + 'static + Send) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    let mut signals = Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup))?;
    std::thread::Builder::new().spawn(move || signals.forever().for_each(|_| handler()))?;
    Ok(())
}

/// Calls `handler` when the process is interrupted.
#[cfg(not(unix))]
fn on_ending(handler: impl FnMut() + 'static + Send) -> io::Result<()> {
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// Whether this process was started with this signal ignored, as far as the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
