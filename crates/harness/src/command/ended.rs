//! How a command ends.

use std::error::Error;

use crate::exit::ExitStatus;

/// How a command ends: with a status, or with misuse that is told to the user.
pub type Ended = Result<ExitStatus, Box<dyn Error>>;
