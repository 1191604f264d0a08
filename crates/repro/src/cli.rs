//! The command line of the binaries.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mirrorhead_attention::Loss;

use crate::commands;
use crate::exit::ExitStatus;
use crate::folder::workspace;
use crate::registry::Registry;
use crate::scope::{Device, Profile, Scope, default_data_dir};

/// Mirror descent for attention heads: the paper's experiments, and yours.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Recompute the paper's experiments, and write report.json and index.html.
    ///
    /// Exit status: 0 when every claim that was run is reproduced, 1 when one differs or an
    /// experiment failed, 2 for misuse, 4 when an experiment that was asked for is built on demand
    /// (`cargo xtask` then builds and runs it), 130 when interrupted.
    Reproduce(ReproduceArgs),
    /// Train a key-query matrix on your data by lp mirror descent, and certify its direction.
    ///
    /// Exit status: 0 for a certified result, 2 for misuse, 3 for a finding (not separable, not
    /// saturated, inconclusive), 130 when interrupted.
    Attgd(AttgdArgs),
    /// Solve the lp attention SVM of a token selection on your data, with a certificate.
    ///
    /// Exit status: 0 for a certified result, 2 for misuse, 3 for a finding (not separable,
    /// inconclusive), 130 when interrupted.
    Attsvm(AttsvmArgs),
}

/// Arguments of `reproduce`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// Experiments or groups to run [default: the group `synthetic`].
    pub names: Vec<String>,
    /// Run every experiment but those that are built on demand, which `real-data` or a name asks
    /// for.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// List the experiments and the claims they check, and stop.
    #[arg(long)]
    pub list: bool,
    /// How much to run.
    #[arg(long, value_enum, default_value_t = Profile::Paper)]
    pub profile: Profile,
    /// Number of seeds, instead of the profile's own.
    #[arg(long, value_name = "N")]
    pub seeds: Option<NonZeroU64>,
    /// Number of threads [default: one for each processor].
    #[arg(long, short, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Folder of the report and of the finished cells.
    #[arg(long, value_name = "DIR", default_value_os_t = default_out())]
    pub out: PathBuf,
    /// Keep the cells that are already finished (this is the default).
    #[arg(long)]
    pub resume: bool,
    /// Discard the cells that are already finished.
    #[arg(long, conflicts_with = "resume")]
    pub fresh: bool,
    /// When a cell fails, run the others all the same.
    #[arg(long)]
    pub keep_going: bool,
    /// Say what would be run and how long it would take, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Folder of the data files [default: $MIRRORHEAD_DATA_DIR, else `data` in the workspace, else
    /// `../shared/data` beside it].
    #[arg(long, value_name = "DIR", help_heading = "Real data")]
    pub data_dir: Option<PathBuf>,
    /// What trains the deep models.
    #[arg(long, value_enum, default_value_t = Device::Cpu, help_heading = "Real data")]
    pub device: Device,
    /// Compute the gradients of a batch this many samples at a time, and add them: takes less memory.
    #[arg(long, value_name = "N", help_heading = "Real data")]
    pub micro_batch: Option<NonZeroUsize>,
    /// Sentences with their decisive words [default: those in the data folder].
    #[arg(long, value_name = "FILE", help_heading = "Real data")]
    pub sentences: Option<PathBuf>,
}

/// More threads than any machine has processors for.
const MOST_JOBS: usize = 1024;

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .ok()
        .filter(|jobs: &NonZeroUsize| jobs.get() <= MOST_JOBS)
        .ok_or_else(|| format!("the number of threads must be from 1 to {MOST_JOBS}"))
}

