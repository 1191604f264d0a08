//! Compiler and revision of a build.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a package is built from, for the provenance of its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltFrom {
    folder: PathBuf,
}

impl BuiltFrom {
    /// That of the package whose build script asks.
    pub fn of_this_package() -> Self {
        Self { folder: env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default().into() }
    }

    /// Hands `BUILT_WITH`, the compiler's version, and `BUILT_FROM`, the git revision that is checked out
    /// (with `+dirty` when tracked files differ from it, and empty outside git), to the package's `env!`.
    pub fn emit(&self) {
        println!("cargo::rustc-env=BUILT_WITH={}", compiler("--version"));
        println!("cargo::rustc-env=BUILT_FROM={}", self.revision().unwrap_or_default());
    }

    fn revision(&self) -> Option<String> {
        let git =
            |args: &[&str]| output(Command::new("git").arg("-C").arg(&self.folder).args(args));
        // A package below a registry may lie in somebody's repository, and isn't of it.
        git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
        let revision = git(&["rev-parse", "HEAD"])?;
        for name in ["HEAD", "refs/heads", "packed-refs"] {
            watch(&self.folder.join(git(&["rev-parse", "--git-path", name])?));
        }
        let clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
        Some(if clean { revision } else { format!("{revision}+dirty") })
    }
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// What the compiler says of itself.
pub fn compiler(question: &str) -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    output(Command::new(rustc).arg(question)).unwrap_or_else(|| "unknown rustc".into())
}

/// What a command printed, trimmed; `None` when it couldn't run or failed.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
