//! What this was built from.

use mirrorhead_harness::Build;

/// SHA-256 of the code, compiler and profile that all cells of the core depend on, computed when this was
/// built; each experiment's cells have a fingerprint of their own beside it.
pub const FINGERPRINT: &str = env!("FINGERPRINT");

/// What this was built from.
pub const BUILD: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    git_revision: git_revision(),
    code_fingerprint: FINGERPRINT,
    rustc: env!("BUILT_WITH"),
};

const fn git_revision() -> Option<&'static str> {
    let revision = env!("BUILT_FROM");
    if revision.is_empty() { None } else { Some(revision) }
}
