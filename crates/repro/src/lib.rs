//! Experiments, claims and verdicts that reproduce the paper.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Experiment`] | cells of work, and the figures and findings that follow from them |
//! | [`Registry`] | the experiments of a binary, from which command line, help and report follow |
//! | [`Scope`] | the part of it that a command asks for, and the data and device it may use |
//! | [`OnDemand`] | the name of an experiment that only a larger binary has |
//! | [`Claim`], [`Finding`], [`Verdict`] | a statement of the paper, what was measured, and whether they agree |
//! | [`Figure`] | axes and series, before any drawing |
//! | [`series`] | many runs as one: medians, quantiles, bands |
//! | [`Workbench`] | where a long cell keeps checkpoints, reports progress, and hears of interruptions |
//! | [`Exhibit`] | what is shown beside the figures: a [`Table`], or [`HighlightedTexts`] |
//! | [`CellStore`] | finished cells, kept by configuration and code |
//! | [`report`] | every number with its provenance, and the page that shows them |
//! | [`DataFile`] | bring your own data: JSON or NPZ |
//! | [`Cli`] | the command line of the `mirrorhead-repro` binary |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod claim;
mod cli;
mod commands;
mod data;
mod error;
mod exhibit;
mod exit;
mod experiment;
mod experiments;
mod figure;
mod folder;
mod highlighted_text;
mod interruption;
mod on_demand;
mod pace;
mod progress;
mod queue;
mod registry;
pub mod report;
mod runner;
mod scope;
mod store;
mod table;
#[cfg(test)]
mod toy;
mod workbench;

pub use claim::{Claim, ClaimResult, Finding, Measurement, Obtained, Spread, Verdict};
pub use cli::{Cli, Command};
pub use data::{DataError, DataFile};
pub use error::{CellError, ReproError};
pub use exhibit::Exhibit;
pub use exit::ExitStatus;
pub use experiment::{About, AnyExperiment, Cell, Exclusion, Experiment, Summary};
pub use experiments::{certified, series};
pub use figure::{Axis, Figure, Scale, Series, Shape};
pub use folder::OutputFolder;
pub use highlighted_text::{HighlightedText, HighlightedTexts, WeighedWord};
pub use interruption::{Consequence, Deferral, Interruption};
pub use on_demand::{ON_DEMAND, OnDemand, REAL_DATA};
pub use registry::{DEFAULT_GROUP, Entry, Registry, Selection};
pub use runner::{AfterFailure, CellStatus, Run, run_cells};
pub use scope::{Device, Profile, Scope};
pub use store::{CellStore, FinishedCell, Lookup};
pub use table::{Quantity, Table, TableEntry};
pub use workbench::Workbench;

/// How to add an experiment: the book's page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-an-experiment.md")]
struct AddAnExperiment;
