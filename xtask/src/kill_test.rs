//! Builds the reproduction and what kills it, and lets one kill the other.

use std::process::ExitCode;

use crate::repro;
use crate::workspace::{cargo, workspace};

/// Runs `kill-test [--rounds N] [--seconds N] [--seed N]`.
pub fn run(args: &[String]) -> ExitCode {
    let program = match repro::core() {
        Ok(program) => program,
        Err(status) => return ExitCode::from(status),
    };
    let status = cargo()
        .current_dir(workspace())
        .args(["run", "--package", "mirrorhead-fuzz", "--bin", "mirrorhead-kill-test", "--"])
        .args(args)
        .arg("--program")
        .arg(program)
        .status();
    match status {
        Ok(status) => {
            ExitCode::from(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
        }
        Err(_) => ExitCode::from(2),
    }
}
