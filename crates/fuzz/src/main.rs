//! `cargo xtask fuzz [TARGET] --seconds N`: what breaks is written to a folder, with the seed.

// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorhead_fuzz::{Campaign, Found, TARGETS, Target, hush_panics};
use mirrorhead_harness::{note, say};

/// Mutated inputs for every reader, constructor and solver.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask fuzz")]
struct Arguments {
    /// One target [default: all, one after the other].
    target: Option<String>,
    /// How long, in all.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What the inputs follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where inputs that break something are written.
    #[arg(long, default_value = "out/fuzz")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let wanted = |target: &&Target| arguments.target.as_deref().is_none_or(|t| t == target.name);
    let targets: Vec<_> = TARGETS.iter().filter(wanted).collect();
    if targets.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        note(&format!("error: there is no such target; there are {}", names.join(", ")));
        return ExitCode::from(2);
    }
    hush_panics();
    let each = Duration::from_secs(arguments.seconds) / u32::try_from(targets.len()).unwrap_or(1);
    let (mut total, mut broken) = (0, 0);
    for target in targets {
        let mut campaign = Campaign::new(target, arguments.seed);
        let (start, mut found) = (Instant::now(), 0);
        while start.elapsed() < each {
            if let Err(case) = campaign.step() {
                found += 1;
                if found <= 5 {
                    keep(&arguments.out, target, &case);
                }
            }
        }
        let (tried, ways) = (campaign.tried(), campaign.ways());
        say(&format!(
            "{:<13} {tried:>10} inputs, taken in {ways} ways, {found} found\n",
            target.name
        ));
        total += tried;
        broken += found;
    }
    say(&format!("{:<13} {total:>10} inputs, {broken} found\n", "all"));
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn keep(folder: &Path, target: &Target, case: &Found) {
    let Found { input, what } = case;
    // Enough to tell cases apart: FNV-1a.
    let digest = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("{}-{digest:016x}", target.name));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, input));
    let place = written.map_or_else(|error| error.to_string(), |()| path.display().to_string());
    say(&format!("{}: {what} ({place})\n", target.name));
}
