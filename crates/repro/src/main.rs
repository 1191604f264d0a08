//! The `mirrorhead-repro` binary, which `cargo xtask reproduce|attgd|attsvm` builds and runs.

// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use mirrorhead_repro::{Cli, registry};

fn main() -> ExitCode {
    Cli::of_process().map_or_else(|status| status, |cli| cli.run(&registry())).into()
}
