//! The `mirrorhead-repro-deep` binary: `mirrorhead-repro` with the experiments on real data.

use std::process::ExitCode;

use mirrorhead_repro::Cli;
use mirrorhead_repro_deep::registry;

fn main() -> ExitCode {
    Cli::of_process().map_or_else(|status| status, |cli| cli.run(&registry())).into()
}
