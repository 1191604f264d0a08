//! Where a cell was run: the machine, the code and the build.

use serde::{Deserialize, Serialize};

use crate::build::Build;
use crate::machine::Machine;

/// Where a cell was run, kept beside its result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The machine.
    #[serde(flatten)]
    pub machine: Machine,
    /// Version of the package.
    pub version: String,
    /// Git revision of the build; nothing outside git.
    pub git_revision: Option<String>,
    /// The compiler.
    pub rustc: String,
    /// `release` or `debug`.
    pub build: String,
}

impl Origin {
    /// This machine, with this build.
    pub fn here(built_from: Build) -> Self {
        Self {
            machine: Machine::this(),
            version: built_from.version.into(),
            git_revision: built_from.git_revision.map(Into::into),
            rustc: built_from.rustc.into(),
            build: Build::profile().into(),
        }
    }
}
