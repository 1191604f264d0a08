//! The command line of the binaries.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mirrorhead_attention::Loss;
use mirrorhead_harness::{ExitStatus, Registry, ReproduceArgs, default_out, reproduce};

use crate::own_data;

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
            Command::Reproduce(args) => reproduce(&args, registry),
            Command::Attgd(args) => own_data::attgd(&args),
            Command::Attsvm(args) => own_data::attsvm(&args),
        };
        result.unwrap_or_else(|error| {
            eprintln!("error: {error}");
            ExitStatus::Misuse
        })
    }
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
    fn starts_are_parsed() {
        assert_eq!("zeros".parse(), Ok(StartName::Zeros));
        assert_eq!("17".parse(), Ok(StartName::Seed(17)));
        assert!("-1".parse::<StartName>().unwrap_err().contains("seed"));
    }
}
