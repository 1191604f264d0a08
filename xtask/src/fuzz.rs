//! Builds the fuzzer with its assertions and runs it, passing arguments and exit status on.

use std::process::ExitCode;

use crate::workspace::{cargo, workspace};

/// Runs `fuzz [TARGET] [--seconds N] [--seed N]`.
pub fn run(args: &[String]) -> ExitCode {
    let status = cargo()
        .current_dir(workspace())
        .args(["run", "--package", "mirrorhead-fuzz", "--bin", "mirrorhead-fuzz", "--"])
        .args(args)
        .status();
    match status {
        Ok(status) => {
            ExitCode::from(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
        }
        Err(_) => ExitCode::from(2),
    }
}
