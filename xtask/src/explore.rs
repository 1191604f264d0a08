//! `cargo xtask explore-properties`: the property tests on other random cases than the pinned ones.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::output::note;
use crate::workspace::{cargo, workspace};

/// The variable from which property tests take their seed.
const SEED: &str = "PROPTEST_RNG_SEED";

/// How many seeds are tried where nothing else is said.
const SEEDS: u64 = 5;

/// Runs the tests of the default members under one seed after the other, and says under which they fail.
pub fn run(args: &[String]) -> ExitCode {
    let seeds = match Seeds::read(args, today()) {
        Ok(seeds) => seeds,
        Err(reason) => {
            note(&format!(
                "error: {reason}\nusage: cargo xtask explore-properties [--seeds N] [--first SEED]"
            ));
            return ExitCode::from(2);
        }
    };
    let mut failed = Vec::new();
    for seed in seeds.first..seeds.first.saturating_add(seeds.count) {
        note(&format!("> {SEED}={seed} cargo test"));
        let status = cargo()
            .current_dir(workspace())
            .args(["test", "--quiet", "--no-fail-fast", "--lib", "--tests"])
            .env(SEED, seed.to_string())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            failed.push(seed);
        }
    }
    for seed in &failed {
        note(&format!("error: a property fails: {SEED}={seed} cargo test"));
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Which seeds are tried: `first`, `first + 1` and so on.
#[derive(Debug, PartialEq, Eq)]
struct Seeds {
    first: u64,
    count: u64,
}

impl Seeds {
    /// Reads the command line; each day has seeds of its own.
    fn read(args: &[String], day: u64) -> Result<Self, String> {
        let mut seeds = Self { first: day * 1_000, count: SEEDS };
        for pair in args.chunks(2) {
            let [name, value] = pair else { return Err(format!("{} wants a number", pair[0])) };
            let number = value.parse().map_err(|_| format!("{name}: {value} isn't a number"))?;
            match name.as_str() {
                "--seeds" => seeds.count = number,
                "--first" => seeds.first = number,
                unknown => return Err(format!("there is no option {unknown}")),
            }
        }
        Ok(seeds)
    }
}

/// Days since 1970.
fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() / 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_follow_the_day_or_the_command_line() {
        let read = |line: &str| {
            let args: Vec<String> = line.split_whitespace().map(Into::into).collect();
            Seeds::read(&args, 20_000)
        };
        assert_eq!(read(""), Ok(Seeds { first: 20_000_000, count: 5 }));
        assert_eq!(read("--seeds 2 --first 7"), Ok(Seeds { first: 7, count: 2 }));
        for wrong in ["--seeds", "--seeds many", "--seed 3", "7 --first"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
