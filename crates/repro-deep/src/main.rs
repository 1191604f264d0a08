//! The `mirrorhead-repro-deep` binary: `mirrorhead-repro` with the experiments on real data.

use std::process::ExitCode;

use clap::Parser;
use mirrorhead_repro::Cli;
use mirrorhead_repro_deep::registry;

fn main() -> ExitCode {
    Cli::parse().run(&registry()).into()
}
