//! Where the numbers of a report come from.

use std::fs;

use serde::Serialize;

use crate::build::Build;
use crate::experiment::Scope;
use crate::machine::Machine;
use crate::time::{now, utc};

/// What only the run itself knows.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFacts {
    /// What was asked for.
    pub scope: Scope,
    /// Number of threads.
    pub threads: usize,
    /// Wall time of the run, in seconds.
    pub wall_seconds: f64,
    /// Number of cells that were run, rather than found finished.
    pub cells_run: usize,
    /// Number of cells that were found finished.
    pub cells_reused: usize,
}

/// Code, machine and settings behind a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Provenance {
    /// What the binary was built from.
    #[serde(flatten)]
    pub built_from: Build,
    /// `release` or `debug`.
    pub build: &'static str,
    /// The machine.
    #[serde(flatten)]
    pub machine: Machine,
    /// Number of threads.
    pub threads: usize,
    /// What was asked for.
    #[serde(flatten)]
    pub scope: Scope,
    /// When the run ended, in UTC.
    pub finished_at: String,
    /// Wall time of the run, in seconds.
    pub wall_seconds: f64,
    /// The most memory that the process held at a time, in bytes, where the system tells it.
    pub peak_memory_bytes: Option<u64>,
    /// Number of cells that were run.
    pub cells_run: usize,
    /// Number of cells that an earlier run had finished.
    pub cells_reused: usize,
}

impl Provenance {
    /// The provenance of a run of this build that ends now.
    pub fn of(built_from: Build, run: RunFacts) -> Self {
        Self {
            built_from,
            build: Build::profile(),
            machine: Machine::this(),
            threads: run.threads,
            scope: run.scope,
            finished_at: utc(now()),
            wall_seconds: run.wall_seconds,
            peak_memory_bytes: peak_memory_bytes(),
            cells_run: run.cells_run,
            cells_reused: run.cells_reused,
        }
    }
}

/// The high-water mark of the process's resident memory, where the system tells it.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|k| 1024 * k)
}

#[cfg(test)]
mod tests {
    use super::peak_memory_bytes;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_of_memory_rises_with_what_is_held() {
        let before = peak_memory_bytes().unwrap();
        let held = vec![1_u8; 1 << 28];
        let after = peak_memory_bytes().unwrap();
        assert!(std::hint::black_box(held)[1 << 27] == 1 && after >= 1 << 28 && before > 1 << 20);
    }
}
