//! Reproducible experiments: cells of work that are run once and kept, claims with their verdicts, and a
//! report of every number with its provenance.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Experiment`] | cells of work, and the figures and findings that follow from them |
//! | [`Registry`] | the experiments of a binary, from which command line, help and report follow |
//! | [`Scope`] | the part of it that a command asks for, and the data and device it may use |
//! | [`Study`] | the paper that they reproduce, and which claims are its own |
//! | [`OnDemand`] | the name of an experiment that only a larger binary has |
//! | [`Claim`], [`Finding`], [`Verdict`] | a statement of the paper, what was measured, and whether they agree |
//! | [`Effect`], [`Bound`], [`Evidence`] | what a sample of runs shows against a bound set beforehand, with its sampling error |
//! | [`Figure`] | axes and series, before any drawing |
//! | [`statistics`] | many runs as one: medians, quantiles, bands |
//! | [`CellContext`] | where a long cell keeps checkpoints, reports progress, and hears of interruptions |
//! | [`Table`], [`HighlightedTexts`] | what is shown beside the figures |
//! | [`CellStore`] | finished cells, kept by configuration and code |
//! | [`report`] | every number with its provenance, and the page that shows them |
//! | [`reproduce`] | the command that runs experiments and writes the report |

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Printing macros panic where nobody takes what they print: a full disk, a reader that has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod build;
mod cells;
mod command;
mod duration;
mod error;
mod exit;
mod experiment;
mod machine;
mod on_demand;
mod origin;
mod output;
mod registry;
pub mod report;
pub mod statistics;
mod study;
mod time;
mod workspace;

pub use build::Build;
pub use cells::{
    AfterFailure, CellLock, CellStatus, CellStore, Claimed, Consequence, Deferral, FinishedCell,
    FolderLock, Interruption, Lookup, OutputFolder, Pace, Run, RunningCell, read_kept, run_cells,
    sha256,
};
pub use command::{
    Cluster, ClusterError, Ended, Engine, ReproduceArgs, Shard, ShardError, interrupt, reproduce,
};
pub use error::ReproError;
pub use exit::ExitStatus;
pub use experiment::{
    About, AnyExperiment, Axis, Bound, Cell, CellContext, CellError, Claim, ClaimResult, Device,
    Effect, Evidence, Exclusion, Experiment, Figure, Finding, HighlightedText, HighlightedTexts,
    Measurement, Obtained, Profile, Quantity, Scale, Scope, Seeds, Series, Shape, Spread, Summary,
    Table, TableEntry, Verdict, WeighedWord, default_data_dir,
};
pub use machine::Machine;
pub use on_demand::OnDemand;
pub use origin::Origin;
pub use output::{note, say, status_after_output};
pub use registry::{Entry, Registry, Selection};
pub use report::peak_memory_bytes;
pub use study::{Source, Study};
pub use workspace::{default_out, workspace};

/// Another paper's experiments: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/another-paper.md")]
struct AnotherPaper;
