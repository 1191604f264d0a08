//! `Cargo.lock`: the exact versions, with their checksums, of what a package depends on.

use std::collections::{BTreeMap, BTreeSet};

/// The packages of a lock file, each as it is written there.
pub struct LockFile<'a> {
    packages: BTreeMap<&'a str, Vec<Locked<'a>>>,
}

struct Locked<'a> {
    version: &'a str,
    /// Names of dependencies, with the version where a name has several.
    dependencies: Vec<&'a str>,
    text: &'a str,
}

impl<'a> LockFile<'a> {
    /// The packages in this text, which cargo has written.
    pub fn parse(text: &'a str) -> Self {
        let mut packages: BTreeMap<&str, Vec<Locked<'_>>> = BTreeMap::new();
        for text in text.split("[[package]]").skip(1) {
            let field = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name))?;
                line.strip_prefix(" = \"")?.strip_suffix('"')
            };
            let Some((name, version)) = field("name").zip(field("version")) else { continue };
            let listed =
                text.split("dependencies = [").nth(1).and_then(|rest| rest.split(']').next());
            let dependencies =
                listed.into_iter().flat_map(|list| list.split('"').skip(1).step_by(2)).collect();
            packages.entry(name).or_default().push(Locked { version, dependencies, text });
        }
        Self { packages }
    }

    /// What stands in the file about these packages and all that they depend on, directly or not, in the
    /// order of their names; without those named in `without`, and what only they depend on.
    pub fn closure(&self, names: &[String], without: &[&str]) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut left: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some(dependency) = left.pop() {
            let mut parts = dependency.split(' ');
            let (name, version) = (parts.next().unwrap_or_default(), parts.next());
            if without.contains(&name) {
                continue;
            }
            let versions = self.packages.get(name).into_iter().flatten();
            for package in versions.filter(|package| version.is_none_or(|v| v == package.version)) {
                if found.insert(package.text.trim()) {
                    left.extend(&package.dependencies);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "paper"
version = "1.0.0"
dependencies = [
 "clap",
 "numerics 2.0.0",
]

[[package]]
name = "clap"
version = "4.0.0"
source = "registry"
checksum = "aa"
dependencies = [
 "words",
]

[[package]]
name = "numerics"
version = "1.0.0"
source = "registry"
checksum = "bb"

[[package]]
name = "numerics"
version = "2.0.0"
source = "registry"
checksum = "cc"

[[package]]
name = "words"
version = "0.1.0"
source = "registry"
checksum = "dd"
"#;

    #[test]
    fn the_closure_has_the_versions_that_are_used_and_not_what_is_left_out() {
        let closure = |without: &[&str]| {
            let lock = LockFile::parse(LOCK);
            let texts = lock.closure(&["paper".into()], without);
            let has = |part: &str| texts.iter().any(|text| text.contains(part));
            ["paper", "\"aa\"", "\"bb\"", "\"cc\"", "\"dd\""].map(has)
        };
        assert_eq!(closure(&[]), [true, true, false, true, true]);
        assert_eq!(closure(&["clap"]), [true, false, false, true, false]);
    }
}
