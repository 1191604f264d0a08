//! Builds the reproduction in release mode and runs it, passing arguments and exit status on.

use std::io::{BufRead, BufReader, IsTerminal, stderr};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use crate::{cargo, workspace};

/// Runs `mirrorhead-repro` with these arguments.
pub fn run(args: &[String]) -> ExitCode {
    let Some(program) = build() else {
        eprintln!("error: mirrorhead-repro could not be built; see cargo's messages above");
        return ExitCode::from(2);
    };
    match Command::new(&program).args(args).status() {
        Err(error) => {
            eprintln!("error: can't run {}: {error}", program.display());
            ExitCode::from(2)
        }
        // Ended by a signal: what a shell would say of an interruption.
        Ok(status) => ExitCode::from(status.code().map_or(130, |c| u8::try_from(c).unwrap_or(2))),
    }
}

/// Builds the binary where cargo says something has changed, and returns its path.
fn build() -> Option<PathBuf> {
    let mut child = cargo()
        .current_dir(workspace())
        .args(["build", "--release", "--package", "mirrorhead-repro"])
        .arg("--message-format=json-render-diagnostics")
        // Somebody who watches wants to see how far the build is; a log doesn't.
        .args((!stderr().is_terminal()).then_some("--quiet"))
        .stdout(Stdio::piped())
        .spawn()
        .inspect_err(|error| eprintln!("error: can't run cargo: {error}"))
        .ok()?;
    let (mut said, mut program) = (false, None);
    for line in BufReader::new(child.stdout.take()?).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if message["fresh"] == false && !said {
            said = true;
            eprintln!("building mirrorhead-repro in release mode (minutes the first time)...");
        }
        if let Some(path) = message["executable"].as_str() {
            program = Some(PathBuf::from(path));
        }
    }
    child.wait().ok().filter(std::process::ExitStatus::success).and(program)
}
