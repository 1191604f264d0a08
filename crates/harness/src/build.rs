//! What a binary was built from.

use serde::Serialize;

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

impl Build {
    /// `release` or `debug`.
    pub fn profile() -> &'static str {
        if cfg!(debug_assertions) { "debug" } else { "release" }
    }
}
