//! The `reproduce` command.

mod arguments;
mod closing;
mod conclusion;
mod ended;
mod estimate;
pub mod interrupt;
mod listing;
mod machines;
mod plan;
mod reproduce;
mod section;
mod shard;
mod stages;

pub use arguments::ReproduceArgs;
pub use ended::Ended;
pub use reproduce::reproduce;
