//! `cargo xtask package`: packs every crate that is published, as crates.io would get it.

use std::process::ExitCode;

use serde_json::Value;

use crate::output::note;
use crate::workspace::{cargo, metadata, workspace};

/// Runs `cargo package` with these arguments on the published crates: they may depend on each other, and
/// on nothing that stays at home.
pub fn run(args: &[String]) -> ExitCode {
    let published = match metadata() {
        Ok(metadata) => published(&metadata),
        Err(reason) => {
            note(&format!("error: can't read `cargo metadata`: {reason}"));
            return ExitCode::FAILURE;
        }
    };
    let packages = published.iter().flat_map(|name| ["--package", name]);
    let status = cargo().current_dir(workspace()).arg("package").args(packages).args(args).status();
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The crates of the workspace that may be published.
fn published(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| {
            package["publish"].as_array().is_none_or(|registries| !registries.is_empty())
        })
        .filter_map(|package| package["name"].as_str().map(Into::into))
        .collect()
}

/// What a published crate lacks of what its page shows.
pub fn unpresentable(metadata: &Value) -> Vec<String> {
    let published = published(metadata);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut found = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if !published.iter().any(|published| published == name) {
            continue;
        }
        for field in ["description", "license", "readme", "rust_version"] {
            if package[field].as_str().is_none_or(str::is_empty) {
                found.push(format!("{name} is published: say its {field}"));
            }
        }
        for field in ["keywords", "categories"] {
            if package[field].as_array().is_none_or(Vec::is_empty) {
                found.push(format!("{name} is published: give it {field}"));
            }
        }
        let header = package["metadata"]["docs"]["rs"]["rustdoc-args"][1].as_str();
        let folder = package["manifest_path"]
            .as_str()
            .map(std::path::Path::new)
            .and_then(|path| path.parent());
        for file in ["LICENSE-MIT", "LICENSE-APACHE", header.unwrap_or("katex-header.html")] {
            if !folder.is_some_and(|folder| folder.join(file).is_file()) {
                found.push(format!("{name} is published: {file} is missing in its folder"));
            }
        }
        if header.is_none() {
            found.push(format!("{name} is published: docs.rs isn't told to typeset formulas"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_published_crate_is_presentable_and_the_workshop_stays_at_home() {
        let metadata = json!({"packages": [
            {"name": "tools", "publish": []},
            {"name": "bare", "publish": null, "manifest_path": "/nowhere/Cargo.toml", "license": "MIT", "keywords": []},
        ]});
        assert_eq!(published(&metadata), ["bare"]);
        let found = unpresentable(&metadata);
        assert_eq!(found.len(), 9, "{found:?}");
        let ours = super::metadata().unwrap();
        let published = published(&ours);
        for name in ["mirrorhead", "mirrorhead-svm", "mirrorhead-harness"] {
            assert!(published.iter().any(|published| published == name), "{name}");
        }
        assert!(published.iter().all(|name| name != "mirrorhead-repro" && name != "xtask"));
    }
}
