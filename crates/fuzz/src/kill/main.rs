//! `cargo xtask kill-test --rounds N`: what is killed at any moment, and run again, ends as if nothing had been.

// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod blow;
mod job;
mod outcome;
mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use mirrorhead_fuzz::SplitMix;
use mirrorhead_harness::{note, say};

use blow::{Arm, End};
use job::Job;
use outcome::Outcome;
use tally::Tally;

/// Kills training and reproduction at random times, changes of files and system calls, and compares what
/// they end with, to the last bit, with what they end with when nobody kills them.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask kill-test")]
struct Arguments {
    /// How many runs are killed, each several times.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// No round begins after this many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// What the moments follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where runs are kept that ended otherwise.
    #[arg(long, default_value = "out/kill-test")]
    out: PathBuf,
    /// The program that is killed.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
}

type Failure = Box<dyn std::error::Error>;

/// The most times that one run is killed.
const MOST_KILLS: usize = 5;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            note(&format!("error: {problem}"));
            ExitCode::from(2)
        }
    }
}

/// Runs all rounds; returns how many ended otherwise than without kills.
fn run(arguments: &Arguments) -> Result<u64, Failure> {
    let work = tempfile::tempdir()?;
    let jobs = Job::all(&arguments.program, work.path())?;
    let mut references = Vec::new();
    for job in &jobs {
        let folder = work.path().join(format!("{}-undisturbed", job.name()));
        let start = Instant::now();
        let end = blow::undisturbed(&mut job.command(&folder), &folder)?;
        references.push((Outcome::of(&folder, end)?, start.elapsed()));
    }
    let mut random = SplitMix(arguments.seed);
    let arms = Arm::at_hand();
    let mut tally = Tally::new(&arms);
    let start = Instant::now();
    for round in 0..arguments.rounds {
        if arguments.seconds.is_some_and(|most| start.elapsed() >= Duration::from_secs(most)) {
            break;
        }
        let which = random.below(jobs.len());
        let (reference, duration) = &references[which];
        let folder = work.path().join(format!("round-{round}"));
        let end = strike(&jobs[which], &folder, *duration, &arms, &mut random, &mut tally)?;
        tally.rounds += 1;
        match Outcome::of(&folder, end)?.difference(reference) {
            None => fs::remove_dir_all(&folder)?,
            Some(difference) => {
                tally.different += 1;
                let kept = keep(&folder, &arguments.out, round)?;
                say(&format!(
                    "round {round}, {}: {difference} ({})\n",
                    jobs[which].name(),
                    kept.display()
                ));
            }
        }
    }
    say(&format!("{tally}\n"));
    Ok(tally.different)
}

/// Kills a run a few times, then lets it end.
fn strike(
    job: &Job,
    folder: &Path,
    duration: Duration,
    arms: &[Arm],
    random: &mut SplitMix,
    tally: &mut Tally,
) -> Result<End, Failure> {
    for _ in 0..=random.below(MOST_KILLS) {
        let arm = random.below(arms.len());
        let blow = arms[arm].blow(duration, tally.limit(job.name(), arm), random);
        let end = blow.strike(job.command(folder), folder)?;
        tally.count(job.name(), arm, blow, end);
        if end != End::Killed {
            break;
        }
    }
    Ok(blow::undisturbed(&mut job.command(folder), folder)?)
}

/// Keeps the folder of a run that ended otherwise.
fn keep(folder: &Path, out: &Path, round: u64) -> std::io::Result<PathBuf> {
    let target = out.join(format!("round-{round}"));
    fs::create_dir_all(out)?;
    // Another file system takes no renames.
    if fs::rename(folder, &target).is_err() {
        copy(folder, &target)?;
    }
    Ok(target)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
