//! The command line of the binaries.

use clap::{Parser, Subcommand};
use mirrorhead_harness::{
    ExitStatus, Registry, ReproduceArgs, note, reproduce, say, status_after_output,
};

use crate::own_data::{self, AttgdArgs, AttsvmArgs};

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
    /// Exit status: 0 when every claim of the paper that was judged is reproduced (claims beyond it may
    /// differ, and are named), or when a shard's cells are kept; 1 when one differs or an experiment failed, 2 for misuse, 4 when an experiment that was asked for is built on demand
    /// (`cargo xtask` then builds and runs it), 130 when interrupted.
    Reproduce(Box<ReproduceArgs>),
    /// Train a key-query matrix on your data by ℓp mirror descent, and certify its direction.
    ///
    /// Exit status: 0 for a certified result, 2 for misuse, 3 for a finding (not separable, not
    /// saturated, inconclusive), 130 when interrupted.
    Attgd(AttgdArgs),
    /// Solve the ℓp attention SVM of a token selection on your data, with a certificate.
    ///
    /// Exit status: 0 for a certified result, 2 for misuse, 3 for a finding (not separable,
    /// inconclusive), 130 when interrupted.
    Attsvm(AttsvmArgs),
    /// Fit a certified ℓp SVM to rows with labels: soft or hard margin, with or without an intercept.
    ///
    /// Exit status: 0 for a certified result, 2 for misuse, 3 for a finding (not separable,
    /// inconclusive), 130 when interrupted.
    Svm(own_data::SvmArgs),
    /// Check a result.json of attsvm, attgd or svm against its data, in exact arithmetic and without the solver.
    ///
    /// What is checked is bounds and proofs, of the data as doubles; not what describes the run, or follows from it (accuracy, support).
    /// Exit status: 0 if these are proven, 1 if they aren't, 2 for misuse, 3 if nothing is claimed.
    Verify(own_data::VerifyArgs),
}

impl Cli {
    /// The command line of this process; or the status to end with, once its help or what is wrong
    /// with it has been said.
    ///
    /// # Errors
    /// Misuse, and the wish for help.
    pub fn of_process() -> Result<Self, ExitStatus> {
        Self::try_parse().map_err(|error| {
            if error.use_stderr() {
                note(error.render().to_string().trim_end());
                return ExitStatus::Misuse;
            }
            say(&error.render().to_string());
            status_after_output(ExitStatus::Certified)
        })
    }

    /// Runs the command with the experiments of this registry; an error is printed, and becomes an
    /// exit status.
    pub fn run(self, registry: &Registry) -> ExitStatus {
        let result = match self.command {
            Command::Reproduce(args) => reproduce(&args, registry),
            Command::Attgd(args) => own_data::attgd(&args),
            Command::Attsvm(args) => own_data::attsvm(&args),
            Command::Svm(args) => own_data::svm(&args),
            Command::Verify(args) => own_data::verify(&args),
        };
        status_after_output(result.unwrap_or_else(|error| {
            note(&format!("error: {error}"));
            ExitStatus::Misuse
        }))
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
    fn several_exponents_are_separated_by_commas() {
        let line = ["xtask", "attgd", "d.json", "--p", "1.1,1.5,2"];
        let Command::Attgd(args) = Cli::try_parse_from(line).unwrap().command else {
            panic!("another command");
        };
        assert_eq!(args.p, [1.1, 1.5, 2.0]);
    }
}
