//! The report of a run: every number, with its provenance, and the page that shows them.

mod alternative;
mod canvas;
mod csv;
mod data;
mod headline;
mod html;
mod legend;
mod links;
mod page;
mod palette;
mod plot;
mod provenance;
mod ranges;
mod sections;
mod sheet;
mod supplement;
mod supplements;
mod table_format;
mod ticks;
mod tiles;
mod typography;

pub use csv::csv;
pub use data::{CellReport, CellState, Elsewhere, ExperimentReport, RanOn, Report, SCHEMA_VERSION};
pub use links::Links;
pub use page::page;
pub use plot::{draw, with_ground};
pub use provenance::{Provenance, RunFacts, peak_memory_bytes};
pub use ranges::extents;
pub use sheet::Sheet;
pub use supplement::Supplement;
pub use table_format::TableFormat;
