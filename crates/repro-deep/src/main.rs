//! The `mirrorhead-repro-deep` binary: `mirrorhead-repro` with the experiments on real data.

// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use mirrorhead_repro::Cli;
use mirrorhead_repro_deep::registry;

fn main() -> ExitCode {
    Cli::of_process().map_or_else(|status| status, |cli| cli.run(&registry())).into()
}
