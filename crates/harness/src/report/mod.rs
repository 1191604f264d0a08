//! The report of a run: every number, with its provenance, and the page that shows them.

mod data;
mod html;
mod page;
mod palette;
mod plot;
mod provenance;
mod supplement;
mod supplements;
mod table_format;
mod ticks;
mod typography;

pub use data::{CellReport, CellState, ExperimentReport, RanOn, Report, SCHEMA_VERSION};
pub use page::page;
pub use plot::{draw, with_ground};
pub use provenance::{Provenance, RunFacts};
pub use supplement::Supplement;
pub use table_format::TableFormat;
