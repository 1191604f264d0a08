//! Where the numbers of a report come from.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::experiment::Scope;

/// What a binary was built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Build {
    /// Version of the package.
    pub version: &'static str,
    /// Git revision of the build, with `+dirty` for uncommitted changes; nothing outside git.
    pub git_revision: Option<&'static str>,
    /// SHA-256 of the code, compiler and profile that the cells of all its experiments depend on.
    pub code_fingerprint: &'static str,
    /// The compiler.
    pub rustc: &'static str,
}

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
    /// The processor's name.
    pub cpu: String,
    /// Operating system and architecture.
    pub platform: String,
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
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            cpu: cpu_model().unwrap_or_else(|| "unknown processor".into()),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            threads: run.threads,
            scope: run.scope,
            finished_at: utc(SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs())),
            wall_seconds: run.wall_seconds,
            peak_memory_bytes: peak_memory_bytes(),
            cells_run: run.cells_run,
            cells_reused: run.cells_reused,
        }
    }
}

/// The processor's name, where the system tells it.
fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The high-water mark of the process's resident memory, where the system tells it.
fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|k| 1024 * k)
}

/// A Unix time as `2025-01-31 23:59:59 UTC` (proleptic Gregorian calendar, days from civil).
fn utc(unix_seconds: u64) -> String {
    let (days, second) = (unix_seconds / 86_400 + 719_468, unix_seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02} UTC", second % 60)
}

#[cfg(test)]
mod tests {
    use super::{peak_memory_bytes, utc};

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_of_memory_rises_with_what_is_held() {
        let before = peak_memory_bytes().unwrap();
        let held = vec![1_u8; 1 << 28];
        let after = peak_memory_bytes().unwrap();
        assert!(std::hint::black_box(held)[1 << 27] == 1 && after >= 1 << 28 && before > 1 << 20);
    }

    #[test]
    fn calendar_dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_735_689_599), "2024-12-31 23:59:59 UTC");
        assert_eq!(utc(4_102_444_800), "2100-01-01 00:00:00 UTC");
    }
}
