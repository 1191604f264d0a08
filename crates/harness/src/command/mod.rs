//! The `reproduce` command.

mod arguments;
mod array_task;
mod closing;
mod cluster;
mod collect;
mod conclusion;
mod ended;
mod engine;
mod estimate;
pub mod interrupt;
mod listing;
mod machines;
mod plan;
mod reproduce;
mod section;
mod shard;
mod shard_run;
mod slurm;
mod stages;
mod strangers;
mod submission;
mod wrapping;

pub use arguments::ReproduceArgs;
pub use cluster::{Cluster, ClusterError};
pub use ended::Ended;
pub use engine::Engine;
pub use reproduce::reproduce;
pub use shard::{Shard, ShardError};
