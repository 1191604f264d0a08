//! Builds the reproduction in release mode and runs it, passing arguments and exit status on.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, ExitCode, Stdio};
use std::thread;

use serde_json::Value;

use crate::output::note;
use crate::workspace::{cargo, workspace};

/// What everything but the experiments on real data needs.
const CORE: &str = "mirrorhead-repro";

/// The same with the experiments on real data, which take a deep-learning framework to build.
const DEEP: &str = "mirrorhead-repro-deep";

/// The status by which [`CORE`] says that it was asked for an experiment that only [`DEEP`] has:
/// which ones these are is its own knowledge.
const ELSEWHERE: u8 = 4;

/// The status of misuse.
const MISUSE: u8 = 2;

/// The status of an interruption.
const INTERRUPTED: u8 = 130;

/// Runs these arguments, in the smallest binary that can.
pub fn run(args: &[OsString]) -> ExitCode {
    let status = match build(CORE, &[]) {
        Err(status) => status,
        Ok(core) => match wait_for(&core, args) {
            ELSEWHERE => {
                build(DEEP, features(args)).map_or_else(|e| e, |deep| hand_over(&deep, args))
            }
            status => status,
        },
    };
    ExitCode::from(status)
}

/// Builds what everything but real data needs, and returns its path, or the status of misuse.
pub fn core() -> Result<PathBuf, u8> {
    build(CORE, &[])
}

/// What [`DEEP`] is built with: a GPU only when one is asked for, as it takes longer to build.
fn features(args: &[OsString]) -> &'static [&'static str] {
    let asked = |device: &str| {
        let pair = |pair: &[OsString]| pair[0] == "--device" && pair[1] == device;
        let single = |arg: &OsString| *arg == *format!("--device={device}");
        args.windows(2).any(pair) || args.iter().any(single)
    };
    GPUS.into_iter().find(|gpu| asked(gpu[1])).unwrap_or(&[])
}

/// What a binary takes to reach a GPU; devices and features have the same names.
const GPUS: [&[&str]; 2] = [&["--features", "vulkan"], &["--features", "wgpu"]];

/// Runs a program and returns the status that it ends with.
fn wait_for(program: &Path, args: &[OsString]) -> u8 {
    match Command::new(program).args(args).status() {
        Err(error) => cannot_run(program, &error),
        // Ended by a signal: what a shell would say of an interruption.
        Ok(status) => status.code().map_or(INTERRUPTED, |c| u8::try_from(c).unwrap_or(MISUSE)),
    }
}

/// Runs a program in place of this one: it takes its time to save its work when it is interrupted,
/// and a terminal that interrupts both must not be given back before.
#[cfg(unix)]
fn hand_over(program: &Path, args: &[OsString]) -> u8 {
    use std::os::unix::process::CommandExt;
    cannot_run(program, &Command::new(program).args(args).exec())
}

/// Runs a program and returns the status that it ends with.
#[cfg(not(unix))]
fn hand_over(program: &Path, args: &[OsString]) -> u8 {
    wait_for(program, args)
}

fn cannot_run(program: &Path, error: &std::io::Error) -> u8 {
    note(&format!("error: can't run {}: {error}", program.display()));
    MISUSE
}

/// Builds a package's binary where cargo says something has changed, and returns its path; or says
/// why there is none, and returns the status of misuse.
fn build(package: &str, features: &[&str]) -> Result<PathBuf, u8> {
    compile(package, features).ok_or_else(|| {
        note(&format!("error: {package} could not be built; see cargo's messages above"));
        MISUSE
    })
}

fn compile(package: &str, features: &[&str]) -> Option<PathBuf> {
    let mut child = cargo()
        .current_dir(workspace())
        .args(["build", "--release", "--package", package])
        .args(features)
        .arg("--message-format=json-render-diagnostics")
        // Somebody who watches wants to see how far the build is; a log only what it waits for.
        .stderr(if stderr().is_terminal() { Stdio::inherit() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .spawn()
        .inspect_err(|error| note(&format!("error: can't run cargo: {error}")))
        .ok()?;
    let told = child.stderr.take().map(|told| thread::spawn(|| tell_what_matters(told)));
    let (mut said, mut program) = (false, None);
    for line in BufReader::new(child.stdout.take()?).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if message["fresh"] == false && !said {
            said = true;
            note(&format!("building {package} in release mode (minutes the first time)..."));
        }
        if let Some(path) = message["executable"].as_str() {
            program = Some(PathBuf::from(path));
        }
    }
    let built = child.wait().ok().filter(std::process::ExitStatus::success);
    // Its last words come before ours.
    let _ = told.map(thread::JoinHandle::join);
    built.and(program)
}

/// Passes on what cargo says, but not that it goes on: that another build has its lock, and errors.
fn tell_what_matters(told: ChildStderr) {
    for line in BufReader::new(told).lines().map_while(Result::ok) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if !(line.starts_with(' ') && PROGRESS.contains(&word)) {
            note(&line);
        }
    }
}

/// What cargo does without being waited for.
const PROGRESS: [&str; 8] = [
    "Compiling",
    "Finished",
    "Downloading",
    "Downloaded",
    "Locking",
    "Updating",
    "Adding",
    "Checking",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_is_built_for_only_when_asked_for() {
        let features = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
            features(&args).join(" ")
        };
        assert_eq!(features("reproduce imdb --device vulkan"), "--features vulkan");
        assert_eq!(features("reproduce --device=wgpu imdb"), "--features wgpu");
        for line in
            ["reproduce imdb", "reproduce --device cpu", "reproduce --out vulkan", "--device"]
        {
            assert_eq!(features(line), "", "{line}");
        }
    }
}