/// Arguments of `attgd`.
#[derive(Debug, Args)]
pub struct AttgdArgs {
    /// Data: X, Y, Z, v and possibly W0, in JSON or NPZ.
    pub file: PathBuf,
    /// Exponent of the geometry, greater than 1; 2 is gradient descent.
    #[arg(long, short)]
    pub p: f64,
    /// Step size.
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    pub step: f64,
    /// Number of iterations [default: the paper's, 1500 for p < 2, 2000 for p = 2, 20000 for p > 2].
    #[arg(long, value_name = "N")]
    pub iters: Option<NonZeroU64>,
    /// Loss of the margin.
    #[arg(long, value_enum, default_value_t = LossName::Logistic)]
    pub loss: LossName,
    /// Multiply the step size by the gradient itself.
    #[arg(long)]
    pub constant: bool,
    /// Divide the gradient by its dual norm first (this is the default, as in the paper).
    #[arg(long, conflicts_with = "constant")]
    pub normalized: bool,
    /// Start: `zeros`, `file` (the data's W0), or a seed of Gaussian entries [default: the data's
    /// W0 if it has one, else zeros].
    #[arg(long, value_name = "zeros|file|SEED")]
    pub w0: Option<StartName>,
    /// Folder to write result.json to.
    #[arg(long, value_name = "DIR", default_value_os_t = default_out().join("attgd"))]
    pub out: PathBuf,
}

/// Arguments of `attsvm`.
#[derive(Debug, Args)]
pub struct AttsvmArgs {
    /// Data: X, Y, Z and v, in JSON or NPZ.
    pub file: PathBuf,
    /// Exponent of the norm, from 1 to inf, both included.
    #[arg(long, short)]
    pub p: f64,
    /// Selected tokens: a JSON file (a list, or a result.json), or `opt` for the tokens with the
    /// highest scores.
    #[arg(long, value_name = "FILE|opt")]
    pub selection: PathBuf,
    /// Folder to write result.json to.
    #[arg(long, value_name = "DIR", default_value_os_t = default_out().join("attsvm"))]
    pub out: PathBuf,
}

/// Names of the losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LossName {
    /// log(1 + exp(-x))
    Logistic,
    /// exp(-x)
    Exponential,
    /// -x
    Correlation,
}

impl From<LossName> for Loss {
    fn from(name: LossName) -> Self {
        match name {
            LossName::Logistic => Self::Logistic,
            LossName::Exponential => Self::Exponential,
            LossName::Correlation => Self::Correlation,
        }
    }
}

/// Where training starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartName {
    /// At zero.
    Zeros,
    /// At the data's `W0`.
    File,
    /// At a matrix of standard normal entries.
    Seed(u64),
}

impl std::str::FromStr for StartName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "zeros" => Ok(Self::Zeros),
            "file" => Ok(Self::File),
            _ => text.parse().map(Self::Seed).map_err(|_| {
                format!("`{text}` is neither `zeros`, nor `file`, nor a seed (a whole number)")
            }),
        }
    }
}

impl Cli {
    /// Runs the command with the experiments of this registry; an error is printed, and becomes an
    /// exit status.
    pub fn run(self, registry: &Registry) -> ExitStatus {
        let result = match self.command {
            Command::Reproduce(args) => commands::reproduce(&args, registry),
            Command::Attgd(args) => commands::attgd(&args),
            Command::Attsvm(args) => commands::attsvm(&args),
        };
        result.unwrap_or_else(|error| {
            eprintln!("error: {error}");
            ExitStatus::Misuse
        })
    }
}

impl ReproduceArgs {
    /// The part of the experiments that is asked for.
    pub fn scope(&self) -> Scope {
        Scope {
            profile: self.profile,
            seeds: self.seeds.map(NonZeroU64::get),
            device: self.device,
            micro_batch: self.micro_batch,
            data_dir: self.data_dir.clone().unwrap_or_else(default_data_dir),
            sentences: self.sentences.clone(),
        }
    }
}

/// `out` in the workspace that this was built in, or here when that has moved away.
fn default_out() -> PathBuf {
    workspace().map_or_else(|| PathBuf::from("out"), |workspace| workspace.join("out"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn threads_are_limited() {
        assert_eq!(parse_jobs("1024").unwrap().get(), 1024);
        for text in ["0", "-1", "1025", "100000", "many"] {
            assert!(parse_jobs(text).unwrap_err().contains("1 to 1024"), "{text}");
        }
    }

    #[test]
    fn starts_are_parsed() {
        assert_eq!("zeros".parse(), Ok(StartName::Zeros));
        assert_eq!("17".parse(), Ok(StartName::Seed(17)));
        assert!("-1".parse::<StartName>().unwrap_err().contains("seed"));
    }
}
