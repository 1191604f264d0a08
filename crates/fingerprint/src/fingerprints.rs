//! One fingerprint for the cells of every experiment of a package.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::built_from::compiler;
use crate::digest::Digest;
use crate::lock_file::LockFile;
use crate::packages::{lock_folder, packages};
use crate::sources;

/// The files of an experiment's folder that say which cells it has and what finished ones mean, and have no
/// part in what a cell produces: the impl of the trait, the settings of the profiles (which are in each
/// cell's configuration), findings, figures and tables. Every other file there is code of its cells.
///
/// A file among the others can't depend on these as long as they import it and files don't import each
/// other in circles.
const MEANING: [&str; 5] = ["mod.rs", "profile.rs", "findings.rs", "figures.rs", "tables.rs"];

/// A fingerprint for the cells of each experiment of a package, in `src/experiments/NAME/`, say.
///
/// It is the SHA-256 of everything that a cell's outcome can depend on:
///
/// - compiler, target and profile;
/// - every crate of the workspace that the package depends on, by its sources, or, where the package was
///   packed and installed, by its checksum in `Cargo.lock`; other crates by theirs;
/// - what the experiments share, and the experiment's own folder without the files that only say which
///   cells it has and what they mean: `mod.rs`, `profile.rs`, `findings.rs`, `figures.rs`, `tables.rs`.
///
/// A changed caption leaves finished cells as they are; a changed kernel doesn't.
#[derive(Debug, Clone)]
pub struct Fingerprints {
    name: String,
    folder: PathBuf,
    cargo: OsString,
    environment: Vec<String>,
    without: Vec<&'static str>,
    parts: Vec<(&'static str, &'static str)>,
    shared: Vec<&'static str>,
}

/// What was computed: a digest for what all cells depend on, and one for every experiment.
#[derive(Debug, PartialEq, Eq)]
struct Computed {
    common: String,
    experiments: BTreeMap<String, String>,
    watched: BTreeSet<PathBuf>,
}

impl Fingerprints {
    /// Those of the package whose build script asks.
    pub fn of_this_package() -> Self {
        let variable = |name| format!("{name}={}", env::var(name).unwrap_or_default());
        let profile = ["TARGET", "PROFILE", "OPT_LEVEL", "CARGO_ENCODED_RUSTFLAGS"].map(variable);
        let environment = [compiler("-vV")].into_iter().chain(profile).collect();
        let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
        let name = env::var("CARGO_PKG_NAME").unwrap_or_default();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { cargo, environment, ..Self::of(name, folder) }
    }

    fn of(name: impl Into<String>, folder: PathBuf) -> Self {
        let (without, parts, shared) = (Vec::new(), Vec::new(), Vec::new());
        let (name, cargo, environment) = (name.into(), "cargo".into(), Vec::new());
        Self { name, folder, cargo, environment, without, parts, shared }
    }

