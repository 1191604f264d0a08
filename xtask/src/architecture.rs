//! The architecture's absences: which crate may depend on which, and what no source may contain.

/// A crate of the workspace, and the crates of the workspace that it may depend on.
pub const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("mirrorhead-kernels", &[]),
    ("mirrorhead-mirror", &["mirrorhead-kernels"]),
    ("mirrorhead-attention", &["mirrorhead-kernels", "mirrorhead-mirror"]),
    ("mirrorhead-svm", &["mirrorhead-kernels", "mirrorhead-mirror"]),
    (
        "mirrorhead-trainer",
        &["mirrorhead-kernels", "mirrorhead-mirror", "mirrorhead-attention", "mirrorhead-svm"],
    ),
    ("mirrorhead-fingerprint", &[]),
    ("mirrorhead-harness", &[]),
    (
        "mirrorhead",
        &[
            "mirrorhead-kernels",
            "mirrorhead-mirror",
            "mirrorhead-attention",
            "mirrorhead-svm",
            "mirrorhead-trainer",
        ],
    ),
    (
        "mirrorhead-repro",
        &[
            // For its build script.
            "mirrorhead-fingerprint",
            "mirrorhead-harness",
            "mirrorhead-kernels",
            "mirrorhead-mirror",
            "mirrorhead-attention",
            "mirrorhead-svm",
            "mirrorhead-trainer",
        ],
    ),
    ("mirrorhead-deep", &["mirrorhead-kernels", "mirrorhead-mirror"]),
    ("mirrorhead-transformers", &[]),
    ("mirrorhead-datasets", &[]),
    (
        "mirrorhead-repro-deep",
        &[
            "mirrorhead-kernels",
            "mirrorhead-mirror",
            "mirrorhead-attention",
            "mirrorhead-svm",
            "mirrorhead-trainer",
            "mirrorhead-deep",
            "mirrorhead-transformers",
            "mirrorhead-datasets",
            "mirrorhead-fingerprint",
            "mirrorhead-harness",
            "mirrorhead-repro",
        ],
    ),
    // The registry on a machine with a GPU.
    (
        "mirrorhead-gpu",
        &[
            "mirrorhead-kernels",
            "mirrorhead-deep",
            "mirrorhead-transformers",
            "mirrorhead-harness",
            "mirrorhead-repro-deep",
        ],
    ),
    (
        "mirrorhead-fuzz",
        &[
            "mirrorhead-kernels",
            "mirrorhead-mirror",
            "mirrorhead-attention",
            "mirrorhead-svm",
            "mirrorhead-trainer",
            "mirrorhead-harness",
            "mirrorhead-repro",
        ],
    ),
    // Drawings of a report, whose files it reads.
    ("mirrorhead-figures", &[]),
    // Tests and benchmarks only.
    ("mirrorhead-peers", &[]),
    // Documentation tests only.
    ("mirrorhead-book", &[]),
    ("xtask", &[]),
];

/// The deep-learning framework, which takes minutes to build.
pub const FRAMEWORK: &str = "burn";

/// The crates that may depend on it, also in tests: none of them is a default member of the workspace.
pub const MAY_BUILD_FRAMEWORK: &[&str] =
    &["mirrorhead-deep", "mirrorhead-transformers", "mirrorhead-repro-deep", "mirrorhead-gpu"];

/// The crates that print, read the clock, open files and start threads.
pub const MAY_DO_ANYTHING: &[&str] =
    &["figures", "fingerprint", "fuzz", "gpu", "harness", "repro", "repro-deep"];

/// What no source of the other crates contains, and why.
pub const FORBIDDEN: &[(&str, &str)] = &[
    ("print!", "only harness and repro print"),
    ("println!", "only harness and repro print"),
    ("eprint!", "only harness and repro print"),
    ("eprintln!", "only harness and repro print"),
    ("dbg!", "only harness and repro print"),
    ("Instant", "only harness and repro read the clock"),
    ("SystemTime", "only harness and repro read the clock"),
    ("std::{", "one module an import, so that the rules on modules see it"),
    ("std::fs", "only harness, repro, checkpoints and data sets open files"),
    ("std::net", "nothing opens a connection"),
    ("std::process", "only harness and repro start programs or end this one"),
    ("ThreadPoolBuilder", "only harness and repro start threads"),
    ("std::thread", "only harness and repro start threads"),
    ("thread_rng", "every random number has a seed"),
    ("rand::rng()", "every random number has a seed"),
    ("from_os_rng", "every random number has a seed"),
    ("faer::linalg", "kernels::dense has it: what is generic there would be compiled anew"),
];

/// Files that may contain what is otherwise forbidden: the end of their path, and what. Checkpoints
/// are files; data sets lie in files, read and written in few places; the solver reads the clock only
/// when it was given a time limit; Python's threads don't survive a fork, so the extension module has a pool for each process.
pub const EXCEPTIONS: &[(&str, &str)] = &[
    ("trainer/src/checkpoint.rs", "std::fs"),
    ("transformers/src/training/checkpoint.rs", "std::fs"),
    ("datasets/src/archive.rs", "std::fs"),
    ("datasets/src/folder.rs", "std::fs"),
    ("datasets/src/whole_file.rs", "std::fs"),
    ("svm/src/limits.rs", "Instant"),
    ("kernels/src/dense.rs", "faer::linalg"),
    ("python/src/worker.rs", "ThreadPoolBuilder"),
    ("python/src/worker.rs", "std::process"),
];

/// Layers inside of a crate: its folder, where files lie, and where none lies that they import.
pub const LAYERS: &[(&str, &str, &[&str])] = &[
    ("/harness", "experiment/", &["cells/", "command/", "report/", "registry.rs"]),
    ("/harness", "cells/", &["command/", "report/", "registry.rs"]),
    ("/harness", "report/", &["cells/", "command/", "registry.rs"]),
    ("/repro", "shared/", &["experiments/", "own_data/"]),
    ("/repro", "own_data/", &["experiments/"]),
    ("/repro-deep", "data/", &["measures/", "training/", "experiments/"]),
    ("/repro-deep", "measures/", &["training/", "experiments/"]),
    ("/repro-deep", "training/", &["experiments/"]),
];

/// The files of an experiment's folder that are no code of its cells: their fingerprint leaves them out, as
/// `crates/fingerprint` says.
pub const NO_CELL_CODE: &[&str] =
    &["mod.rs", "profile.rs", "findings.rs", "figures.rs", "tables.rs"];

/// The folders beside an experiment's own that its cells may use: they are in their fingerprint.
pub const CELLS_MAY_USE: &[&str] =
    &["shared/", "experiments/shared/", "data/", "measures/", "training/"];

/// The most lines of a source file.
pub const MOST_LINES: usize = 400;

/// Files that the workspace must have.
pub const REQUIRED: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CITATION.cff",
    "SECURITY.md",
];
