//! The `mirrorhead-gpu` binary: what is checked and measured on a machine with a GPU. `run.sh` beside it calls each part
//! in turn; `cargo xtask gpu` puts both into a folder to carry there.

#![forbid(unsafe_code)]
// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod epochs;
mod error;
mod optimizer_check;
mod processor;
mod time_limit;
mod training_steps;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mirrorhead_harness::{Device, note};
use serde::Serialize;

use error::GpuError;
use processor::BUILT_FOR;

/// The parts, each of which writes a JSON file into the folder of results.
#[derive(Debug, Parser)]
#[command(name = "mirrorhead-gpu", version)]
struct Cli {
    /// What computes; by default what this was built for.
    #[arg(long, value_enum, default_value_t = BUILT_FOR, global = true)]
    device: Device,
    /// The folder of results.
    #[arg(long, default_value = "results", global = true)]
    out: PathBuf,
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Steps of the optimizer, on the device and on the processor: `optimizer.json`
    Optimizer,
    /// Steps of training, their losses and times: `steps.json`
    Steps(training_steps::Sizes),
    /// Epochs of the experiment `imdb` within a time: `epochs-P.json`
    Epochs(epochs::Budget),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), GpuError> {
    let (device, out) = (cli.device, &cli.out);
    match &cli.part {
        Part::Optimizer => {
            let check = optimizer_check::check(device)?;
            write(out, "optimizer.json", &check)?;
            check.agreed()
        }
        Part::Steps(sizes) => write(out, "steps.json", &training_steps::measure(device, sizes)?),
        Part::Epochs(budget) => {
            let name = format!("epochs-{}.json", budget.p);
            write(out, &name, &epochs::train(device, budget)?)
        }
    }
}

/// Writes a result, all of it or nothing, and says where it is.
fn write(folder: &Path, name: &str, result: &impl Serialize) -> Result<(), GpuError> {
    let path = folder.join(name);
    let failed = |source| GpuError::File { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let json = serde_json::to_vec_pretty(result)
        .map_err(|error| GpuError::File { path: path.clone(), source: error.into() })?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, json).map_err(failed)?;
    fs::rename(&unfinished, &path).map_err(failed)?;
    note(&format!("wrote {}", path.display()));
    Ok(())
}
