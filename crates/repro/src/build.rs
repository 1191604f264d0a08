//! What this was built from.

use mirrorhead_harness::Build;

/// SHA-256 of the code and compiler that cells of the core depend on, computed when this was built.
pub const FINGERPRINT: &str = env!("MIRRORHEAD_FINGERPRINT");

/// What this was built from.
pub const BUILD: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    git_revision: git_revision(),
    code_fingerprint: FINGERPRINT,
    rustc: env!("MIRRORHEAD_RUSTC"),
};

const fn git_revision() -> Option<&'static str> {
    let revision = env!("MIRRORHEAD_GIT");
    if revision.is_empty() { None } else { Some(revision) }
}
