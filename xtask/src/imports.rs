//! Which file of a crate imports which: what it takes by `use`, or names by a path.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::{Paths, paths};

/// The imports of a crate: each file with those that it names something of.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// The files of a crate.
struct Files<'a> {
    by_module: BTreeMap<Vec<String>, &'a str>,
    paths: BTreeMap<&'a str, Paths>,
}

/// The imports between the files of a crate, given as path below `src/` and text. What stands in a
/// file's tests is left out, and `mod` is no import: a folder's `mod.rs` holds its files, and needs none.
///
/// A path leads to the file that has the name, also through a file that only passes it on:
/// `crate::cells::CellStore` leads to `cells/store.rs` if `cells/mod.rs` says `pub use store::CellStore`.
pub fn imports(files: &[(&str, &str)]) -> Imports {
    let files = Files {
        by_module: files.iter().map(|(path, _)| (module(path), *path)).collect(),
        paths: files.iter().map(|(path, text)| (*path, paths(text))).collect(),
    };
    let of = |path: &str, names: &Paths| -> BTreeSet<String> {
        let used = names.used.iter().map(|used| &used.path).chain(&names.named);
        let absolute = used.filter_map(|name| files.absolute(path, name));
        let targets = absolute.filter_map(|name| files.file_of(&name, DEEPEST));
        targets.filter(|target| *target != path).map(Into::into).collect()
    };
    files.paths.iter().map(|(path, names)| ((*path).to_owned(), of(path, names))).collect()
}

/// How often a name may be passed on.
const DEEPEST: usize = 8;

impl Files<'_> {
    /// A path from the root of the crate; nothing where it starts in another crate or at an item.
    fn absolute(&self, file: &str, path: &[String]) -> Option<Vec<String>> {
        let own = module(file);
        let up = path.iter().take_while(|part| *part == "super").count();
        let start = match path.first()?.as_str() {
            "crate" => return Some(path[1..].to_vec()),
            "super" => own.len().checked_sub(up)?,
            "self" => return Some([&own, &path[1..]].concat()),
            child => {
                let at = [&own[..], &[child.to_owned()]].concat();
                return self.by_module.contains_key(&at).then(|| [&own, path].concat());
            }
        };
        Some([&own[..start], &path[up..]].concat())
    }

    /// The file that a path from the root leads to.
    fn file_of(&self, path: &[String], depth: usize) -> Option<&str> {
        let (length, file) = (0..=path.len())
            .rev()
            .find_map(|length| Some((length, *self.by_module.get(&path[..length])?)))?;
        let Some(name) = path.get(length).filter(|_| depth > 0) else { return Some(file) };
        let Some(passed_on) = self.paths[file].used.iter().find(|used| used.name == *name) else {
            return Some(file);
        };
        // What another crate has is in no file of this one.
        let target = self.absolute(file, &passed_on.path)?;
        if target == path { Some(file) } else { self.file_of(&target, depth - 1) }
    }
}

/// The groups of files that import each other in a circle.
pub fn circles(imports: &Imports) -> Vec<Vec<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (file.as_str(), reachable(imports, file))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, reaches) in &reached {
        if !reaches.contains(file) || seen.contains(file) {
            continue;
        }
        let circle: Vec<&str> =
            reaches.iter().copied().filter(|other| reached[other].contains(file)).collect();
        seen.extend(circle.iter().copied());
        circles.push(circle.into_iter().map(Into::into).collect());
    }
    circles
}

/// Every file that an import of `file` leads to, directly or not.
fn reachable<'a>(imports: &'a Imports, file: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut left = vec![file];
    while let Some(at) = left.pop() {
        for next in imports.get(at).into_iter().flatten() {
            if found.insert(next.as_str()) {
                left.push(next);
            }
        }
    }
    found
}

/// The module that a file is: `cells/mod.rs` is `cells`, `lib.rs` and `main.rs` are the root.
fn module(path: &str) -> Vec<String> {
    let parts = path.trim_end_matches(".rs").split('/');
    parts.filter(|part| !["mod", "lib", "main"].contains(part)).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let arrow = |(from, to): (String, BTreeSet<String>)| {
            to.into_iter().map(move |to| format!("{from} > {to}"))
        };
        imports(files).into_iter().flat_map(arrow).collect()
    }

    #[test]
    fn uses_and_paths_lead_to_the_file_that_has_the_name() {
        let found = of(&[
            (
                "lib.rs",
                "mod cells;\nmod claim;\npub use cells::{Store, run::{Run, go}};\npub use mirror::Loss;\n",
            ),
            (
                "cells/mod.rs",
                "mod run;\npub use run::Run;\nfn f() { run::go(); }\npub struct Store;",
            ),
            (
                "cells/run.rs",
                "use std::fs;\nuse crate::claim::Claim as Said;\nuse serde::Serialize;",
            ),
            ("claim.rs", "// use crate::cells::Store;\nconst A: &str = \"crate::cells\";\n"),
            ("queue.rs", "use crate::cells::Run;\nuse crate::Store;\n"),
            ("loss.rs", "use crate::Loss;\n"),
        ]);
        let expected = [
            "cells/mod.rs > cells/run.rs",
            "cells/run.rs > claim.rs",
            "lib.rs > cells/mod.rs",
            "lib.rs > cells/run.rs",
            "queue.rs > cells/mod.rs",
            "queue.rs > cells/run.rs",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn super_is_the_folder_and_tests_are_left_out() {
        let found = of(&[
            ("a/mod.rs", "mod b;\nmod c;\n"),
            ("a/b.rs", "fn f(x: super::c::C, y: super::super::d::D) {}\n"),
            ("a/c.rs", "#[cfg(test)]\nmod tests {\n    use super::super::b::f;\n}\n"),
            ("d.rs", "fn g() { self::h(); }\n"),
        ]);
        assert_eq!(found, ["a/b.rs > a/c.rs", "a/b.rs > d.rs"]);
    }

    #[test]
    fn circles_are_found_whole_and_once() {
        let imports = imports(&[
            ("a.rs", "use crate::b::B;\n"),
            ("b.rs", "use crate::c::C;\n"),
            ("c.rs", "use super::a::A;\n"),
            ("d.rs", "use crate::a::A;\n"),
            ("e/mod.rs", "mod f;\nfn g() { f::g(); }\npub struct E;\n"),
            ("e/f.rs", "use super::E;\n"),
        ]);
        assert_eq!(circles(&imports), [vec!["a.rs", "b.rs", "c.rs"], vec!["e/f.rs", "e/mod.rs"]]);
    }
}
