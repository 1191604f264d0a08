//! Checks the workspace against its architecture.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::architecture::{
    EXCEPTIONS, FORBIDDEN, FRAMEWORK, MAY_BUILD_FRAMEWORK, MAY_DEPEND_ON, MAY_DO_ANYTHING,
    MOST_LINES, REQUIRED,
};
use crate::formulas;
use crate::import_rules;
use crate::output::note;
use crate::package;
use crate::workspace::{metadata, workspace};

/// Prints every violation; fails if there is one.
pub fn run() -> ExitCode {
    let violations = violations();
    for violation in &violations {
        note(&format!("tidy: {violation}"));
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every violation in the workspace, as sentences.
pub fn violations() -> Vec<String> {
    let mut found: Vec<String> = REQUIRED
        .iter()
        .filter(|name| !workspace().join(name).is_file())
        .map(|name| format!("{name} is missing"))
        .collect();
    match metadata() {
        Ok(metadata) => {
            found.extend(forbidden_edges(&metadata));
            found.extend(framework_by_default(&metadata));
            found.extend(package::unpresentable(&metadata));
        }
        Err(reason) => found.push(format!("can't read `cargo metadata`: {reason}")),
    }
    let mut sources = Vec::new();
    for folder in ["crates", "xtask"] {
        collect_sources(&workspace().join(folder), &mut sources);
    }
    sources.sort();
    let mut texts = Vec::new();
    for path in sources {
        let name = path.strip_prefix(workspace()).unwrap_or(&path).display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => texts.push((name.replace('\\', "/"), text)),
            Err(error) => found.push(format!("{name}: {error}")),
        }
    }
    found.extend(texts.iter().flat_map(|(name, text)| forbidden_text(name, text)));
    found.extend(import_rules::violations(&texts));
    found
}

/// The dependencies between crates of the workspace that the architecture doesn't allow; those of
/// tests are free.
fn forbidden_edges(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut found = Vec::new();
    for (package, name) in packages.iter().zip(&names) {
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(crate_name, _)| crate_name == name)
        else {
            found.push(format!("{name} isn't in xtask/src/architecture.rs: say what it may use"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().unwrap_or_default();
            let ours = names.contains(&target) && dependency["kind"] != "dev";
            let heavy = target == FRAMEWORK && !MAY_BUILD_FRAMEWORK.contains(name);
            if heavy || (ours && !allowed.contains(&target)) {
                found.push(format!("{name} must not depend on {target}"));
            }
        }
    }
    found
}

/// The default members of the workspace that would build the framework.
fn framework_by_default(metadata: &Value) -> Vec<String> {
    let defaults = metadata["workspace_default_members"].as_array().map_or(&[][..], Vec::as_slice);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| defaults.contains(&package["id"]))
        .filter_map(|package| package["name"].as_str())
        .filter(|name| MAY_BUILD_FRAMEWORK.contains(name))
        .map(|name| format!("{name} must not be a default member: it builds {FRAMEWORK}"))
        .collect()
}

/// What is wrong with one source file.
fn forbidden_text(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!("{name}: the first line must be `//!` and what the file is"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        found.push(format!("{name}: {lines} lines; split it below {MOST_LINES}"));
    }
    let stray = formulas::stray_in_source(text);
    found.extend(
        stray
            .iter()
            .map(|number| format!("{name}:{number}: a formula stands in a code span: `$...$`")),
    );
    if !is_restricted(name) {
        return found;
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (pattern, why) in FORBIDDEN {
            let excepted =
                EXCEPTIONS.iter().any(|(end, what)| name.ends_with(end) && what == pattern);
            if contains_word(code, pattern) && !excepted {
                found.push(format!("{name}:{}: {pattern}: {why}", number + 1));
            }
        }
    }
    found
}

/// Whether a file is library code of a crate that must not print, read the clock and so on.
fn is_restricted(name: &str) -> bool {
    let mut parts = name.split('/');
    parts.next() == Some("crates")
        && parts.next().is_some_and(|krate| !MAY_DO_ANYTHING.contains(&krate))
        && parts.next() == Some("src")
}

/// Whether the pattern stands in the line, not as the end of a longer word.
fn contains_word(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn collect_sources(folder: &Path, sources: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        assert_eq!(violations(), Vec::<String>::new());
    }

    #[test]
    fn an_edge_against_the_architecture_is_found() {
        let metadata = json!({"packages": [
            {"name": "mirrorhead-svm", "dependencies": [
                {"name": "mirrorhead-attention", "kind": null},
                {"name": "mirrorhead-trainer", "kind": "dev"},
                {"name": "serde", "kind": null},
            ]},
            {"name": "mirrorhead-attention", "dependencies": []},
            {"name": "mirrorhead-trainer", "dependencies": [{"name": "burn", "kind": "dev"}]},
            {"name": "mirrorhead-deep", "dependencies": [{"name": "burn", "kind": null}]},
            {"name": "mirrorhead-new", "dependencies": []},
        ]});
        let found = forbidden_edges(&metadata);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[1], "mirrorhead-trainer must not depend on burn");
        assert_eq!(found[0], "mirrorhead-svm must not depend on mirrorhead-attention");
        assert!(found[2].contains("mirrorhead-new"));
    }

    #[test]
    fn the_framework_is_built_by_no_default_member() {
        let metadata = json!({
            "workspace_default_members": ["svm 1", "deep 1"],
            "packages": [
                {"name": "mirrorhead-svm", "id": "svm 1"},
                {"name": "mirrorhead-deep", "id": "deep 1"},
                {"name": "mirrorhead-repro-deep", "id": "repro-deep 1"},
            ],
        });
        let found = framework_by_default(&metadata);
        assert_eq!(found, ["mirrorhead-deep must not be a default member: it builds burn"]);
        // Cargo says which these are, or the check would see nothing.
        assert!(crate::workspace::metadata().unwrap()["workspace_default_members"].is_array());
    }

    #[test]
    fn forbidden_words_are_found_where_they_matter() {
        let text =
            "//! A noun.\nuse std::fs;\nfn f() { println!(\"\"); } // println!\n// Instant\n";
        let found = |name| forbidden_text(name, text).len();
        assert_eq!(found("crates/svm/src/a.rs"), 2);
        assert_eq!(found("crates/trainer/src/checkpoint.rs"), 1);
        assert_eq!(found("crates/repro/src/a.rs"), 0);
        assert_eq!(found("crates/svm/tests/a.rs"), 0);
        for line in [
            "use std::{fs, time};",
            "use std::{",
            "print!();",
            "use faer::linalg::lu;",
            "eprintln!();",
        ] {
            let found = forbidden_text("crates/svm/src/a.rs", &format!("//! A noun.\n{line}\n"));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
        assert_eq!(forbidden_text("crates/svm/src/a.rs", "fn f() {}\n").len(), 1);
        let long = format!("//! A noun.\n{}", "\n".repeat(400));
        assert_eq!(forbidden_text("xtask/src/a.rs", &long).len(), 1);
    }
}
