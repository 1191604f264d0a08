//! The packages of a workspace that a package depends on: what cargo says, not what a manifest looks like.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package whose sources lie on this machine.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it asks of its dependencies, and its features, as cargo reads them.
    pub asks: String,
    /// Those of its dependencies that are not of the workspace; tests aside.
    pub others: Vec<String>,
}

/// The package in `folder` and, of those in its workspace, the ones that it depends on, directly or not;
/// without those named in `without`, and what only they depend on. In order of their names.
///
/// A package that cargo has packed has no neighbours: all that it depends on is in its `Cargo.lock`.
///
/// # Errors
/// Cargo can't be run, or refuses.
pub fn packages(folder: &Path, cargo: &OsStr, without: &[&str]) -> Result<Vec<Package>, String> {
    if is_packed(folder) {
        return Ok(Vec::new());
    }
    let metadata = metadata(folder, cargo)?;
    let all: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some((package["name"].as_str()?, package)))
        .collect();
    let manifest = folder.join("Cargo.toml");
    let own = all.iter().find(|(_, package)| {
        package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest)
    });
    let own = own.ok_or_else(|| format!("cargo doesn't know {}", manifest.display()))?.0;
    let mut found: BTreeMap<&str, Package> = BTreeMap::new();
    let mut left = vec![*own];
    while let Some(name) = left.pop() {
        let Some(package) = all.get(name) else { continue };
        if without.contains(&name) || found.contains_key(name) {
            continue;
        }
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
        let (ours, others): (Vec<_>, Vec<_>) =
            normal.clone().partition(|dependency| dependency["path"].is_string());
        let name_of = |dependency: &&'_ Value| dependency["name"].as_str().map(str::to_owned);
        left.extend(ours.iter().filter_map(|dependency| dependency["name"].as_str()));
        let package = Package {
            name: name.to_owned(),
            folder: folder_of(package),
            asks: asks(package, normal),
            others: others.iter().filter_map(name_of).collect(),
        };
        found.insert(name, package);
    }
    Ok(found.into_values().collect())
}

/// The folder of a package's `Cargo.lock`.
///
/// # Errors
/// Cargo can't be run, or refuses.
pub fn lock_folder(folder: &Path, cargo: &OsStr) -> Result<PathBuf, String> {
    if is_packed(folder) {
        return Ok(folder.to_owned());
    }
    let root = metadata(folder, cargo)?["workspace_root"].as_str().map(PathBuf::from);
    root.ok_or_else(|| "cargo doesn't say where the workspace is".into())
}

/// Whether this is a package as cargo packs it, such as one that is installed.
fn is_packed(folder: &Path) -> bool {
    folder.join("Cargo.toml.orig").is_file()
}

/// What a package asks of its dependencies, without the places where they lie, and its features.
fn asks<'a>(package: &Value, dependencies: impl Iterator<Item = &'a Value>) -> String {
    let parts = ["name", "req", "features", "uses_default_features", "optional", "target"];
    let ask = |dependency: &Value| parts.map(|part| dependency[part].to_string()).join(" ");
    let asks: Vec<String> = dependencies.map(ask).collect();
    format!("{}\n{}", asks.join("\n"), package["features"])
}

fn folder_of(package: &Value) -> PathBuf {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn metadata(folder: &Path, cargo: &OsStr) -> Result<Value, String> {
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .output()
        .map_err(|error| format!("can't run cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}
