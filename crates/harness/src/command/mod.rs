//! The `reproduce` command.

mod arguments;
mod closing;
mod ended;
mod estimate;
pub mod interrupt;
mod listing;
mod plan;
mod reproduce;
mod section;

pub use arguments::ReproduceArgs;
pub use ended::Ended;
pub use reproduce::reproduce;
