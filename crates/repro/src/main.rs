//! The `mirrorhead-repro` binary, which `cargo xtask reproduce|attgd|attsvm` builds and runs.

use std::process::ExitCode;

use mirrorhead_repro::{Cli, registry};

fn main() -> ExitCode {
    Cli::of_process().map_or_else(|status| status, |cli| cli.run(&registry())).into()
}
