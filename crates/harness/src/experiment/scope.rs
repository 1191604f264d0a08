//! The part of an experiment that a command asks for, and the data and device it may use.

use std::env;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::cell_error::CellError;
use super::seeds::Seeds;
use crate::workspace::workspace;

/// How much of an experiment to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A few seeds: whether everything works, in seconds (on real data, in minutes).
    Quick,
    /// On real data, what two processor cores do in about two hours; elsewhere the paper's settings.
    Cpu,
    /// The paper's settings.
    Paper,
}

/// What trains the deep models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum Device {
    /// The processor.
    Cpu,
    /// A GPU through Vulkan, in a binary that was built for it.
    Vulkan,
    /// A GPU through whatever the system has (Metal, Direct3D, Vulkan), in a binary that was built for it.
    Wgpu,
}

impl Device {
    /// As on the command line, and as the feature that it takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
        }
    }
}

/// The part of an experiment that a command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// How much to run.
    pub profile: Profile,
    /// The seeds; as many as the profile has when `None`.
    pub seeds: Option<Seeds>,
    /// What trains deep models.
    pub device: Device,
    /// Samples of deep models whose gradients are computed at once; a whole batch's when `None`.
    pub micro_batch: Option<NonZeroUsize>,
    /// The folder of the data files. Where a file lies is not what it holds: a cell that depends on
    /// one has the file's digest in its configuration, and never this.
    #[serde(skip)]
    pub data_dir: PathBuf,
    /// A file of sentences with their decisive words; the experiment's own choice when `None`.
    #[serde(skip)]
    pub sentences: Option<PathBuf>,
}

impl Scope {
    /// A profile as it is: its own number of seeds, on the processor, with the default data folder.
    pub fn new(profile: Profile) -> Self {
        let data_dir = default_data_dir();
        let (seeds, micro_batch, sentences) = (None, None, None);
        Self { profile, seeds, device: Device::Cpu, micro_batch, data_dir, sentences }
    }

    /// The seeds asked for, or else as many as the profile has.
    pub fn seeds(&self, quick: u64, paper: u64) -> RangeInclusive<u64> {
        self.seeds_or(if self.profile == Profile::Quick { quick } else { paper })
    }

    /// The seeds asked for, or else this many.
    pub fn seeds_or(&self, own: u64) -> RangeInclusive<u64> {
        self.seeds.unwrap_or(Seeds::first(own)).range()
    }

    /// The file of this name in the data folder.
    ///
    /// # Errors
    /// It isn't there: what an experiment's [`check`](crate::Experiment::check) refuses with.
    pub fn data_file(&self, name: &str) -> Result<PathBuf, CellError> {
        let path = self.data_dir.join(name);
        if path.exists() {
            return Ok(path);
        }
        let folder = self.data_dir.display();
        Err(CellError::new(format!(
            "there is no {name} in the data folder {folder}; put it there, or give another folder \
             with --data-dir or {DATA_DIR}"
        )))
    }
}

/// The environment variable that names the data folder.
const DATA_DIR: &str = "MIRRORHEAD_DATA_DIR";

/// What the environment says; else `data` in the workspace that this was built in, or here when that
/// has moved away.
pub fn default_data_dir() -> PathBuf {
    if let Some(folder) = env::var_os(DATA_DIR).filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    workspace().map_or("data".into(), |workspace| workspace.join("data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cores_run_the_seeds_of_the_paper_unless_told_otherwise() {
        let seeds = |profile| Scope::new(profile).seeds(2, 5);
        assert_eq!([seeds(Profile::Quick), seeds(Profile::Cpu)], [1..=2, 1..=5]);
        let asked = |text: &str| text.parse().ok();
        let seeds = |text| Scope { seeds: asked(text), ..Scope::new(Profile::Quick) }.seeds(2, 5);
        assert_eq!([seeds("9"), seeds("8-9")], [1..=9, 8..=9]);
    }

    #[test]
    fn a_missing_data_file_is_named_with_its_folder_and_the_remedy() {
        let temp = tempfile::tempdir().unwrap();
        let scope = Scope { data_dir: temp.path().to_owned(), ..Scope::new(Profile::Quick) };
        let error = scope.data_file("reviews.tar.gz").unwrap_err().to_string();
        let folder = temp.path().display().to_string();
        for part in ["reviews.tar.gz", &folder, "--data-dir", "MIRRORHEAD_DATA_DIR"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        std::fs::write(temp.path().join("reviews.tar.gz"), "").unwrap();
        assert_eq!(scope.data_file("reviews.tar.gz"), Ok(temp.path().join("reviews.tar.gz")));
    }
}
