//! Ctrl-C: end at once or at the next chance, and say what is kept.

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

fn handle(handler: impl FnMut() + 'static + Send) {
    if let Err(error) = ctrlc::set_handler(handler) {
        note(&format!("warning: an interruption won't be explained: {error}"));
    }
}
