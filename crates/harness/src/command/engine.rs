//! What hands jobs to the machines of a cluster.

use clap::ValueEnum;

/// An engine that runs jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Job arrays of Slurm.
    Slurm,
}
