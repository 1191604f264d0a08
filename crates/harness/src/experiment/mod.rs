//! What an experiment says: its cells and claims, and what it makes of finished cells.

mod any_experiment;
mod cell;
mod cell_context;
mod cell_error;
mod claim;
mod duties;
mod effect;
mod figure;
mod highlighted_text;
mod scope;
mod seeds;
mod table;

pub use any_experiment::AnyExperiment;
pub use cell::Cell;
pub use cell_context::CellContext;
pub use cell_error::CellError;
pub use claim::{Claim, ClaimResult, Finding, Measurement, Obtained, Spread, Verdict};
pub use duties::{About, Exclusion, Experiment, Summary};
pub use effect::{Bound, Effect, Evidence};
pub use figure::{Axis, Figure, Scale, Series, Shape};
pub use highlighted_text::{HighlightedText, HighlightedTexts, WeighedWord};
pub use scope::{Device, Profile, Scope, default_data_dir};
pub use seeds::Seeds;
pub use table::{Quantity, Table, TableEntry};
