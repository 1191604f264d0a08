//! The report of a run: every number, with its provenance, and the page that shows them.

mod data;
mod html;
mod page;
mod palette;
mod plot;
mod provenance;
mod sheet;
mod supplement;
mod supplements;
mod ticks;

pub use data::{CellReport, CellState, ExperimentReport, Report, SCHEMA_VERSION};
pub use page::page;
pub use plot::draw;
pub use provenance::{Build, Provenance, RunFacts};
pub use sheet::Sheet;
pub use supplement::Supplement;
