//! Ctrl-C: end at once or at the next chance, and say what is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::ExitStatus;

/// From now on, an interruption prints this sentence and ends the program with status 130. Files
/// are written atomically, so that nothing is left half written.
pub fn say_on_interrupt(sentence: &'static str) {
    handle(move || {
        eprintln!("\ninterrupted: {sentence}");
        std::process::exit(ExitStatus::Interrupted.code().into());
    });
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
        eprintln!("warning: an interruption won't be explained: {error}");
    }
}
