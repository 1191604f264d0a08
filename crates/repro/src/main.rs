//! The `mirrorhead-repro` binary, which `cargo xtask reproduce|attgd|attsvm` builds and runs.

use std::process::ExitCode;

use clap::Parser;
use mirrorhead_repro::{Cli, registry};

fn main() -> ExitCode {
    Cli::parse().run(&registry()).into()
}
