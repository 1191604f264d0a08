//! Builds what converts drawings and runs it, passing arguments and exit status on.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::output::note;
use crate::workspace::{cargo, workspace};

/// Runs `figures [DIR]`; the folder is seen from where the command is given.
pub fn run(args: &[OsString]) -> ExitCode {
    let manifest = workspace().join("Cargo.toml");
    let status = cargo()
        .args(["run", "--release", "--package", "mirrorhead-figures", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(args)
        .status();
    match status {
        Ok(status) => {
            ExitCode::from(status.code().map_or(2, |code| u8::try_from(code).unwrap_or(2)))
        }
        Err(error) => {
            note(&format!("error: can't run cargo: {error}"));
            ExitCode::from(2)
        }
    }
}
