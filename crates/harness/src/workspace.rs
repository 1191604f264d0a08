//! Where this was built, and where its output goes.

use std::path::{Path, PathBuf};

/// The workspace that this was built in; nothing when that has moved away.
pub fn workspace() -> Option<&'static Path> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent);
    workspace.filter(|path| path.join("crates").is_dir())
}

/// `out` in the workspace that this was built in, or here when that has moved away.
pub fn default_out() -> PathBuf {
    workspace().map_or_else(|| PathBuf::from("out"), |workspace| workspace.join("out"))
}
