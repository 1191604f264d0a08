//! A cluster, as far as jobs have to know it: from a TOML file, and from the command line.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use thiserror::Error;

/// What a job asks the engine of a cluster for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[command(next_help_heading = "Clusters")]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// Number of tasks of the job array, each with a part of the cells [default: 4].
    #[arg(long, value_name = "N", requires = "submit")]
    pub nodes: Option<NonZeroUsize>,
    /// Processors of each task, and its threads [default: 1].
    #[arg(long, value_name = "N", requires = "submit")]
    pub cpus: Option<NonZeroUsize>,
    /// The most time that a task takes, as the engine writes it; one that needs more is stopped at a
    /// checkpoint and goes on.
    #[arg(long, requires = "submit")]
    pub time: Option<String>,
    /// The partition.
    #[arg(long, requires = "submit")]
    pub partition: Option<String>,
    /// The account that is charged.
    #[arg(long, requires = "submit")]
    pub account: Option<String>,
    /// GPUs of each task.
    #[arg(long, requires = "submit")]
    pub gpus: Option<String>,
    /// Memory of each task.
    #[arg(long, requires = "submit")]
    pub memory: Option<String>,
    /// More directives for the engine, such as `--qos=long`.
    #[arg(skip)]
    pub directives: Vec<String>,
    /// Lines of shell that come before the work, such as `module load ...`.
    #[arg(skip)]
    pub setup: Vec<String>,
}

/// What is wrong with the settings of a cluster.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The file can't be read.
    #[error("can't read the settings of the cluster in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file isn't what it should be.
    #[error("{}: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A setting that would end its line.
    #[error("the setting `{name}` of the cluster has a line break")]
    LineBreak {
        /// The setting.
        name: &'static str,
    },
}

impl Cluster {
    /// The settings in a file.
    ///
    /// # Errors
    /// It can't be read, or isn't TOML with these names.
    pub fn read(path: &Path) -> Result<Self, ClusterError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ClusterError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| ClusterError::Wrong {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })
    }

    /// These settings, and the others where nothing is set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.or(other.nodes),
            cpus: self.cpus.or(other.cpus),
            time: self.time.or(other.time),
            partition: self.partition.or(other.partition),
            account: self.account.or(other.account),
            gpus: self.gpus.or(other.gpus),
            memory: self.memory.or(other.memory),
            directives: [self.directives, other.directives].concat(),
            setup: [self.setup, other.setup].concat(),
        }
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.nodes.map_or(4, NonZeroUsize::get)
    }

    /// Threads of each task.
    pub fn threads(&self) -> usize {
        self.cpus.map_or(1, NonZeroUsize::get)
    }

    /// The directives for Slurm that don't depend on the job.
    ///
    /// # Errors
    /// A setting with a line break.
    pub fn slurm_directives(&self) -> Result<Vec<String>, ClusterError> {
        let settings = [
            ("time", &self.time),
            ("partition", &self.partition),
            ("account", &self.account),
            ("gpus-per-task", &self.gpus),
            ("mem", &self.memory),
        ];
        let mut lines = vec![format!("--cpus-per-task={}", self.threads())];
        for (name, value) in settings {
            let Some(value) = value else { continue };
            if value.contains(['\n', '\r']) {
                return Err(ClusterError::LineBreak { name });
            }
            lines.push(format!("--{name}={value}"));
        }
        if self.directives.iter().any(|line| line.contains(['\n', '\r'])) {
            return Err(ClusterError::LineBreak { name: "directives" });
        }
        // A job on GPUs has as many tasks as they are counted for.
        lines.extend(self.gpus.as_ref().map(|_| "--ntasks=1".into()));
        lines.extend(self.directives.iter().cloned());
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Cluster, ClusterError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Cluster::read(file.path())
    }

    #[test]
    fn the_command_line_comes_before_the_file() {
        let file = read(
            "nodes = 16\ncpus = 8\ntime = '2:00:00'\npartition = 'main'\ngpus = '1'\n\
             directives = ['--qos=long']\nsetup = ['module load rust']\n",
        );
        let given = Cluster { nodes: NonZeroUsize::new(3), ..Cluster::default() };
        let both = given.or(file.unwrap());
        assert_eq!((both.tasks(), both.threads()), (3, 8));
        assert_eq!(
            both.slurm_directives().unwrap(),
            [
                "--cpus-per-task=8",
                "--time=2:00:00",
                "--partition=main",
                "--gpus-per-task=1",
                "--ntasks=1",
                "--qos=long"
            ]
        );
    }

    #[test]
    fn what_a_file_says_wrongly_is_named() {
        let error = read("partitoin = 'main'").unwrap_err().to_string();
        assert!(error.contains("partitoin") && error.contains("partition"), "{error}");
        let error = read("nodes = 0").unwrap_err().to_string();
        assert!(error.contains("nodes") || error.contains("nonzero"), "{error}");
        assert!(matches!(read("nodes ="), Err(ClusterError::Wrong { .. })));
        let missing = Cluster::read(Path::new("/nowhere/cluster.toml"));
        assert!(matches!(missing, Err(ClusterError::Unreadable { .. })));
        let broken = Cluster { partition: Some("a\nrm -rf".into()), ..Cluster::default() };
        let error = broken.slurm_directives().unwrap_err();
        assert!(matches!(error, ClusterError::LineBreak { name: "partition" }));
    }
}
