//! What a change must pass, and the benchmarks.

use std::process::ExitCode;

use crate::output::note;
use crate::tidy;
use crate::workspace::{cargo, workspace};

/// Formatting, lints, documentation, tests and tidy, one after the other; stops at the first failure.
pub fn all() -> ExitCode {
    let steps: [&[&str]; 5] = [
        &["fmt", "--all", "--check"],
        &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        &["test", "--workspace"],
        &["xtask", "doc"],
        &["xtask", "package", "--no-verify", "--allow-dirty"],
    ];
    for args in steps {
        note(&format!("> cargo {}", args.join(" ")));
        let status = cargo().current_dir(workspace()).args(args).status();
        if !status.is_ok_and(|status| status.success()) {
            note(&format!("error: `cargo {}` failed", args.join(" ")));
            return ExitCode::FAILURE;
        }
    }
    note("> cargo xtask tidy");
    tidy::run()
}

/// Runs the benchmarks of every crate whose name contains the filter, or `bench svm`, the solver beside
/// its peers, with its own arguments.
pub fn bench(args: &[String]) -> ExitCode {
    let (benchmarks, rest) = match args.split_first() {
        Some((name, rest)) if name == "svm" => (PEERS, rest),
        _ => (OURS, args),
    };
    let status = cargo()
        .current_dir(workspace())
        .arg("bench")
        .args(benchmarks)
        .arg("--")
        .args(rest)
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The benchmarks beside our crates.
const OURS: &[&str] = &["--workspace", "--exclude", "mirrorhead-peers", "--bench", "*"];

/// The comparison with other solvers.
const PEERS: &[&str] =
    &["--package", "mirrorhead-peers", "--features", "supernodal", "--bench", "svm"];
