//! What files of a crate may import of each other.

use std::collections::BTreeMap;

use crate::architecture::{CELLS_MAY_USE, LAYERS, NO_CELL_CODE};
use crate::imports::{Imports, circles, imports};

/// Every import between these sources, given as path in the workspace and text, that isn't allowed: circles,
/// arrows against the layers of a crate, and code of cells that is outside of their fingerprint.
pub fn violations(sources: &[(String, String)]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (path, text) in sources {
        if let Some((krate, file)) = path.split_once("/src/") {
            crates.entry(krate).or_default().push((file, text));
        }
    }
    let mut found = Vec::new();
    for (krate, files) in crates {
        // A binary beside a library is a crate of its own.
        let library = files.iter().any(|(file, _)| *file == "lib.rs");
        let files: Vec<_> =
            files.into_iter().filter(|(file, _)| !(library && *file == "main.rs")).collect();
        let imports = imports(&files);
        for circle in circles(&imports) {
            found.push(format!("{krate}: {} import each other in a circle", circle.join(", ")));
        }
        found.extend(against_layers(krate, &imports));
    }
    found
}

/// The imports of a crate that run against its layers.
fn against_layers(krate: &str, imports: &Imports) -> Vec<String> {
    let mut found = Vec::new();
    for (from, targets) in imports {
        for to in targets {
            let layer = LAYERS.iter().any(|(of, lower, higher)| {
                krate.ends_with(of) && from.starts_with(lower) && in_one_of(to, higher)
            });
            if layer || (is_cell_code(from) && !is_covered(from, to)) {
                found.push(format!("{krate}: {from} must not import {to}"));
            }
        }
    }
    found
}

fn in_one_of(file: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// The folder of the experiment that a file belongs to.
fn experiment(file: &str) -> Option<&str> {
    file.strip_prefix("experiments/")?.split_once('/').map(|(name, _)| name)
}

/// Whether a file is code of an experiment's cells, and so in their fingerprint.
fn is_cell_code(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    experiment(file).is_some_and(|name| name != "shared") && !NO_CELL_CODE.contains(&name)
}

/// Whether the fingerprint of the cells that `from` is code of covers `to` too.
fn is_covered(from: &str, to: &str) -> bool {
    in_one_of(to, CELLS_MAY_USE) || (is_cell_code(to) && experiment(from) == experiment(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        violations(&sources)
    }

    #[test]
    fn circles_are_forbidden_within_a_crate() {
        let circle = [
            ("crates/svm/src/a.rs", "use crate::b::B;"),
            ("crates/svm/src/b.rs", "use crate::a::A;"),
            ("crates/mirror/src/a.rs", "use crate::b::B;"),
            ("crates/mirror/src/b.rs", ""),
        ];
        assert_eq!(found(&circle), ["crates/svm: a.rs, b.rs import each other in a circle"]);
    }

    #[test]
    fn no_arrow_runs_from_what_an_experiment_says_to_how_cells_run() {
        let up = [
            ("crates/harness/src/experiment/duties.rs", "use crate::cells::Store;"),
            ("crates/harness/src/cells/mod.rs", "pub struct Store;"),
        ];
        let expected = ["crates/harness: experiment/duties.rs must not import cells/mod.rs"];
        assert_eq!(found(&up), expected);
    }

    #[test]
    fn cells_import_nothing_that_their_fingerprint_leaves_out() {
        let cells = [
            ("crates/repro/src/experiments/rate/cell.rs", "use super::findings::CAPTION;"),
            ("crates/repro/src/experiments/rate/findings.rs", "use crate::own_data::A;"),
            (
                "crates/repro/src/experiments/path/cell.rs",
                "use crate::experiments::rate::cell::C;\npub struct D;",
            ),
            (
                "crates/repro/src/experiments/path/flow.rs",
                "use super::cell::D;\nuse crate::shared::S;",
            ),
            ("crates/repro/src/shared/mod.rs", "pub struct S;"),
        ];
        let expected = [
            "crates/repro: experiments/path/cell.rs must not import experiments/rate/cell.rs",
            "crates/repro: experiments/rate/cell.rs must not import experiments/rate/findings.rs",
        ];
        assert_eq!(found(&cells), expected);
    }
}
