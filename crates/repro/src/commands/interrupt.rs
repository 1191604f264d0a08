//! Ctrl-C: end at once, and say what is kept.

use crate::exit::ExitStatus;

/// From now on, an interruption prints this sentence and ends the program with status 130. Files
/// are written atomically, so that nothing is left half written.
pub fn say_on_interrupt(sentence: &'static str) {
    let handler = move || {
        eprintln!("\ninterrupted: {sentence}");
        std::process::exit(ExitStatus::Interrupted.code().into());
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("warning: an interruption won't be explained: {error}");
    }
}
