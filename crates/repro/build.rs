//! The fingerprint of the code that cell results depend on, and the build's provenance; the build
//! script of every crate that has experiments.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let rustc = version_of_rustc();
    println!("cargo::rustc-env=MIRRORHEAD_FINGERPRINT={}", fingerprint(&folder, &rustc));
    println!("cargo::rustc-env=MIRRORHEAD_RUSTC={rustc}");
    println!("cargo::rustc-env=MIRRORHEAD_GIT={}", git_revision(&folder).unwrap_or_default());
}

/// SHA-256 over the compiler's version and the relative paths and contents, in order, of
/// everything a cell's numbers can depend on: the manifests, `Cargo.lock`, every crate of the
/// workspace that this one depends on, and this crate; of `repro` its experiments alone, with what they
/// share. How cells are run and the report looks is left out on purpose: a change of its style must not
/// throw away hours of finished cells.
fn fingerprint(folder: &Path, rustc: &str) -> String {
    let mut sources = Vec::new();
    let own = if folder.ends_with("repro") { &["experiments", "shared"][..] } else { &[""] };
    own.iter().for_each(|name| collect(&folder.join("src").join(name), &mut sources));
    let mut crates = BTreeSet::new();
    dependencies(folder, &mut crates);
    for krate in &crates {
        collect(&krate.join("src"), &mut sources);
        sources.push(krate.join("Cargo.toml"));
    }
    let root = folder.parent().and_then(Path::parent).unwrap_or(folder);
    sources.extend(["Cargo.lock", "Cargo.toml"].map(|name| root.join(name)));
    let mut named: Vec<(String, PathBuf)> = sources
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| (path.strip_prefix(root).unwrap_or(&path).display().to_string(), path))
        .collect();
    named.sort();
    let mut hash = Sha256::new();
    hash.update(rustc);
    for (name, path) in named {
        println!("cargo::rerun-if-changed={}", path.display());
        let contents = fs::read(&path).unwrap_or_default();
        for part in [name.replace('\\', "/").as_bytes(), &contents] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Adds the folders of the workspace's crates that the crate in `folder` depends on, directly or
/// not, save `harness`, which runs cells and has no part in what they produce, and `repro`.
fn dependencies(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.join("Cargo.toml").display());
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let name =
            line.strip_prefix("mirrorhead-").and_then(|rest| rest.split(['.', ' ', '=']).next());
        let Some(name) = name.filter(|name| !["harness", "repro"].contains(name)) else { continue };
        let dependency = folder.with_file_name(name);
        if dependency.is_dir() && found.insert(dependency.clone()) {
            dependencies(&dependency, found);
        }
    }
}

/// Adds every file under `folder`, and asks cargo to run this script again when one comes or goes.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The first line of `rustc --version`.
fn version_of_rustc() -> String {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    output(Command::new(rustc).arg("--version")).unwrap_or_else(|| "unknown rustc".into())
}

/// The revision checked out, with `+dirty` when tracked files differ from it; `None` outside git.
fn git_revision(folder: &Path) -> Option<String> {
    let git = |args: &[&str]| output(Command::new("git").arg("-C").arg(folder).args(args));
    let revision = git(&["rev-parse", "HEAD"])?;
    for name in ["HEAD", "refs/heads", "packed-refs"] {
        let path = folder.join(git(&["rev-parse", "--git-path", name])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    let clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if clean { revision } else { format!("{revision}+dirty") })
}

/// What a command printed, trimmed; `None` when it couldn't run or failed.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
