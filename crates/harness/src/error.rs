//! What can go wrong around an experiment: every error names the place and the remedy.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::experiment::CellError;

/// Misuse, or a machine that refuses: nothing a correct experiment can find is here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReproError {
    /// A name that is neither an experiment nor a group.
    #[error("there is no experiment or group `{name}`{}; the known ones are: {known}",
        nearest.as_ref().map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default())]
    UnknownExperiment {
        /// The name asked for.
        name: String,
        /// The closest known name, when one is close.
        nearest: Option<String>,
        /// Every known name.
        known: String,
    },
    /// Experiments that refuse what was asked of them, before anything has run.
    #[error("{}; nothing was run{}", refusals.iter().map(|(name, why)| format!("`{name}` can't run: {why}"))
        .collect::<Vec<_>>().join("; "), remedy(*others))]
    Refused {
        /// Their names, and why.
        refusals: Vec<(&'static str, CellError)>,
        /// How many other experiments were asked for, which could run.
        others: usize,
    },
    /// A folder or file that can't be written.
    #[error("can't write {}: {source}; {}", path.display(), to_write(source))]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder in which another process is at work.
    #[error("another process ({}) is at work in {}; wait for it, or choose another folder with \
        --out", if holder.is_empty() { "unknown" } else { holder }, folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
        /// The number of the process, as far as it is known.
        holder: String,
    },
    /// A folder that should be shared by the hosts of a cluster.
    #[error("{} on {host} is not the folder that this study was submitted with: give with --out one that \
        all hosts share", folder.display())]
    NotShared {
        /// The folder.
        folder: PathBuf,
        /// The host that has another one, or none.
        host: String,
    },
    /// A folder of cells that isn't there.
    #[error("there is no folder {}", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Folders that hold cells, and none of this code.
    #[error("{} holds {cells} cells of other code ({}), and none of this ({}): run them again, or collect \
        with the version that they were run with", folder.display(), theirs.join(", "), ours)]
    OtherVersion {
        /// The first such folder.
        folder: PathBuf,
        /// How many cells it holds.
        cells: usize,
        /// What they were run with.
        theirs: Vec<String>,
        /// What this is.
        ours: String,
    },
    /// Shards that would discard one another's cells.
    #[error(
        "--fresh would discard what other shards have finished; remove the folder, or leave it out"
    )]
    FreshShard,
    /// The engine of a cluster refuses a job.
    #[error("{} was not submitted: {reason}", script.display())]
    Submission {
        /// The job's script.
        script: PathBuf,
        /// Why.
        reason: String,
    },
    /// The thread pool couldn't be started.
    #[error("can't start {jobs} threads ({reason}); ask for fewer with --jobs")]
    Threads {
        /// The number asked for.
        jobs: usize,
        /// What the pool said.
        reason: String,
    },
    /// A figure that the plotting library refused.
    #[error("can't draw the figure `{figure}`: {reason}; its numbers are still in report.json")]
    Figure {
        /// The figure's key.
        figure: String,
        /// What the plotting library said.
        reason: String,
    },
    /// A result that can't be written as JSON.
    #[error("can't write {what} as JSON: {source}")]
    Json {
        /// What was being written.
        what: String,
        /// What the serialiser said.
        source: serde_json::Error,
    },
}

/// What to do about refusals, where other experiments could run.
fn remedy(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => {
            ", nor was the other experiment: leave these out, or add --keep-going, to run it".into()
        }
        n => format!(", nor were the other {n}: leave these out, or add --keep-going, to run them"),
    }
}

/// What to do about a file or folder that can't be written.
fn to_write(source: &io::Error) -> &'static str {
    use io::ErrorKind;
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free some space, or choose another folder with --out"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "change its permissions, or choose another folder with --out"
        }
        ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty => {
            "something else of that name is in the way: remove or rename it, or choose another \
             folder with --out"
        }
        ErrorKind::InvalidFilename => "choose a shorter name with --out",
        _ => "choose another folder with --out",
    }
}
