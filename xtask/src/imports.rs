//! Which file of a crate imports which: what it takes by `use`, or names by a path.

use std::collections::{BTreeMap, BTreeSet};

/// The imports of a crate: each file with those that it names something of.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// The imports between the files of a crate, given as path below `src/` and text. What stands in a
/// file's tests is left out, and `mod` is no import: a folder's `mod.rs` holds its files, and needs none.
///
/// A path leads to the file in which it leaves the tree of files: `crate::cells::CellStore` to
/// `cells/mod.rs`, which passes it on, and `crate::cells::store::CellStore` to `cells/store.rs`.
pub fn imports(files: &[(&str, &str)]) -> Imports {
    let modules: BTreeMap<Vec<String>, &str> =
        files.iter().map(|(path, _)| (module(path), *path)).collect();
    let mut found = Imports::new();
    for (path, text) in files {
        let (own, code) = (module(path), code(text));
        let targets = paths(&code).into_iter().filter_map(|taken| {
            let absolute = absolute(&own, &taken, &modules)?;
            let known = (0..=absolute.len()).rev().find_map(|n| modules.get(&absolute[..n]))?;
            (known != path).then(|| (*known).to_owned())
        });
        found.insert((*path).to_owned(), targets.collect());
    }
    found
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
    let mut left: Vec<&str> = vec![file];
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
    let stem = path.trim_end_matches(".rs");
    let parts = stem.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
    parts.map(Into::into).collect()
}

/// A path from the root of the crate; nothing where it starts in another crate or at an item.
fn absolute(
    own: &[String],
    path: &[String],
    modules: &BTreeMap<Vec<String>, &str>,
) -> Option<Vec<String>> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let start = match path.first()?.as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "super" => own.len().checked_sub(up)?,
        "self" => return Some([own, &path[1..]].concat()),
        child => {
            let at = [own, &[child.to_owned()]].concat();
            return modules.contains_key(&at).then(|| [own, path].concat());
        }
    };
    Some([&own[..start], &path[up..]].concat())
}

/// Every path of two names or more in this code, those of `use` spread out.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let tokens = tokens(code);
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            at = tree(&tokens, at + 1, &[], &mut found);
        } else if is_name(tokens[at]) {
            let mut path = vec![tokens[at].to_owned()];
            while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|t| is_name(t)) {
                path.push(tokens[at + 2].to_owned());
                at += 2;
            }
            if path.len() > 1 {
                found.push(path);
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    found
}

/// The paths of one tree of a `use`, which starts at `at`; returns where it ends.
fn tree(tokens: &[&str], mut at: usize, above: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = above.to_vec();
    while let Some(token) = tokens.get(at) {
        match *token {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, found);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            "as" => at += 2,
            name if is_name(name) || name == "*" => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    found.push(path);
    at
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// A file without its tests, which stand at its end, its comments and its texts.
fn code(text: &str) -> String {
    let text = text.find("#[cfg(test)]\nmod tests").map_or(text, |at| &text[..at]);
    let mut code = String::new();
    for line in text.lines() {
        let (mut inside, mut escaped, mut before) = (false, false, ' ');
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' if before != '\'' => inside = !inside,
                '/' if !inside && before == '/' => break,
                _ if !inside => code.push(c),
                _ => {}
            }
            before = c;
        }
        code.push('\n');
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let arrows = imports(files);
        let pair = |from: &String| {
            let from = from.clone();
            arrows[&from].iter().map(move |to| format!("{from} > {to}")).collect::<Vec<_>>()
        };
        arrows.keys().flat_map(pair).collect()
    }

    #[test]
    fn uses_and_paths_lead_to_the_file_that_has_the_name() {
        let found = of(&[
            ("lib.rs", "mod cells;\nmod claim;\npub use cells::{Store, run::{Run, go}};\n"),
            ("cells/mod.rs", "mod run;\npub use run::Run;\nfn f() { run::go(); }\n"),
            ("cells/run.rs", "use std::fs;\nuse crate::claim::Claim as Said;\nuse serde::Serialize;\n"),
            ("claim.rs", "// use crate::cells::Store;\nconst A: &str = \"crate::cells\";\n"),
        ]);
        assert_eq!(
            found,
            [
                "cells/mod.rs > cells/run.rs",
                "cells/run.rs > claim.rs",
                "lib.rs > cells/mod.rs",
                "lib.rs > cells/run.rs"
            ]
        );
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
            ("e/mod.rs", "mod f;\nfn g() { f::g(); }\n"),
            ("e/f.rs", "use super::E;\n"),
        ]);
        assert_eq!(circles(&imports), [vec!["a.rs", "b.rs", "c.rs"], vec!["e/f.rs", "e/mod.rs"]]);
    }
}