    /// Without these crates, on which the package depends and outcomes don't: what runs cells, the command
    /// line, and so on.
    #[must_use]
    pub fn without(mut self, crates: &[&'static str]) -> Self {
        self.without.extend(crates);
        self
    }

    /// Of this crate of the workspace only this folder.
    #[must_use]
    pub fn with_part_of(mut self, name: &'static str, folder: &'static str) -> Self {
        self.parts.push((name, folder));
        self
    }

    /// With this folder of the package, whose code every cell may use.
    #[must_use]
    pub fn with_shared(mut self, folder: &'static str) -> Self {
        self.shared.push(folder);
        self
    }

    /// Hands `FINGERPRINT_<name>` for every folder in `experiments`, and `FINGERPRINT` of what all of them
    /// depend on, to the package's `env!`; and asks cargo to run the build script again when something
    /// changes that they are made from.
    ///
    /// # Errors
    /// A source can't be read, or cargo can't be asked.
    pub fn emit(&self, experiments: &str) -> Result<(), String> {
        let Computed { common, experiments, watched } = self.compute(experiments)?;
        println!("cargo::rustc-env=FINGERPRINT={common}");
        for (name, digest) in experiments {
            println!("cargo::rustc-env=FINGERPRINT_{name}={digest}");
        }
        for path in watched {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        Ok(())
    }

    fn compute(&self, experiments: &str) -> Result<Computed, String> {
        let mut watched = BTreeSet::from([self.folder.join("Cargo.toml")]);
        let common = self.common(&mut watched)?;
        let folder = self.folder.join(experiments);
        watched.insert(folder.clone());
        let entries = fs::read_dir(&folder)
            .map_err(|error| format!("can't read {}: {error}", folder.display()))?;
        let mut digests = BTreeMap::new();
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
            if self.shared.iter().any(|shared| self.folder.join(shared) == path) {
                continue;
            }
            let mut digest = common.clone();
            sources::add(&mut digest, &path, &path, &has_cells, &mut watched)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            digests.insert(name, digest.hex());
        }
        Ok(Computed { common: common.hex(), experiments: digests, watched })
    }

    /// What every cell can depend on.
    fn common(&self, watched: &mut BTreeSet<PathBuf>) -> Result<Digest, String> {
        let mut digest = Digest::default();
        self.environment.iter().for_each(|part| digest.add(part));
        let packages = packages(&self.folder, &self.cargo, &self.without)?;
        // Of a package that was packed nothing else is known.
        let mut locked = if packages.is_empty() { vec![self.name.clone()] } else { Vec::new() };
        for package in packages {
            digest.add(&package.name);
            digest.add(&package.asks);
            watched.insert(package.folder.join("Cargo.toml"));
            if package.folder != self.folder {
                let part = self.parts.iter().find(|(name, _)| *name == package.name);
                let sources = package.folder.join(part.map_or("src", |(_, folder)| folder));
                sources::add(&mut digest, &package.folder, &sources, &|_| true, watched)?;
            }
            locked.extend(package.others);
        }
        for shared in &self.shared {
            let folder = self.folder.join(shared);
            sources::add(&mut digest, &self.folder, &folder, &|_| true, watched)?;
        }
        let lock = lock_folder(&self.folder, &self.cargo)?.join("Cargo.lock");
        let text = fs::read_to_string(&lock).unwrap_or_default();
        for package in LockFile::parse(&text).closure(&locked, &self.without) {
            digest.add(package);
        }
        watched.insert(lock);
        Ok(digest)
    }
}

/// Whether a file of an experiment's folder is code of its cells.
fn has_cells(path: &Path) -> bool {
    path.file_name().is_none_or(|name| MEANING.iter().all(|meaning| name != *meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace with a library, a harness and a paper that uses both.
    struct Workspace(tempfile::TempDir);

    const FILES: [(&str, &str); 13] = [
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"kernels\", \"harness\", \"paper\"]\n",
        ),
        ("Cargo.lock", LOCK),
        (
            "kernels/Cargo.toml",
            "[package]\nname = \"kernels\"\nversion = \"1.0.0\"\n[dependencies]\nfaer = \"1\"\n",
        ),
        ("kernels/src/lib.rs", "pub fn dot() {}"),
        (
            "harness/Cargo.toml",
            "[package]\nname = \"harness\"\nversion = \"1.0.0\"\n[dependencies]\nbars = \"1\"\n",
        ),
        ("harness/src/lib.rs", "pub fn run() {}"),
        (
            "paper/Cargo.toml",
            "[package]\nname = \"paper\"\nversion = \"1.0.0\"\n[dependencies]\nkernels.path = \"../kernels\"\nharness.path = \"../harness\"\n",
        ),
        ("paper/src/lib.rs", "mod experiments;"),
        ("paper/src/shared/head.rs", "const STEP: f64 = 0.1;"),
        ("paper/src/experiments/rate/mod.rs", "//! Rates."),
        ("paper/src/experiments/rate/findings.rs", "const CAPTION: &str = \"It falls.\";"),
        ("paper/src/experiments/rate/cell.rs", "fn run() {}"),
        ("paper/src/experiments/path/cell.rs", "fn run() {}"),
    ];

    const LOCK: &str = "version = 4

[[package]]
name = \"paper\"
version = \"1.0.0\"
dependencies = [
 \"harness\",
 \"kernels\",
]

[[package]]
name = \"kernels\"
version = \"1.0.0\"
dependencies = [
 \"faer\",
]

[[package]]
name = \"harness\"
version = \"1.0.0\"
dependencies = [
 \"bars\",
]

[[package]]
name = \"faer\"
version = \"1.0.0\"
checksum = \"aa\"

[[package]]
name = \"bars\"
version = \"1.0.0\"
checksum = \"bb\"
";

    impl Workspace {
        fn new() -> Self {
            let workspace = Self(tempfile::tempdir().unwrap());
            for (name, text) in &FILES {
                workspace.write(name, text);
            }
            workspace
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn computed(&self, profile: &str) -> Computed {
            // Temporary folders may be links.
            let folder = self.0.path().canonicalize().unwrap().join("paper");
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            Fingerprints {
                cargo,
                environment: vec![profile.into()],
                ..Fingerprints::of("paper", folder)
            }
            .without(&["harness"])
            .with_shared("src/shared")
            .compute("src/experiments")
            .unwrap()
        }

        /// Which fingerprints a change of this file changes: what is common, rate, path.
        fn changed_by(&self, name: &str, text: &str) -> [bool; 3] {
            let before = self.computed("release");
            self.write(name, text);
            let after = self.computed("release");
            let original = FILES.iter().find(|(file, _)| *file == name).unwrap().1;
            self.write(name, original);
            assert_eq!(self.computed("release"), before);
            let differs = |name| before.experiments[name] != after.experiments[name];
            [before.common != after.common, differs("rate"), differs("path")]
        }
    }

    #[test]
    fn a_caption_changes_no_fingerprint_and_a_kernel_changes_all() {
        let workspace = Workspace::new();
        let changed = |name, text| workspace.changed_by(name, text);
        let caption = "const CAPTION: &str = \"It falls fast.\";";
        assert_eq!(changed("paper/src/experiments/rate/findings.rs", caption), [false; 3]);
        assert_eq!(changed("paper/src/experiments/rate/mod.rs", "//! Faster."), [false; 3]);
        assert_eq!(changed("paper/src/lib.rs", "mod experiments; mod cli;"), [false; 3]);
        assert_eq!(changed("kernels/src/lib.rs", "pub fn dot() { fma() }"), [true; 3]);
        assert_eq!(changed("paper/src/shared/head.rs", "const STEP: f64 = 0.2;"), [true; 3]);
        let cell = "fn run() { twice() }";
        assert_eq!(changed("paper/src/experiments/rate/cell.rs", cell), [false, true, false]);
    }

    #[test]
    fn what_runs_cells_has_no_part_and_what_the_library_depends_on_has() {
        let workspace = Workspace::new();
        let changed = |name, text: &str| workspace.changed_by(name, text);
        assert_eq!(changed("harness/src/lib.rs", "pub fn run() { faster() }"), [false; 3]);
        assert_eq!(changed("Cargo.lock", &LOCK.replace("\"bb\"", "\"bc\"")), [false; 3]);
        assert_eq!(changed("Cargo.lock", &LOCK.replace("\"aa\"", "\"ab\"")), [true; 3]);
        let manifest =
            FILES[2].1.replace("faer = \"1\"", "faer = { version = \"1\", features = [\"fma\"] }");
        assert_eq!(changed("kernels/Cargo.toml", &manifest), [true; 3]);
    }

    #[test]
    fn compiler_and_profile_count_and_the_place_does_not() {
        let (one, two) = (Workspace::new(), Workspace::new());
        let digests = |workspace: &Workspace, profile| {
            let Computed { common, experiments, .. } = workspace.computed(profile);
            (common, experiments)
        };
        assert_eq!(digests(&one, "release"), digests(&two, "release"));
        assert_ne!(digests(&one, "release"), digests(&one, "debug"));
    }

    #[test]
    fn a_packed_package_has_its_lock_file_and_no_neighbours() {
        let packed = |checksum: &str| {
            let workspace = Workspace::new();
            workspace.write("paper/Cargo.toml.orig", "");
            workspace.write("paper/Cargo.lock", &LOCK.replace("\"aa\"", checksum));
            // What lies beside it is somebody else's.
            fs::remove_dir_all(workspace.0.path().join("kernels")).unwrap();
            fs::remove_file(workspace.0.path().join("Cargo.toml")).unwrap();
            let folder = workspace.0.path().join("paper");
            let fingerprints = Fingerprints {
                cargo: "no such program".into(),
                ..Fingerprints::of("paper", folder)
            };
            fingerprints.compute("src/experiments").unwrap().experiments
        };
        assert_eq!(packed("\"aa\""), packed("\"aa\""));
        assert_ne!(packed("\"aa\""), packed("\"ab\""));
        assert_eq!(packed("\"aa\"").len(), 2);
    }
}
