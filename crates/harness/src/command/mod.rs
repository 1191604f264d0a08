//! The `reproduce` command.

mod arguments;
mod closing;
mod estimate;
pub mod interrupt;
mod listing;
mod plan;
mod reproduce;
mod section;

pub use arguments::ReproduceArgs;
pub use reproduce::reproduce;

use crate::exit::ExitStatus;

/// How a command ends: with a status, or with misuse that is told to the user.
pub type Ended = Result<ExitStatus, Box<dyn std::error::Error>>;
